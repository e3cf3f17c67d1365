/* What no single field says: the order's status and origin, the API generation, and whom it belongs
 * to. */
#include <pthread.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/transform.h"
#include "model/transform_internal.h"

/* The columns this file reads or writes, found once. */
#define USED(X)                                                                                    \
    X(orders, origin)                                                                              \
    X(orders, origin_id)                                                                           \
    X(orders, digest)                                                                              \
    X(orders, status)                                                                              \
    X(orders, cancelled_at)                                                                        \
    X(orders, financial_status)                                                                    \
    X(orders, fulfillment_status)                                                                  \
    X(orders, currency)                                                                            \
    X(orders, presentment_currency)                                                                \
    X(orders, email)                                                                               \
    X(orders, contact_email)                                                                       \
    X(orders, phone)                                                                               \
    X(orders, shop_customer_id)                                                                    \
    X(orders, customer_email)                                                                      \
    X(orders, customer_phone)                                                                      \
    X(orders, customer_first_name)                                                                 \
    X(orders, customer_last_name)                                                                  \
    X(orders, customer_state)                                                                      \
    X(orders, customer_tags)                                                                       \
    X(orders, customer_note)                                                                       \
    X(orders, customer_currency)                                                                   \
    X(orders, customer_email_consent)                                                              \
    X(orders, customer_sms_consent)                                                                \
    X(orders, customer_accepts_marketing)                                                          \
    X(orders, customer_accepts_marketing_updated_at)                                               \
    X(orders, customer_marketing_opt_in_level)                                                     \
    X(orders, customer_tax_exempt)                                                                 \
    X(orders, customer_verified_email)                                                             \
    X(orders, customer_created_at)                                                                 \
    X(orders, customer_updated_at)                                                                 \
    X(fulfillments, source)                                                                        \
    X(fulfillments, status)                                                                        \
    X(fulfillments, shipment_status)

enum used {
#define USED_ID(table, name) table##_##name,
    USED(USED_ID)
#undef USED_ID
        USED_COUNT
};

static int columns[USED_COUNT];
static pthread_once_t columns_once = PTHREAD_ONCE_INIT;

/* Lives as long as the program: the one owner of this state. */
static void columns_find(void)
{
    enum { orders = TABLE_ORDERS, fulfillments = TABLE_FULFILLMENTS };
#define USED_FIND(table, name)                                                                     \
    columns[table##_##name] = table_column(table_get((enum table_id)table), #name);
    USED(USED_FIND)
#undef USED_FIND
    for (size_t i = 0; i < USED_COUNT; i++) {
        if (columns[i] < 0)
            abort(); /* table.c lacks a column named above: no test run survives it */
    }
}

static struct str *order_cell(const struct transform *t, enum used column)
{
    return &t->change->order.tables[TABLE_ORDERS].rows[0].cells[columns[column]];
}

/* --- the document as a whole --- */

/* An orders/delete webhook leaves {id} alone (rule 21). */
bool derive_is_stub(const struct value *content)
{
    size_t known = (value_get(content, "id") != NULL ? 1 : 0) +
                   (value_get(content, "admin_graphql_api_id") != NULL ? 1 : 0);
    return value_get(content, "id") != NULL && content->map.count == known;
}

/* A key that came with a generation of the order's shape; the newest one found names it. */
static const struct {
    const char *shape;
    const char *array; /* NULL: the order itself; else any element of this array */
    const char *key;
} shapes[] = {
    {"2025-10", NULL, "line_item_groups"},
    {"2025-01", "line_items", "sales_line_item_group_id"},
    {"2024-10", "refunds", "refund_shipping_lines"},
    {"2024-10", NULL, "returns"},
    {"2024-10", NULL, "duties_included"},
    {"2024-10", NULL, "total_cash_rounding_payment_adjustment_set"},
    {"2024-01", "line_items", "current_quantity"},
    {"before-2023-07", NULL, "processing_method"},
    {"before-2023-07", NULL, "gateway"},
    {"2023-07", NULL, "confirmation_number"},
    {"2023-07", NULL, "po_number"},
};

static bool shows_key(const struct value *content, const char *array, const char *key)
{
    if (array == NULL)
        return value_get(content, key) != NULL;
    const struct value *list = value_get(content, array);
    for (size_t i = 0; list != NULL && list->kind == VALUE_ARRAY && i < list->array.count; i++) {
        if (value_get(&list->array.items[i], key) != NULL)
            return true;
    }
    return false;
}

struct str derive_api_shape(const struct value *content)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (shows_key(content, shapes[i].array, shapes[i].key))
            return str_from(shapes[i].shape);
    }
    return STR("unknown");
}

