/* The failures that a command speaks of: its JSON arguments read and judged. */
#ifndef ORDERSYNC_JOURNAL_SELECTOR_H
#define ORDERSYNC_JOURNAL_SELECTOR_H

#include "journal/filter.h"

struct selector {
    struct failure_filter filter;
    bool has_ids;
    int64_t id_count;                /* of "ids" */
    char *source_id;                 /* heap; NULL any */
    int64_t command_id;              /* what this command changed; 0 any */
    int64_t until_us;                /* snooze: TIME_NONE when not given */
    char *note;                      /* heap; NULL none */
    int64_t pace, stop_after, count; /* 0: not given */
    int64_t now_us;                  /* ages in a filter count from here */
    bool named;                      /* a key that names failures was there */
    char last_key[64];               /* for the message */
};

/* `sent_us`: when the command was. ERROR_COMMAND_ARGUMENTS for a key that is not known, a value of
 * the wrong form, and when no failures are named: a misspelt key must not widen a command to
 * everything. */
MUST_CHECK bool selector_parse(struct sqlite *db, const char *arguments, int64_t sent_us,
                               struct selector *ret_selector, struct error *err);
void selector_free(struct selector *selector); /* contents only */
/* How many failures it names at most; 0 when that is not known without looking at them. */
MUST_CHECK bool selector_total(struct sqlite *db, const struct selector *selector,
                               uint64_t *ret_total, struct error *err);
/* Appends " FROM ... WHERE ..." for failures above id `after`, further conditions and their order
 * may follow; `arguments` must outlive the query. *ret_upto: ids above it were not looked at, so
 * that one step never goes through the whole table. */
void selector_append(struct query *query, const struct selector *selector, const char *arguments,
                     int64_t after, int64_t *ret_upto);

#endif
