/* A structured query as a plan, and a run over the store that gives one document at a time. In name
 * order it walks the collection; any other order collects what matches, sorts, then gives. */
#ifndef ORDERSYNC_SIM_QUERY_H
#define ORDERSYNC_SIM_QUERY_H

#include "sim/document.h"
#include "sim/filter.h"

#define QUERY_MAX_ORDERS 10
#define QUERY_MAX_SORTED 1000000 /* documents that an order other than by name may match */
#define QUERY_SCAN_STEP 2048     /* documents looked at before the loop gets a turn */

struct query_run;

struct query_result {
    const struct store_collection *collection;
    struct store_view view;
    bool projected; /* `body` instead of the view's own fields */
    struct str body;
};

enum query_next { QUERY_RESULT, QUERY_AGAIN, QUERY_END, QUERY_FAILED };

/* `parent` is a full name; the request must stay. */
bool query_open(struct store *store, const char *parent,
                const Google__Firestore__V1__StructuredQuery *message, int64_t read_us,
                struct query_run **ret_run, struct rpc_status *status);
/* The result is valid until the next call. AGAIN: nothing yet, call again soon. */
enum query_next query_next(struct query_run *run, struct query_result *ret_result,
                           struct rpc_status *status);
/* For listeners, limit and offset aside: whether the query asks for this collection's documents,
 * and whether this one of them is in the result, which is valid until the next call. */
bool query_covers(const struct query_run *run, const struct store_collection *collection);
bool query_match(struct query_run *run, const struct store_collection *collection,
                 const struct store_view *view, struct query_result *ret_result);
bool query_is_limited(const struct query_run *run);
size_t query_skipped(const struct query_run *run); /* by offset */
int64_t query_read_us(const struct query_run *run);
void query_close(struct query_run *run);

#endif
