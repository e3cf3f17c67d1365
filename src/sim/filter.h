/* Filters of a structured query: compiled once, matched against a document's wire bytes. */
#ifndef ORDERSYNC_SIM_FILTER_H
#define ORDERSYNC_SIM_FILTER_H

#include "sim/call.h"
#include "sim/fieldvalue.h"
#include "source/firestore.pb-c.h"

#define FILTER_MAX_NODES 200
#define FILTER_MAX_DEPTH 10

struct filter;

/* In the arena; *ret_filter NULL for no filter. The request must stay. */
bool filter_compile(struct arena *arena,
                    const Google__Firestore__V1__StructuredQuery__Filter *message,
                    const struct filter **ret_filter, struct rpc_status *status);
/* The first field compared by an inequality, or NULL: it becomes the implicit order. */
const char *filter_inequality(const struct filter *filter);
/* `name` is the full document name. */
bool filter_match(const struct filter *filter, struct str body, struct str name);

/* A field of a document as a value; "__name__" is its name. False when it is not there. */
bool document_field(struct str body, struct str name, const char *path,
                    struct field_value *ret_value);
/* The wire bytes of a request's Value. */
struct field_value value_compile(struct arena *arena, const Google__Firestore__V1__Value *value);

#endif
