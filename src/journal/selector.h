/* The failures that a command speaks of: its JSON arguments read and judged. */
#ifndef ORDERSYNC_JOURNAL_SELECTOR_H
#define ORDERSYNC_JOURNAL_SELECTOR_H

#include "journal/filter.h"

struct selector {
    struct failure_filter filter;
    bool has_ids;
    int64_t id_count;   /* of "ids" */
    char *source_id;    /* heap; NULL any */
    int64_t command_id; /* what this command changed; 0 any */
    int64_t until_us;   /* snooze: TIME_NONE when not given */
    char *note;         /* heap; NULL none */
    bool named;         /* a key that names failures was there */
    char last_key[64];  /* for the message */
};

/* ERROR_COMMAND_ARGUMENTS for a key that is not known, a value of the wrong form, and when no
 * failures are named: a misspelt key must not widen a command to everything. */
MUST_CHECK bool selector_parse(struct sqlite *db, const char *arguments,
                               struct selector *ret_selector, struct error *err);
void selector_free(struct selector *selector); /* contents only */
/* Appends " FROM ... WHERE ..."; `arguments` must outlive the query. */
void selector_append(struct query *query, const struct selector *selector, const char *arguments,
                     uint64_t estimate);

#endif
