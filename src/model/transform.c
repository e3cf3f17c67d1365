/* Document -> change. This file is the frame: what every document gets (order id, digest, stored
 * JSON), then the rows. Reading maps by the mapping is transform_walk.c, single values
 * transform_rule.c, what follows from the whole transform_derive.c. Pure: no clock, no settings,
 * nothing remembered between documents. */
#include "model/transform.h"

#include "base/text.h"
#include "model/json.h"
#include "model/loss.h"
#include "model/transform_internal.h"

/* UUIDv5 of "source/source id": writers anywhere agree on it without asking. */
static void set_order_id(const struct document *document, struct arena *arena, struct order *order)
{
    struct str name =
        arena_format(arena, "%s/%.*s", source_kind_name(document->source), STR_ARG(document->id));
    order->order_id = uuid_v5(&uuid_namespace_ordersync, name);
    uuid_format(&order->order_id, order->order_id_text);
}

static bool set_stored_form(struct transform *t, const struct value *content, struct error *err)
{
    struct loss loss;
    loss_init(&loss);
    buffer_clear(&t->scratch);
    json_append_jsonb(&t->scratch, content, &loss);
    bool fits = buffer_ok(&t->scratch);
    if (fits) {
        t->change->json = arena_copy(t->arena, buffer_str(&t->scratch));
        t->change->loss = loss_finish(&loss, t->arena);
    }
    loss_free(&loss);
    return fits || error_set(err, ERROR_DOCUMENT_SIZE, "the document's JSON exceeds %u MiB",
                             JSON_MAX_BYTES >> 20);
}

static bool shop_begin(struct transform *t, const struct value *content, struct error *err)
{
    (void)err;
    t->stub = derive_is_stub(content);
    t->change->stub = t->stub;
    t->change->api_shape = derive_api_shape(content);
    return true;
}

static void sale_finish(struct transform *t, const struct value *content)
{
    derive_order(t);
    derive_customer(t, content);
}

/* What the documents of a source have of their own: before the rows are read, and after. */
static const struct {
    bool (*begin)(struct transform *t, const struct value *content, struct error *err);
    void (*finish)(struct transform *t, const struct value *content);
} kinds[SOURCE_COUNT] = {
    [SOURCE_FIRESTORE] = {shop_begin, sale_finish},
    [SOURCE_STRIPE] = {session_begin, sale_finish},
    [SOURCE_PRINTFUL] = {parcel_begin, parcel_finish},
};

static bool fill_rows(struct transform *t, const struct value *content, struct error *err)
{
    enum source_kind source = t->change->document.source;
    if (t->change->document.repaired.data != NULL)
        rule_drift_at(t, text_display(t->change->document.repaired, t->arena), DRIFT_VALUE_RULE,
                      "invalid_utf8");
    if (!kinds[source].begin(t, content, err) || !walk_document(t, content, err))
        return false;
    kinds[source].finish(t, content);
    for (int id = 0; id < TABLE_COUNT; id++)
        row_list_sort(table_get((enum table_id)id), &t->change->order.tables[id]);
    return true;
}

static bool transform_content(struct transform *t, const struct document *document,
                              struct error *err)
{
    const struct value *content = document->content;
    if (content == NULL || content->kind != VALUE_MAP)
        return error_set(err, ERROR_DOCUMENT_SHAPE, "the document is not a map of fields");
    t->change->digest = digest_value(content);
    if (!set_stored_form(t, content, err))
        return false;
    if (fill_rows(t, content, err))
        return true;
    memset(t->change->order.tables, 0, sizeof(t->change->order.tables));
    return false;
}

bool transform_passes_over(enum error_id id)
{
    return id == ERROR_SESSION_OPEN || id == ERROR_SESSION_EXPIRED || id == ERROR_SESSION_SETUP;
}

bool transform_document(const struct document *document, struct arena *arena,
                        struct change *ret_change, struct error *err)
{
    memset(ret_change, 0, sizeof(*ret_change));
    ret_change->document = *document;
    set_order_id(document, arena, &ret_change->order);
    if (document->deleted)
        return true;
    struct transform t = {.arena = arena, .change = ret_change, .scratch = {.max = JSON_MAX_BYTES}};
    t.order_id = arena_copy(arena, str_from(ret_change->order.order_id_text));
    bool done = transform_content(&t, document, err);
    buffer_free(&t.scratch);
    return done;
}
