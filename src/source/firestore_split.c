/* Cutting the collection into ranges. The first and the last id are asked for, and points between
 * them computed. Real Firestore refuses "last by __name__ descending" without an index of its own;
 * then PartitionQuery gives the points; who refuses that too (Google's emulator does) is read in
 * one range. */
#include "source/firestore_internal.h"

#include <stdlib.h>

#include "source/firestore_decode.h"
#include "source/name_split.h"
#include "source/wire.h"

struct split_operation {
    struct operation operation;
    const struct source *source;
    size_t want;
    char *first; /* the edges, NULL: not known */
    char *last;
    char **points;
    size_t count;
    char *token; /* of the next page of partitions; NULL: none */
    split_done_fn *done;
    void *context;
};

static struct split_operation *split_of(struct operation *operation)
{
    return (struct split_operation *)operation;
}

static void split_clear_points(struct split_operation *self)
{
    while (self->count > 0)
        free(self->points[--self->count]);
}

static void split_release(struct operation *operation)
{
    struct split_operation *self = split_of(operation);
    split_clear_points(self);
    free(self->points);
    free(self->first);
    free(self->last);
    free(self->token);
    free(self);
}

/* The next step is an operation of its own that takes over what is known. */
static void split_continue(struct split_operation *self, const struct operation_kind *kind)
{
    struct split_operation *next = memory_zero(1, sizeof(*next));
    *next = *self;
    next->operation = (struct operation){.next = NULL};
    self->first = NULL;
    self->last = NULL;
    self->points = NULL;
    self->count = 0;
    self->token = NULL;
    client_run(self->operation.client, &next->operation, kind);
}

static void split_answer(struct split_operation *self)
{
    char **points = self->points;
    size_t count = self->count;
    self->points = NULL;
    self->count = 0;
    self->done(self->context, points, count, NULL);
}

static void split_fail(struct split_operation *self, const struct error *err)
{
    self->done(self->context, NULL, 0, err);
}

/* ---- the edges ---- */

static bool edge_message(void *context, const uint8_t *bytes, size_t len, char **ret_id,
                         struct error *err)
{
    struct split_operation *self = context;
    struct wire wire = wire_from(bytes, len);
    struct wire_field field;
    struct str id;
    while (wire_next(&wire, &field)) {
        if (field.number != 1 || field.type != WIRE_BYTES)
            continue;
        if (!firestore_document_id(field.bytes, &id))
            return error_set(err, ERROR_SOURCE_PROTOCOL, "RunQuery: a document without a name");
        free(*ret_id);
        *ret_id = memory_string_str(id);
        client_read(self->operation.client, 1);
    }
    if (wire.bad)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "RunQuery: a malformed response");
    return true;
}

static void first_encode(struct operation *operation, struct buffer *ret_message)
{
    firestore_encode_edge(&split_of(operation)->source->place, false, ret_message);
}

static void last_encode(struct operation *operation, struct buffer *ret_message)
{
    firestore_encode_edge(&split_of(operation)->source->place, true, ret_message);
}

static bool first_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct split_operation *self = context;
    return edge_message(self, bytes, len, &self->first, err);
}

static bool last_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct split_operation *self = context;
    return edge_message(self, bytes, len, &self->last, err);
}

static void split_between(struct split_operation *self)
{
    struct arena arena = {.block_size = 0};
    struct str *points = arena_alloc(&arena, self->want * sizeof(*points));
    size_t count =
        name_split(str_from(self->first), str_from(self->last), self->want, &arena, points);
    self->points = memory_zero(count, sizeof(*self->points));
    for (size_t i = 0; i < count; i++)
        self->points[self->count++] = memory_string_str(points[i]);
    arena_free(&arena);
}

static const struct operation_kind last_kind;
static const struct operation_kind partition_kind;

static void first_deliver(struct operation *operation, const struct error *err)
{
    struct split_operation *self = split_of(operation);
    if (err == NULL && self->first == NULL)
        client_read(self->operation.client, 1);
    if (err != NULL)
        split_fail(self, err);
    else if (self->first == NULL || self->want < 2)
        split_answer(self);
    else
        split_continue(self, &last_kind);
}

