/* How many documents a collection has: RunAggregationQuery. */
#include "source/firestore_internal.h"

#include <stdlib.h>

#include "source/firestore_decode.h"
#include "source/wire.h"

struct count_operation {
    struct operation operation;
    const struct source *source;
    int64_t count; /* -1: not yet known */
    count_done_fn *done;
    void *context;
};

static void count_encode(struct operation *operation, struct buffer *ret_message)
{
    struct count_operation *self = (struct count_operation *)operation;
    self->count = -1;
    firestore_encode_count(&self->source->place, ret_message);
}

/* The bytes of field `number` of a message; STR_NULL when it has none or is malformed. */
static struct str wire_find(struct str bytes, uint32_t number)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    struct str found = STR_NULL;
    while (wire_next(&wire, &field)) {
        if (field.number == number && field.type == WIRE_BYTES)
            found = field.bytes;
    }
    return wire.bad ? STR_NULL : found;
}

/* RunAggregationQueryResponse.result.aggregate_fields{"n"}.integer_value; only one field was asked
 * for. */
static bool count_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct count_operation *self = context;
    struct str result = wire_find((struct str){(const char *)bytes, len}, 1);
    struct str value = wire_find(wire_find(result, 2), 2);
    struct arena arena = {.block_size = 512};
    struct value number = {.kind = VALUE_NULL};
    bool ok = true;
    if (result.data != NULL)
        ok = firestore_decode_value(value, &arena, &number, NULL) && number.kind == VALUE_INT &&
             number.integer >= 0;
    arena_free(&arena);
    if (!ok)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "RunAggregationQuery: no count in the answer");
    if (result.data != NULL)
        self->count = number.integer;
    return true;
}

static bool count_check(struct operation *operation, struct error *err)
{
    struct count_operation *self = (struct count_operation *)operation;
    if (self->count < 0)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "RunAggregationQuery: no answer");
    /* Billed as one read for up to a thousand index entries, and at least one. */
    client_read(operation->client, self->count == 0 ? 1 : ((uint64_t)self->count + 999) / 1000);
    return true;
}

static void count_deliver(struct operation *operation, const struct error *err)
{
    struct count_operation *self = (struct count_operation *)operation;
    self->done(self->context, err == NULL ? self->count : -1, err);
}

static void count_release(struct operation *operation)
{
    free(operation);
}

static const struct operation_kind count_kind = {
    .method = "RunAggregationQuery",
    .deadline_us = SECONDS_US(300),
    .encode = count_encode,
    .message = count_message,
    .check = count_check,
    .deliver = count_deliver,
    .release = count_release,
};

void firestore_count(struct source *source, count_done_fn *done, void *context)
{
    struct count_operation *self = memory_zero(1, sizeof(*self));
    self->source = source;
    self->done = done;
    self->context = context;
    client_run(&source->client, &self->operation, &count_kind);
}
