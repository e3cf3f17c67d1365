/* Documents by id: BatchGetDocuments, which answers in any order and once for each id. */
#include "source/firestore_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "source/firestore_decode.h"
#include "source/wire.h"

struct fetch_operation {
    struct operation operation;
    const struct source *source;
    char **ids; /* sorted, no two alike */
    size_t count;
    struct page_builder builder;
    char **missing;
    size_t missing_count;
    int64_t read_time_ns; /* the oldest of the answers */
    fetch_done_fn *done;
    void *context;
};

static struct fetch_operation *fetch_of(struct operation *operation)
{
    return (struct fetch_operation *)operation;
}

static void fetch_clear_missing(struct fetch_operation *self)
{
    while (self->missing_count > 0)
        free(self->missing[--self->missing_count]);
}

/* An attempt begins with nothing: which ids a broken one had answered is not worth keeping. */
static void fetch_encode(struct operation *operation, struct buffer *ret_message)
{
    struct fetch_operation *self = fetch_of(operation);
    page_builder_begin(&self->builder, FIRESTORE_MAX_FETCH);
    fetch_clear_missing(self);
    self->read_time_ns = TIME_NONE;
    firestore_encode_fetch(&self->source->place, self->ids, self->count, ret_message);
}

static bool fetch_add_missing(struct fetch_operation *self, struct str name, struct error *err)
{
    const char *slash = memrchr(name.data, '/', name.len);
    if (slash == NULL || self->missing_count == self->count)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "BatchGetDocuments: a name not asked for");
    struct str id = {slash + 1, name.len - (size_t)(slash + 1 - name.data)};
    self->missing[self->missing_count++] = memory_string_str(id);
    return true;
}

static bool fetch_add_found(struct fetch_operation *self, struct str document, struct error *err)
{
    struct str id;
    if (!firestore_document_id(document, &id) || self->builder.page->count == self->count)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "BatchGetDocuments: a document not asked for");
    if (!page_builder_add(&self->builder, document))
        return error_set(err, ERROR_SOURCE_TOO_LARGE, "documents of more than %u bytes at once",
                         FIRESTORE_MAX_FETCH);
    return true;
}

static bool fetch_take(struct fetch_operation *self, const struct wire_field *field,
                       struct error *err)
{
    int64_t read_time_ns;
    if (field->type != WIRE_BYTES)
        return true;
    switch (field->number) {
    case 1:
        client_read(self->operation.client, 1);
        return fetch_add_found(self, field->bytes, err);
    case 2:
        client_read(self->operation.client, 1);
        return fetch_add_missing(self, field->bytes, err);
    case 4:
        if (!wire_time_ns(field->bytes, &read_time_ns))
            return error_set(err, ERROR_SOURCE_PROTOCOL, "BatchGetDocuments: a bad read time");
        if (self->read_time_ns == TIME_NONE || read_time_ns < self->read_time_ns)
            self->read_time_ns = read_time_ns;
        return true;
    default:
        return true;
    }
}

static bool fetch_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct fetch_operation *self = context;
    struct wire wire = wire_from(bytes, len);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (!fetch_take(self, &field, err))
            return false;
    }
    if (wire.bad)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "BatchGetDocuments: a malformed response");
    return true;
}

/* An id without an answer is neither there nor gone: ask again rather than guess a deletion. */
static bool fetch_check(struct operation *operation, struct error *err)
{
    struct fetch_operation *self = fetch_of(operation);
    size_t answered = self->builder.page->count + self->missing_count;
    if (answered != self->count)
        return error_set(err, ERROR_SOURCE_UNAVAILABLE,
                         "BatchGetDocuments: %zu answers to %zu documents", answered, self->count);
    if (self->read_time_ns == TIME_NONE)
        return error_set(err, ERROR_SOURCE_PROTOCOL,
                         "BatchGetDocuments: an answer without a read time");
    self->builder.page->read_time_ns = self->read_time_ns;
    return true;
}

/* last_id is a range's cursor; a fetch's documents come in no order, so it stays NULL. */
static void fetch_deliver(struct operation *operation, const struct error *err)
{
    struct fetch_operation *self = fetch_of(operation);
    if (err != NULL) {
        self->done(self->context, NULL, NULL, 0, TIME_NONE, err);
        return;
    }
    char **missing = self->missing;
    size_t count = self->missing_count;
    self->missing = NULL;
    self->missing_count = 0;
    self->builder.page->last = true;
    self->done(self->context, page_builder_take(&self->builder), missing, count, self->read_time_ns,
               NULL);
}

static void fetch_release(struct operation *operation)
{
    struct fetch_operation *self = fetch_of(operation);
    page_builder_free(&self->builder);
    fetch_clear_missing(self);
    free(self->missing);
    for (size_t i = 0; i < self->count; i++)
        free(self->ids[i]);
    free(self->ids);
    free(self);
}

static const struct operation_kind fetch_kind = {
    .method = "BatchGetDocuments",
    .deadline_us = SECONDS_US(60),
    .encode = fetch_encode,
    .message = fetch_message,
    .check = fetch_check,
    .deliver = fetch_deliver,
    .release = fetch_release,
};

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void fetch_take_ids(struct fetch_operation *self, const char *const *ids, size_t count)
{
    self->ids = memory_zero(count, sizeof(*self->ids));
    for (size_t i = 0; i < count; i++)
        self->ids[i] = memory_string(ids[i]);
    qsort(self->ids, count, sizeof(*self->ids), compare_ids);
    for (size_t i = 0; i < count; i++) {
        if (self->count > 0 && strcmp(self->ids[self->count - 1], self->ids[i]) == 0)
            free(self->ids[i]);
        else
            self->ids[self->count++] = self->ids[i];
    }
}

void firestore_fetch(struct source *source, const char *const *ids, size_t count,
                     fetch_done_fn *done, void *context)
{
    struct fetch_operation *self = memory_zero(1, sizeof(*self));
    self->source = source;
    self->read_time_ns = TIME_NONE;
    self->done = done;
    self->context = context;
    fetch_take_ids(self, ids, count);
    self->missing = memory_zero(self->count, sizeof(*self->missing));
    client_run(&source->client, &self->operation, &fetch_kind);
}
