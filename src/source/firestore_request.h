/* Writing Firestore's requests with protobuf-c. Pure but for the buffer. */
#ifndef ORDERSYNC_SOURCE_FIRESTORE_REQUEST_H
#define ORDERSYNC_SOURCE_FIRESTORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "source/source.h"

/* Where a collection is. */
struct firestore_place {
    char *database;   /* "projects/P/databases/D" */
    char *parent;     /* database/documents, or a document below it */
    char *collection; /* last segment */
};

/* RunQueryRequest: ids ascending inside `range`, at most `limit`; names_only selects __name__
 * alone. */
void firestore_encode_page(const struct firestore_place *place, const struct range *range,
                           size_t limit, bool names_only, struct buffer *ret_message);
/* RunQueryRequest: the first or the last id of the collection, name alone. */
void firestore_encode_edge(const struct firestore_place *place, bool last,
                           struct buffer *ret_message);
/* RunAggregationQueryRequest: count(), its alias "n". */
void firestore_encode_count(const struct firestore_place *place, struct buffer *ret_message);
/* PartitionQueryRequest over the collection group; `token` of the page before or "". */
void firestore_encode_partition(const struct firestore_place *place, size_t points,
                                const char *token, struct buffer *ret_message);
/* BatchGetDocumentsRequest. */
void firestore_encode_fetch(const struct firestore_place *place, char *const *ids, size_t count,
                            struct buffer *ret_message);
/* ListenRequest: the whole collection as target FIRESTORE_TARGET, from `token`, or when that is
 * empty from `read_time_ns`, or when that is TIME_NONE from nothing. A token holds for an identical
 * target only, and tokens outlive this program's version: nothing may be added to the query. */
void firestore_encode_listen(const struct firestore_place *place, struct str token,
                             int64_t read_time_ns, struct buffer *ret_message);
#define FIRESTORE_TARGET 1

/* The id in a document's name; false for a name that is not directly in our collection. Points into
 * `name`. */
bool firestore_place_id(const struct firestore_place *place, struct str name, struct str *ret_id);

#endif
