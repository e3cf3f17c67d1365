/* google.firestore.v1.Firestore, as much of it as is simulated. Everything else answers
 * UNIMPLEMENTED. */
#include "sim/firestore.h"

#include "sim/listen.h"
#include "sim/partition.h"
#include "sim/reads.h"
#include "sim/writes.h"
#include "source/firestore.pb-c.h"

#define REQUEST(method) &google__firestore__v1__##method##_request__descriptor

const struct call_method firestore_methods[] = {
    {.name = "RunQuery",
     .request = REQUEST(run_query),
     .start = run_query_start,
     .step = run_query_step,
     .finish = run_query_finish},
    {.name = "RunAggregationQuery",
     .request = REQUEST(run_aggregation_query),
     .start = count_start,
     .step = count_step,
     .finish = run_query_finish},
    {.name = "BatchGetDocuments",
     .request = REQUEST(batch_get_documents),
     .start = batch_get_start,
     .step = batch_get_step,
     .finish = batch_get_finish},
    {.name = "GetDocument", .request = REQUEST(get_document), .start = get_document_start},
    {.name = "ListDocuments", .request = REQUEST(list_documents), .start = list_documents_start},
    {.name = "ListCollectionIds",
     .request = REQUEST(list_collection_ids),
     .start = list_collections_start},
    {.name = "PartitionQuery", .request = REQUEST(partition_query), .start = partition_query_start},
    {.name = "BeginTransaction",
     .request = REQUEST(begin_transaction),
     .start = begin_transaction_start},
    {.name = "Rollback", .request = REQUEST(rollback), .start = rollback_start},
    {.name = "Commit", .request = REQUEST(commit), .start = commit_start},
    {.name = "BatchWrite", .request = REQUEST(batch_write), .start = batch_write_start},
    {.name = "Listen",
     .request = REQUEST(listen),
     .start = listen_start,
     .receive = listen_receive,
     .step = listen_step,
     .finish = listen_finish},
};
const size_t firestore_method_count = sizeof(firestore_methods) / sizeof(firestore_methods[0]);
