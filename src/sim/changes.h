/* Live changes: orders are created, updated and deleted at a rate, each in a commit of its own.
 * Which documents and in what order depends on the seed and on nothing else; when, on the clock. */
#ifndef ORDERSYNC_SIM_CHANGES_H
#define ORDERSYNC_SIM_CHANGES_H

#include "base/error.h"
#include "sim/store.h"

#define CHANGES_MAX_RATE 100000 /* a second */

struct changes_plan {
    int64_t rate;     /* a second; 0: none */
    int64_t count;    /* end after so many; 0: no limit */
    int64_t seconds;  /* end after so long; 0: no limit */
    int64_t delay_ms; /* begin so late */
    int64_t create;   /* percent; the rest are deletes */
    int64_t update;
};
#define CHANGES_PLAN_DEFAULT ((struct changes_plan){.create = 15, .update = 75})

struct changes;

/* `collection` has a generator and, like the store, outlives the changes. */
struct changes *changes_new(struct store *store, struct store_collection *collection,
                            uint64_t seed);
void changes_free(struct changes *changes);
/* "RATE [count=N] [seconds=N] [delay_ms=N] [mix=CREATE:UPDATE:DELETE]". Errors: ERROR_USAGE. */
MUST_CHECK bool changes_parse(const char *text, struct changes_plan *plan, struct error *err);
/* "CREATE:UPDATE:DELETE", in percent. Errors: ERROR_USAGE. */
MUST_CHECK bool changes_mix_parse(const char *text, struct changes_plan *plan, struct error *err);
/* In place of the plan under way; the sequence of changes goes on where it was. */
void changes_start(struct changes *changes, const struct changes_plan *plan);
/* A timer that is readable when changes are due. */
int changes_fd(const struct changes *changes);
/* Empties the timer and makes what is due; returns how many. */
size_t changes_run(struct changes *changes);
/* One change now, whatever the plan says but its mix. */
void changes_make(struct changes *changes);
uint64_t changes_made(const struct changes *changes);

#endif
