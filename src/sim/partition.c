/* Cut points lie at equal ranks of the group's collections, one after the other. Like production's
 * they cover every collection of that name, and come in no order. */
#include "sim/partition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/document.h"
#include "sim/query.h"
#include "sim/wire.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 1000
#define POINTS_MAX 10000
#define NAME_SIZE (STORE_MAX_PATH + STORE_MAX_ID + 512)

typedef Google__Firestore__V1__PartitionQueryRequest proto_request;
typedef Google__Firestore__V1__StructuredQuery proto_query;

/* The pages of one answer: all of it is in the page token, because nothing is kept here. */
struct pages {
    int64_t points;
    int64_t documents;
    int64_t offset;
};

static bool query_check(struct call *call, const proto_request *message, struct rpc_status *status)
{
    const proto_query *query = message->structured_query;
    struct str parent;
    if (!database_select(call, message->parent, status) ||
        !document_relative(call->store, message->parent, &parent, status))
        return false;
    if (parent.len > 0)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "The parent must be the database's root.");
    if (message->query_type_case !=
            GOOGLE__FIRESTORE__V1__PARTITION_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_QUERY ||
        query->n_from != 1 || !query->from[0]->all_descendants)
        return rpc_fail(status, RPC_INVALID_ARGUMENT,
                        "Only a query over one collection group has partitions.");
    if (query->n_order_by != 1 || query->order_by[0]->field == NULL ||
        strcmp(query->order_by[0]->field->field_path, "__name__") != 0 ||
        query->order_by[0]->direction == 2)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "The order must be __name__, ascending.");
    if (query->where != NULL || query->limit != NULL || query->offset != 0 ||
        query->start_at != NULL || query->end_at != NULL)
        return rpc_fail(status, RPC_INVALID_ARGUMENT,
                        "Filters, limits, offsets and cursors have no partitions.");
    if (message->partition_count < 1)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "partition_count must be positive.");
    return true;
}

static bool pages_open(const proto_request *message, const struct query_run *run,
                       const struct store *store, struct pages *ret_pages,
                       struct rpc_status *status)
{
    struct pages pages = {0};
    if (message->page_token[0] != '\0') {
        if (sscanf(message->page_token, "%" SCNd64 "-%" SCNd64 "-%" SCNd64, &pages.points,
                   &pages.documents, &pages.offset) != 3 ||
            pages.points < 1 || pages.points > POINTS_MAX || pages.offset < 0)
            return rpc_fail(status, RPC_INVALID_ARGUMENT, "Invalid page token.");
        *ret_pages = pages;
        return true;
    }
    for (size_t i = 0; i < store_collection_count(store); i++) {
        const struct store_collection *collection = store_collection_at(store, i);
        if (query_covers(run, collection))
            pages.documents += (int64_t)store_collection_size(collection);
    }
    pages.points = pages.documents / PARTITION_DOCUMENTS;
    if (pages.points > message->partition_count)
        pages.points = message->partition_count;
    if (pages.points > POINTS_MAX)
        pages.points = POINTS_MAX;
    *ret_pages = pages;
    return true;
}

/* The document at this rank of the whole group; false when the group has shrunk. */
static bool group_sample(const struct query_run *run, const struct store *store, size_t rank,
                         char *ret_name)
{
    char id[STORE_MAX_ID + 1];
    for (size_t i = 0; i < store_collection_count(store); i++) {
        const struct store_collection *collection = store_collection_at(store, i);
        if (!query_covers(run, collection))
            continue;
        size_t size = store_collection_size(collection);
        if (rank < size) {
            store_collection_sample(collection, rank, id);
            snprintf(ret_name, NAME_SIZE, "%s/%s/%s", store_root(store),
                     store_collection_path(collection), id);
            return true;
        }
        rank -= size;
    }
    return false;
}

static void cursor_append(struct buffer *out, const char *name)
{
    struct buffer value = {.max = NAME_SIZE + 16}, cursor = {.max = NAME_SIZE + 32};
    wire_append_bytes(&value, 5, str_from(name));
    wire_append_bytes(&cursor, 1, buffer_str(&value));
    wire_append_bytes(out, 1, buffer_str(&cursor));
    buffer_free(&value);
    buffer_free(&cursor);
}

/* The i-th cut point told is the `place`-th by name: a step that has no divisor in common with the
 * count goes through all of them, out of order. */
static int64_t points_place(const struct pages *pages, int64_t i)
{
    int64_t step = pages->points / 2 + 1;
    for (;; step++) {
        int64_t a = step, b = pages->points;
        while (b != 0) {
            int64_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1)
            return (i * step + 1) % pages->points;
    }
}

static void page_append(struct call *call, const struct query_run *run, const struct pages *pages,
                        int64_t size)
{
    struct buffer *out = call_out(call);
    char name[NAME_SIZE];
    int64_t end = pages->offset + size < pages->points ? pages->offset + size : pages->points;
    for (int64_t i = pages->offset; i < end; i++) {
        int64_t place = points_place(pages, i) + 1;
        size_t rank = (size_t)(place * pages->documents / (pages->points + 1));
        if (group_sample(run, call->store, rank, name))
            cursor_append(out, name);
    }
    if (end == pages->points)
        return;
    snprintf(name, sizeof(name), "%" PRId64 "-%" PRId64 "-%" PRId64, pages->points,
             pages->documents, end);
    wire_append_bytes(out, 2, str_from(name));
}

bool partition_query_start(struct call *call, struct rpc_status *status)
{
    const proto_request *message = (void *)call->request;
    struct moment_request request = {0};
    struct moment moment;
    struct query_run *run;
    struct pages pages;
    int64_t size = message->page_size > 0 ? message->page_size : PAGE_DEFAULT;
    if (message->consistency_selector_case ==
        GOOGLE__FIRESTORE__V1__PARTITION_QUERY_REQUEST__CONSISTENCY_SELECTOR_READ_TIME)
        request.read_time = message->read_time;
    if (!query_check(call, message, status) || !moment_resolve(call, &request, &moment, status) ||
        !query_open(call->store, message->parent, message->structured_query, moment.read_us, &run,
                    status))
        return false;
    bool good = pages_open(message, run, call->store, &pages, status);
    if (good) {
        size_t begin = call_message_begin(call);
        page_append(call, run, &pages, size < PAGE_MAX ? size : PAGE_MAX);
        call_message_end(call, begin);
    }
    query_close(run);
    return good;
}
