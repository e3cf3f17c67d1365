/* What is Stripe's own in the transform: which sessions are sales, which of several places is read,
 * and what the fields of a line, a discount or a refund say together. */
#include "base/decimal.h"
#include "model/sale.h"
#include "model/transform_rule.h"

/* --- the document as a whole --- */

static struct str text_at(const struct value *map, const char *key)
{
    const struct value *value = value_get(map, key);
    return value != NULL && value->kind == VALUE_STRING ? value->text : STR_NULL;
}

/* Where a thing stands, newest generation of the API first; data, so that another place is a line.
 */
static const struct {
    enum choice choice;
    const char *path;
    const char *filled; /* a key it must have; NULL: it must not be empty */
} places[] = {
    {CHOICE_SHIPPING, "collected_information.shipping_details", NULL},
    {CHOICE_SHIPPING, "shipping_details", NULL},
    {CHOICE_SHIPPING, "shipping", NULL},
    {CHOICE_DISCOUNTS, "total_details.breakdown.discounts", NULL},
    {CHOICE_DISCOUNTS, "discounts", NULL},
    {CHOICE_CONVERSION, "currency_conversion", "source_currency"},
};

static bool is_filled(const struct value *value, const char *key)
{
    if (value == NULL || value->kind == VALUE_NULL)
        return false;
    if (key != NULL)
        return text_at(value, key).len > 0;
    return !(value->kind == VALUE_MAP && value->map.count == 0) &&
           !(value->kind == VALUE_ARRAY && value->array.count == 0);
}

static void choose_places(struct transform *t, const struct value *content)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct value *value = value_path(content, places[i].path);
        if (t->chosen[places[i].choice] == NULL && is_filled(value, places[i].filled))
            t->chosen[places[i].choice] = value;
    }
}

/* A key that came with a generation of the session's shape; the newest one found names it. */
struct str session_api_shape(const struct value *content)
{
    static const struct {
        const char *shape;
        const char *key;
    } shapes[] = {
        {"2026-dahlia", "managed_payments"}, {"2025-basil", "collected_information"},
        {"2022-08", "shipping_details"},     {"2022-08", "shipping_cost"},
        {"before-2022-08", "shipping"},      {"before-2020-05", "display_items"},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (value_get(content, shapes[i].key) != NULL)
            return str_from(shapes[i].shape);
    }
    return STR("unknown");
}

bool session_begin(struct transform *t, const struct value *content, struct error *err)
{
    struct frame root = {.index = NO_INDEX, .map = content};
    if (!str_equal(text_at(content, "object"), STR("checkout.session")))
        return error_set(err, ERROR_DOCUMENT_SHAPE, "the document is not a checkout.session");
    if (text_at(content, "id").len == 0)
        return rule_fail(&root, STR("id"), ERROR_FIELD_MISSING, "is missing or not a text", err);
    struct str status = text_at(content, "status");
    enum error_id refusal =
        session_refusal(text_at(content, "mode"), status, text_at(content, "payment_status"));
    if (refusal != ERROR_NONE)
        return error_set(err, refusal, "no sale: %s", error_info(refusal)->summary);
    t->change->api_shape = session_api_shape(content);
    choose_places(t, content);
    return true;
}

/* --- rows --- */

static struct str *cell(const struct frame *frame, const char *column)
{
    const struct table *table = table_get((enum table_id)frame->plan->scope->table);
    return &frame->cells[table_column(table, column)];
}

static bool same_currency(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if ((a.data[i] | 0x20) != (b.data[i] | 0x20))
            return false;
    }
    return true;
}

/* The line's amount before discount and tax, shared among its pieces; NULL unless it comes out
 * even.
 */
static struct str share_of_line(struct transform *t, const struct frame *frame)
{
    const struct value *amount = value_get(frame->map, "amount_subtotal");
    const struct value *quantity = value_get(frame->map, "quantity");
    if (amount == NULL || amount->kind != VALUE_INT || quantity == NULL ||
        quantity->kind != VALUE_INT || quantity->integer <= 0 ||
        amount->integer % quantity->integer != 0)
        return STR_NULL;
    return decimal_from_minor(amount->integer / quantity->integer,
                              stripe_currency_scale(text_at(frame->map, "currency")), t->arena);
}

/* A price object has the amount in the price's own currency, which need not be what the buyer paid
 * in; it has none where buyers say what they pay. */
static void finish_line(struct transform *t, const struct frame *frame)
{
    bool converted = transform_is_converted(t);
    struct str *shops = cell(frame, "price");
    struct str *paid = converted ? cell(frame, "presentment_price") : shops;
    struct str unit = *shops;
    struct str listed = text_at(value_get(frame->map, "price"), "currency");
    struct str line = text_at(frame->map, "currency");
    if (listed.data == NULL)
        listed = line;
    if (!converted ||
        !same_currency(listed, text_at(t->chosen[CHOICE_CONVERSION], "source_currency")))
        *shops = STR_NULL;
    *paid = same_currency(listed, line) ? unit : STR_NULL;
    if (paid->data == NULL)
        *paid = share_of_line(t, frame);
}

/* The amount of a breakdown is in the session's currency; no column is the buyer's. */
static void finish_discount(const struct transform *t, const struct frame *frame)
{
    if (transform_is_converted(t))
        *cell(frame, "value") = STR_NULL;
    if (cell(frame, "value")->data != NULL)
        *cell(frame, "value_type") = STR("fixed_amount");
    if (cell(frame, "code")->data != NULL)
        *cell(frame, "type") = STR("discount_code");
}

static void finish_repayment(const struct frame *frame)
{
    struct str *status = cell(frame, "status");
    *cell(frame, "kind") = STR("refund");
    *cell(frame, "gateway") = STR("stripe");
    *status = stripe_refund_status(*status);
}

void session_row(struct transform *t, const struct frame *frame)
{
    switch (frame->plan->scope->id) {
    case SCOPE_SESSION_LINE:
        finish_line(t, frame);
        break;
    case SCOPE_SESSION_APPLIED:
    case SCOPE_SESSION_DISCOUNT:
        finish_discount(t, frame);
        break;
    case SCOPE_SESSION_REPAYMENT:
        finish_repayment(frame);
        break;
    default:
        break;
    }
}