/* --- the order row --- */

struct shipments {
    size_t count;
    size_t delivered;
    size_t failed;
};

static bool one_of(struct str text, const char *const *words)
{
    for (; text.data != NULL && *words != NULL; words++) {
        if (str_equal(text, str_from(*words)))
            return true;
    }
    return false;
}

/* Shipments that were cancelled say nothing, and Printful's belong to another document. */
static struct shipments count_shipments(const struct order *order)
{
    static const char *const failures[] = {"failure", "error", NULL};
    const struct row_list *list = &order->tables[TABLE_FULFILLMENTS];
    struct shipments seen = {0};
    for (size_t i = 0; i < list->count; i++) {
        struct str status = list->rows[i].cells[columns[fulfillments_status]];
        struct str parcel = list->rows[i].cells[columns[fulfillments_shipment_status]];
        bool attached =
            str_equal(list->rows[i].cells[columns[fulfillments_source]], STR("printful"));
        if (attached || str_equal(status, STR("cancelled")))
            continue;
        seen.count++;
        if (str_equal(parcel, STR("delivered")))
            seen.delivered++;
        else if (one_of(status, failures) || one_of(parcel, failures))
            seen.failed++;
    }
    return seen;
}

/* From the source's own statuses, until Printful says more. Shopify's rows say nothing of
 * "delivered" but in a shipment. */
struct str order_own_status(const struct order *order)
{
    pthread_once(&columns_once, columns_find);
    static const char *const shipped[] = {"fulfilled", "shipped", NULL};
    static const char *const unpaid[] = {"voided", "expired", NULL};
    const struct str *cells = order->tables[TABLE_ORDERS].rows[0].cells;
    struct shipments seen = count_shipments(order);
    bool complete = one_of(cells[columns[orders_fulfillment_status]], shipped);
    bool all_failed = seen.count > 0 && seen.failed == seen.count;
    if (cells[columns[orders_cancelled_at]].data != NULL)
        return STR("cancelled");
    if (complete && seen.count > 0 && seen.delivered == seen.count)
        return STR("delivered");
    if (complete && !all_failed)
        return STR("shipped");
    if (all_failed || one_of(cells[columns[orders_financial_status]], unpaid))
        return STR("failed");
    return STR("processing");
}

static struct str digest_text(struct transform *t)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *bytes = t->change->digest.bytes;
    char text[2 + 2 * sizeof(t->change->digest.bytes)] = {'\\', 'x'};
    for (size_t i = 0; i < sizeof(t->change->digest.bytes); i++) {
        text[2 + 2 * i] = hex[bytes[i] >> 4];
        text[3 + 2 * i] = hex[bytes[i] & 15];
    }
    return arena_copy(t->arena, (struct str){text, sizeof(text)});
}

void derive_order(struct transform *t)
{
    bool changed;
    pthread_once(&columns_once, columns_find);
    *order_cell(t, orders_origin) = str_from(source_kind_name(t->change->document.source));
    *order_cell(t, orders_origin_id) = t->change->document.id;
    *order_cell(t, orders_digest) = digest_text(t);
    *order_cell(t, orders_status) = order_own_status(&t->change->order);
    struct str *presentment = order_cell(t, orders_presentment_currency);
    if (presentment->data == NULL && t->presentment_currency.data != NULL)
        *presentment = text_repair(t->presentment_currency, t->arena, &changed);
}

/* --- the customer --- */

#define EMAIL_MATCH_MAX 320 /* RFC 5321: 64 + @ + 255 */
#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15 /* E.164 */

/* Trimmed, ASCII lower case; no folding of dots or +tags. What is no address matches nobody. */
static struct str email_match(struct transform *t, struct str email)
{
    if (email.data == NULL || email.len > EMAIL_MATCH_MAX)
        return STR_NULL;
    struct str match = text_lower_trim(email, t->arena);
    const char *at = match.len == 0 ? NULL : memchr(match.data, '@', match.len);
    bool sides = at != NULL && at > match.data && at + 1 < match.data + match.len;
    return sides ? match : STR_NULL;
}