static void last_deliver(struct operation *operation, const struct error *err)
{
    struct split_operation *self = split_of(operation);
    if (err != NULL && err->id == ERROR_SOURCE_REFUSED) {
        split_continue(self, &partition_kind);
        return;
    }
    if (err != NULL) {
        split_fail(self, err);
        return;
    }
    if (self->last != NULL)
        split_between(self);
    split_answer(self);
}

static const struct operation_kind first_kind = {
    .method = "RunQuery",
    .deadline_us = SECONDS_US(60),
    .encode = first_encode,
    .message = first_message,
    .deliver = first_deliver,
    .release = split_release,
};
static const struct operation_kind last_kind = {
    .method = "RunQuery",
    .deadline_us = SECONDS_US(60),
    .encode = last_encode,
    .message = last_message,
    .deliver = last_deliver,
    .release = split_release,
};

/* ---- PartitionQuery ---- */

static void partition_encode(struct operation *operation, struct buffer *ret_message)
{
    struct split_operation *self = split_of(operation);
    firestore_encode_partition(&self->source->place, self->want - 1,
                               self->token == NULL ? "" : self->token, ret_message);
}

/* The group holds collections of the same id elsewhere: only names directly in ours count. */
static void partition_add(struct split_operation *self, struct str cursor)
{
    struct wire wire = wire_of(cursor);
    struct wire_field field;
    struct str id;
    while (wire_next(&wire, &field)) {
        struct arena arena = {.block_size = 512};
        struct value value;
        if (field.number == 1 && field.type == WIRE_BYTES && self->count + 1 < self->want &&
            firestore_decode_value(field.bytes, &arena, &value, NULL) &&
            value.kind == VALUE_REFERENCE &&
            firestore_place_id(&self->source->place, value.text, &id))
            self->points[self->count++] = memory_string_str(id);
        arena_free(&arena);
    }
}

static bool partition_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct split_operation *self = context;
    struct wire wire = wire_from(bytes, len);
    struct wire_field field;
    if (self->points == NULL)
        self->points = memory_zero(self->want, sizeof(*self->points));
    free(self->token);
    self->token = NULL;
    while (wire_next(&wire, &field)) {
        if (field.type == WIRE_BYTES && field.number == 1)
            partition_add(self, field.bytes);
        else if (field.type == WIRE_BYTES && field.number == 2 && field.bytes.len > 0)
            self->token = memory_string_str(field.bytes);
    }
    if (wire.bad)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "PartitionQuery: a malformed response");
    return true;
}

static int compare_points(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Pages of partitions come in no order, and may repeat a point. */
static void split_sort(struct split_operation *self)
{
    size_t kept = 0;
    if (self->count > 0)
        qsort(self->points, self->count, sizeof(*self->points), compare_points);
    for (size_t i = 0; i < self->count; i++) {
        if (kept > 0 && strcmp(self->points[kept - 1], self->points[i]) == 0)
            free(self->points[i]);
        else
            self->points[kept++] = self->points[i];
    }
    self->count = kept;
}

static void partition_deliver(struct operation *operation, const struct error *err)
{
    struct split_operation *self = split_of(operation);
    if (err != NULL && err->id != ERROR_SOURCE_REFUSED) {
        split_fail(self, err);
        return;
    }
    if (err == NULL && self->token != NULL && self->count + 1 < self->want) {
        split_continue(self, &partition_kind);
        return;
    }
    split_sort(self);
    split_answer(self);
}

static const struct operation_kind partition_kind = {
    .method = "PartitionQuery",
    .deadline_us = SECONDS_US(60),
    .encode = partition_encode,
    .message = partition_message,
    .deliver = partition_deliver,
    .release = split_release,
};

void firestore_split(struct source *source, size_t want, split_done_fn *done, void *context)
{
    struct split_operation *self = memory_zero(1, sizeof(*self));
    self->source = source;
    self->want = want;
    self->done = done;
    self->context = context;
    client_run(&source->client, &self->operation, &first_kind);
}
