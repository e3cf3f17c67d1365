/* An order's text into a document; what is no order is refused with the reason. */
#include "source/printful_internal.h"

#include "base/clock.h"
#include "base/decimal.h"
#include "model/json.h"
#include "source/partial.h"

/* A whole number, also as text. */
static bool number_of(const struct value *content, const char *key, int64_t *ret_number)
{
    const struct value *value = value_get(content, key);
    if (value != NULL && value->kind == VALUE_INT) {
        *ret_number = value->integer;
        return true;
    }
    return value != NULL && value->kind == VALUE_STRING &&
           decimal_to_int64(value->text, ret_number);
}

static bool check_order(const struct value *content, struct error *err)
{
    if (content->kind != VALUE_MAP)
        return error_set(err, ERROR_NOT_AN_ORDER, "not a map of fields");
    if (value_get(content, "code") != NULL)
        return error_set(err, ERROR_NOT_AN_ORDER, "an answer of Printful's without an order in it");
    if (value_get(content, "type") != NULL && value_get(content, "data") != NULL)
        return error_set(err, ERROR_NOT_AN_ORDER, "a webhook's event, not an order");
    if (value_get(content, "id") == NULL)
        return error_set(err, ERROR_NOT_AN_ORDER, "an object without an id");
    const struct value *status = value_get(content, "status");
    if (status == NULL || status->kind != VALUE_STRING)
        return error_set(err, ERROR_NOT_AN_ORDER, "an object without a status");
    return true;
}

/* Also of what is refused below, so that the failure is that order's. */
static struct str id_of(const struct value *content, struct arena *arena)
{
    const struct value *id = value_get(content, "id");
    if (id != NULL && id->kind == VALUE_INT)
        return arena_format(arena, "%lld", (long long)id->integer);
    return id != NULL && id->kind == VALUE_STRING ? id->text : STR_NULL;
}

static int64_t moment_of(const struct value *content, const char *key)
{
    int64_t seconds;
    if (!number_of(content, key, &seconds) || seconds <= 0 || seconds >= INT64_MAX / 1000000000)
        return TIME_NONE;
    return seconds * 1000000000;
}

bool printful_decode(const struct page *page, size_t i, struct arena *arena,
                     struct document *ret_document, struct error *err)
{
    struct str text = {page->raw.data + page->offsets[i], page->offsets[i + 1] - page->offsets[i]};
    const struct value *content;
    int64_t number;
    *ret_document = (struct document){
        .source = SOURCE_PRINTFUL,
        .observed_ns = page->read_time_ns,
        .create_ns = TIME_NONE,
        .update_ns = TIME_NONE,
        .wire_bytes = text.len,
    };
    if (!json_parse_told(text, arena, &content, &ret_document->repaired, err))
        return error_prefix(err, "order");
    ret_document->content = content;
    ret_document->id = id_of(content, arena);
    if (!partial_check(content, err) || !check_order(content, err))
        return false;
    if (!number_of(content, "id", &number))
        return error_set(err, ERROR_NOT_AN_ORDER, "an order whose id is no number");
    ret_document->id = arena_format(arena, "%lld", (long long)number);
    ret_document->create_ns = moment_of(content, "created");
    ret_document->update_ns = moment_of(content, "updated");
    int64_t version_ns =
        ret_document->update_ns != TIME_NONE ? ret_document->update_ns : ret_document->create_ns;
    ret_document->version = version_ns == TIME_NONE ? 0 : version_ns / 1000000000;
    return true;
}
