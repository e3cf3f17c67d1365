/* A session's text into a document. Whether it is a sale, the transform says (model/sale.h). */
#include "source/stripe_internal.h"

#include "base/clock.h"
#include "model/json.h"
#include "model/sale.h"
#include "source/partial.h"

#define ID_MAX 255 /* Stripe's promise */

/* Texts of a member; data NULL when it is absent or none. */
static struct str text_of(const struct value *content, const char *key)
{
    const struct value *value = value_get(content, key);
    return value != NULL && value->kind == VALUE_STRING ? value->text : STR_NULL;
}

/* What else Stripe may have sent, or somebody stored as a session. */
static bool check_object(const struct value *content, struct error *err)
{
    struct str object = text_of(content, "object");
    if (value_get(content, "error") != NULL)
        return error_set(err, ERROR_NOT_AN_ORDER, "an error of Stripe's, not a session");
    if (object.data != NULL && !str_equal(object, STR("checkout.session")))
        return error_set(err, ERROR_NOT_AN_ORDER, "object \"%.*s\", not a session",
                         (int)(object.len < 60 ? object.len : 60), object.data);
    if (object.data == NULL && value_get(content, "data") != NULL)
        return error_set(err, ERROR_NOT_AN_ORDER, "an event or a list, not a session");
    struct str id = text_of(content, "id");
    if (id.len == 0 || id.len > ID_MAX)
        return error_set(err, ERROR_NOT_AN_ORDER, "a session without an id");
    return true;
}

static bool check_whole(const struct value *content, struct error *err)
{
    const struct value *more = value_path(content, "line_items.has_more");
    if (more != NULL && more->kind == VALUE_BOOL && more->boolean)
        return error_set(err, ERROR_DOCUMENT_PARTIAL, "line_items has more than was read");
    return true;
}

bool stripe_decode(const struct page *page, size_t i, struct arena *arena,
                   struct document *ret_document, struct error *err)
{
    struct str text = {page->raw.data + page->offsets[i], page->offsets[i + 1] - page->offsets[i]};
    const struct value *content;
    *ret_document = (struct document){
        .source = SOURCE_STRIPE,
        .observed_ns = page->read_time_ns,
        .create_ns = TIME_NONE,
        .update_ns = TIME_NONE,
        .wire_bytes = text.len,
    };
    if (!json_parse_told(text, arena, &content, &ret_document->repaired, err))
        return error_prefix(err, "session");
    ret_document->content = content;
    ret_document->id = text_of(content, "id");
    if (!partial_check(content, err) || !check_object(content, err) || !check_whole(content, err))
        return false;
    ret_document->version =
        session_rank(text_of(content, "status"), text_of(content, "payment_status"));
    const struct value *created = value_get(content, "created");
    if (created != NULL && created->kind == VALUE_INT && created->integer > 0 &&
        created->integer < INT64_MAX / 1000000000)
        ret_document->create_ns = created->integer * 1000000000;
    return true;
}
