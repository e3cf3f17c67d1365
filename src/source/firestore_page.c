/* Reading pages of a range (RunQuery) and single documents (BatchGetDocuments). The bytes of a
 * document are copied once, from the message into the page. */
#include "source/firestore_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "source/firestore_decode.h"
#include "source/wire.h"

/* ---- RunQuery ---- */

struct page_operation {
    struct operation operation;
    const struct source *source;
    struct range range; /* bounds are in `bounds` */
    struct arena bounds;
    size_t limit;
    bool names_only;
    struct page_builder builder;
    page_done_fn *done;
    void *context;
};

static struct page_operation *page_of(struct operation *operation)
{
    return (struct page_operation *)operation;
}

/* After a stream that broke off the documents received are kept, and the rest of the page is asked
 * for. */
static void page_encode(struct operation *operation, struct buffer *ret_message)
{
    struct page_operation *self = page_of(operation);
    const struct page *page = self->builder.page;
    struct range range = self->range;
    if (page->count > 0) {
        range.after = str_from(page->last_id);
        range.after_inclusive = false;
    }
    firestore_encode_page(&self->source->place, &range, self->limit - page->count, self->names_only,
                          ret_message);
}

static bool page_add(struct page_operation *self, struct str document, struct error *err)
{
    struct str id;
    struct page *page = self->builder.page;
    if (!firestore_document_id(document, &id))
        return error_set(err, ERROR_SOURCE_PROTOCOL, "RunQuery: a document without a name");
    if (page->count == self->limit)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "RunQuery: more documents than asked for");
    /* An answer that does not move forward would be read for ever. */
    if (page->count > 0 && str_compare(id, str_from(page->last_id)) <= 0)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "RunQuery: documents out of order");
    if (!page_builder_add(&self->builder, document)) {
        self->operation.complete = true;
        return error_set(err, ERROR_SOURCE_TOO_LARGE, "RunQuery: the page is full");
    }
    free(page->last_id);
    page->last_id = memory_string_str(id);
    client_read(self->operation.client, 1);
    return true;
}

static bool page_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct page_operation *self = context;
    struct page *page = self->builder.page;
    struct wire wire = wire_from(bytes, len);
    struct wire_field field;
    struct str document = STR_NULL;
    int64_t read_time_ns = TIME_NONE;
    while (wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == WIRE_BYTES)
            document = field.bytes;
        else if (field.number == 3 && field.type == WIRE_BYTES &&
                 !wire_time_ns(field.bytes, &read_time_ns))
            wire.bad = true;
    }
    if (wire.bad)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "RunQuery: a malformed response");
    /* The first one counts: of a page in two parts the older moment is the true one for all. */
    if (page->read_time_ns == TIME_NONE)
        page->read_time_ns = read_time_ns;
    return document.data == NULL || page_add(self, document, err);
}

static bool page_check(struct operation *operation, struct error *err)
{
    struct page_operation *self = page_of(operation);
    struct page *page = self->builder.page;
    if (page->read_time_ns == TIME_NONE)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "RunQuery: an answer without a read time");
    page->last = page->count < self->limit && !operation->complete;
    if (page->count == 0)
        client_read(operation->client, 1); /* an empty answer is billed as one */
    return true;
}

static void page_deliver(struct operation *operation, const struct error *err)
{
    struct page_operation *self = page_of(operation);
    struct page *page = err == NULL ? page_builder_take(&self->builder) : NULL;
    self->done(self->context, page, err);
}

static void page_release(struct operation *operation)
{
    struct page_operation *self = page_of(operation);
    page_builder_free(&self->builder);
    arena_free(&self->bounds);
    free(self);
}

static const struct operation_kind page_kind = {
    .method = "RunQuery",
    .deadline_us = SECONDS_US(60),
    .encode = page_encode,
    .message = page_message,
    .check = page_check,
    .deliver = page_deliver,
    .release = page_release,
};

static void page_begin(struct source *source, const struct range *range, size_t limit,
                       bool names_only, page_done_fn *done, void *context)
{
    struct page_operation *self = memory_zero(1, sizeof(*self));
    self->source = source;
    self->bounds.block_size = 512;
    self->range.after = arena_copy(&self->bounds, range->after);
    self->range.after_inclusive = range->after_inclusive;
    self->range.before = arena_copy(&self->bounds, range->before);
    self->limit = limit;
    self->names_only = names_only;
    self->done = done;
    self->context = context;
    page_builder_begin(&self->builder, FIRESTORE_MAX_PAGE);
    client_run(&source->client, &self->operation, &page_kind);
}

void firestore_page(struct source *source, const struct range *range, size_t limit,
                    page_done_fn *done, void *context)
{
    page_begin(source, range, limit, false, done, context);
}

void firestore_names(struct source *source, const struct range *range, size_t limit,
                     page_done_fn *done, void *context)
{
    page_begin(source, range, limit, true, done, context);
}