/* "+" and digits. Without a leading + the country is unknown, and none is guessed. */
static struct str phone_match(struct transform *t, struct str phone)
{
    char digits[PHONE_DIGITS_MAX + 1] = {'+'};
    size_t count = 0;
    size_t i = 0;
    while (i < phone.len && phone.data[i] == ' ')
        i++;
    if (i == phone.len || phone.data[i] != '+')
        return STR_NULL;
    for (i++; i < phone.len; i++) {
        char c = phone.data[i];
        if (c >= '0' && c <= '9' && count == PHONE_DIGITS_MAX)
            return STR_NULL;
        if (c >= '0' && c <= '9')
            digits[++count] = c;
        else if (strchr(" -().", c) == NULL)
            return STR_NULL;
    }
    if (count < PHONE_DIGITS_MIN)
        return STR_NULL;
    return arena_copy(t->arena, (struct str){digits, count + 1});
}

static struct str first_of(struct str a, struct str b, struct str c)
{
    return a.data != NULL ? a : b.data != NULL ? b : c;
}

static struct str json_text_or_null(struct transform *t, struct str text)
{
    struct value value = {.kind = text.data == NULL ? VALUE_NULL : VALUE_STRING};
    value.text = text;
    return rule_json(t, &value);
}

/* The consent object where the document has one, else the legacy flags in its form (keys as jsonb
 * sorts them). */
static struct str email_consent(struct transform *t)
{
    struct str consent = *order_cell(t, orders_customer_email_consent);
    struct str accepts = *order_cell(t, orders_customer_accepts_marketing);
    if (consent.data != NULL || accepts.data == NULL)
        return consent;
    struct str level = json_text_or_null(t, *order_cell(t, orders_customer_marketing_opt_in_level));
    struct str at =
        json_text_or_null(t, *order_cell(t, orders_customer_accepts_marketing_updated_at));
    return arena_format(t->arena,
                        "{\"state\": \"%s\", \"opt_in_level\": %.*s, \"consent_updated_at\": %.*s}",
                        str_equal(accepts, STR("t")) ? "subscribed" : "not_subscribed",
                        STR_ARG(level), STR_ARG(at));
}

static struct str default_address(struct transform *t, const struct value *content)
{
    const struct value *address = value_path(content, "customer.default_address");
    if (address == NULL || address->kind != VALUE_MAP || address->map.count == 0)
        return STR_NULL;
    return rule_json(t, address);
}

/* The customer object first; an order without one is still known by its own e-mail or phone. */
void derive_customer(struct transform *t, const struct value *content)
{
    struct customer_candidate *who = &t->change->customer;
    who->existing_only = t->change->document.source != SOURCE_FIRESTORE;
    who->source_id = *order_cell(t, orders_shop_customer_id);
    who->email = first_of(*order_cell(t, orders_customer_email), *order_cell(t, orders_email),
                          *order_cell(t, orders_contact_email));
    who->email_match = email_match(t, who->email);
    who->phone =
        first_of(*order_cell(t, orders_customer_phone), *order_cell(t, orders_phone), STR_NULL);
    who->phone_match = phone_match(t, who->phone);
    who->present = who->source_id.data != NULL || who->email_match.data != NULL ||
                   who->phone_match.data != NULL;
    if (!who->present)
        return;
    who->first_name = *order_cell(t, orders_customer_first_name);
    who->last_name = *order_cell(t, orders_customer_last_name);
    who->state = *order_cell(t, orders_customer_state);
    who->tags = *order_cell(t, orders_customer_tags);
    who->note = *order_cell(t, orders_customer_note);
    who->currency = *order_cell(t, orders_customer_currency);
    who->email_consent = email_consent(t);
    who->sms_consent = *order_cell(t, orders_customer_sms_consent);
    who->default_address = default_address(t, content);
    who->tax_exempt = *order_cell(t, orders_customer_tax_exempt);
    who->verified_email = *order_cell(t, orders_customer_verified_email);
    who->created_at = *order_cell(t, orders_customer_created_at);
    who->updated_at = *order_cell(t, orders_customer_updated_at);
}
