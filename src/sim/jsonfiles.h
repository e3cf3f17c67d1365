/* JSON files as texts, for the REST sources: each checked, none changed. */
#ifndef ORDERSYNC_SIM_JSONFILES_H
#define ORDERSYNC_SIM_JSONFILES_H

#include "base/error.h"
#include "base/memory.h"

#define JSONFILES_MAX 100000

/* What stands between the quotes, or a number's digits; STR_NULL for anything else. */
struct str json_word(struct str value);
/* A member's word as a copy; NULL when there is none. */
const char *json_keep(struct arena *arena, struct str map, const char *key);
/* A member's word as a number; 0 when it is none. */
int64_t json_number(struct str map, const char *key);
/* A copy of the text whose member `created`, when it has one, says `created_s`. */
struct str json_restamped(struct arena *arena, struct str map, int64_t created_s);

/* One file's text, valid during the call only. */
typedef void jsonfile_fn(void *context, struct str json);
/* A file, or every *.json of a directory in name order. Errors: ERROR_SIM_LOAD, and the 2xxx of
 * json_parse(). */
MUST_CHECK bool jsonfiles_read(const char *path, jsonfile_fn *each, void *context,
                               struct error *err);

#endif
