/* google.firestore.v1.Firestore, as much of it as is simulated. Everything else answers
 * UNIMPLEMENTED. */
#include "sim/firestore.h"

#include "sim/reads.h"
#include "sim/writes.h"
#include "source/firestore.pb-c.h"

const struct call_method firestore_methods[] = {
    {"RunQuery", &google__firestore__v1__run_query_request__descriptor, run_query_start,
     run_query_step, run_query_finish},
    {"RunAggregationQuery", &google__firestore__v1__run_aggregation_query_request__descriptor,
     count_start, count_step, run_query_finish},
    {"BatchGetDocuments", &google__firestore__v1__batch_get_documents_request__descriptor,
     batch_get_start, batch_get_step, batch_get_finish},
    {"GetDocument", &google__firestore__v1__get_document_request__descriptor, get_document_start,
     NULL, NULL},
    {"ListDocuments", &google__firestore__v1__list_documents_request__descriptor,
     list_documents_start, NULL, NULL},
    {"ListCollectionIds", &google__firestore__v1__list_collection_ids_request__descriptor,
     list_collections_start, NULL, NULL},
    {"BeginTransaction", &google__firestore__v1__begin_transaction_request__descriptor,
     begin_transaction_start, NULL, NULL},
    {"Rollback", &google__firestore__v1__rollback_request__descriptor, rollback_start, NULL, NULL},
    {"Commit", &google__firestore__v1__commit_request__descriptor, commit_start, NULL, NULL},
    {"BatchWrite", &google__firestore__v1__batch_write_request__descriptor, batch_write_start, NULL,
     NULL},
};
const size_t firestore_method_count = sizeof(firestore_methods) / sizeof(firestore_methods[0]);
