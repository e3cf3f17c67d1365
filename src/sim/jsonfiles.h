/* JSON files as texts, for the REST sources: each checked, none changed. */
#ifndef ORDERSYNC_SIM_JSONFILES_H
#define ORDERSYNC_SIM_JSONFILES_H

#include "base/error.h"
#include "base/str.h"

#define JSONFILES_MAX 100000

/* One file's text, valid during the call only. */
typedef void jsonfile_fn(void *context, struct str json);
/* A file, or every *.json of a directory in name order. Errors: ERROR_SIM_LOAD, and the 2xxx of
 * json_parse(). */
MUST_CHECK bool jsonfiles_read(const char *path, jsonfile_fn *each, void *context,
                               struct error *err);

#endif
