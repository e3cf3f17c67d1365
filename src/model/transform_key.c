/* The keys of rows: an id where the document has a usable one, else the place. */
#include "model/sale.h"
#include "model/transform_internal.h"

/* Ids that are text, where they are no numbers: a fulfillment's of Shopify; Stripe promises no
 * longer ones than the other. */
#define SHOPIFY_TEXT_MAX 200
#define TEXT_MAX 255

/* --- the frame's id, or its place --- */

/* The frame's id when no earlier row of `list` has it in `column`; else -(position+1), with drift.
 */
static struct str unique_key(struct transform *t, const struct frame *frame,
                             const struct row_list *list, size_t column)
{
    struct str id = frame->id;
    bool usable = id.data != NULL && id.data[0] != '-' && !str_equal(id, STR("0"));
    /* The row itself is the last of the list, its cell still NULL. */
    for (size_t i = 0; usable && i + 1 < list->count; i++)
        usable = !str_equal(list->rows[i].cells[column], id);
    if (usable)
        return id;
    rule_drift(t, frame, STR("id"), DRIFT_VALUE_RULE,
               id.data == NULL ? "no usable id: place is the key"
                               : "repeated id: place is the key");
    return rule_int64_text(t, -(int64_t)frame->index - 1);
}

static void key_line_item(struct transform *t, struct frame *frame, const struct row_list *list)
{
    frame->row_key = unique_key(t, frame, list, 1);
    frame->cells[1] = frame->row_key;
    frame->cells[2] = rule_int64_text(t, (int64_t)frame->index);
}

/* A map that stands alone is the first of its kind. */
static int64_t place_of(const struct frame *frame)
{
    return frame->index == NO_INDEX ? 0 : (int64_t)frame->index;
}

static void key_by_place(struct transform *t, struct frame *frame)
{
    frame->row_key = rule_int64_text(t, place_of(frame));
    frame->cells[1] = frame->row_key;
}

static void key_refund(struct transform *t, struct frame *frame, const struct row_list *list,
                       const char *component)
{
    bool header = frame->plan->scope->id == SCOPE_REFUND;
    frame->row_key = header ? unique_key(t, frame, list, 1) : frame->up->row_key;
    frame->cells[1] = frame->row_key;
    frame->cells[2] = str_from(component);
    frame->cells[3] = rule_int64_text(t, header ? 0 : (int64_t)frame->index);
}

static void key_return(struct transform *t, struct frame *frame, const struct row_list *list,
                       const char *component)
{
    bool header = frame->plan->scope->id == SCOPE_RETURN;
    frame->row_key = header ? unique_key(t, frame, list, 1) : frame->up->row_key;
    frame->cells[1] = frame->row_key;
    frame->cells[2] = rule_int64_text(t, header ? 0 : (int64_t)++frame->up->parts);
    frame->cells[3] = str_from(component);
}

static void key_tax_line(struct transform *t, struct frame *frame, const char *scope)
{
    frame->cells[1] = str_from(scope);
    frame->cells[2] = frame->up->row_key.data == NULL ? STR("") : frame->up->row_key;
    frame->cells[3] = rule_int64_text(t, (int64_t)frame->index);
}

/* An id that is no number is still an id. */
static void take_text_id(struct frame *frame, size_t max)
{
    const struct value *id = value_get(frame->map, "id");
    if (frame->id.data == NULL && id != NULL && id->kind == VALUE_STRING && id->text.len > 0 &&
        id->text.len <= max && memchr(id->text.data, '\0', id->text.len) == NULL)
        frame->id = id->text;
}

static void key_fulfillment(struct transform *t, struct frame *frame, const struct row_list *list,
                            const char *source)
{
    take_text_id(frame, SHOPIFY_TEXT_MAX);
    frame->cells[1] = str_from(source);
    frame->cells[2] = unique_key(t, frame, list, 2);
    frame->cells[3] = rule_int64_text(t, (int64_t)frame->index);
}

static void key_of_shopify(struct transform *t, struct frame *frame, const struct row_list *list,
                           const char *argument)
{
    switch ((enum table_id)frame->plan->scope->table) {
    case TABLE_LINE_ITEMS:
        key_line_item(t, frame, list);
        break;
    case TABLE_ADDRESSES:
        frame->cells[1] = str_from(argument);
        break;
    case TABLE_SHIPPING_LINES:
    case TABLE_DISCOUNTS:
        key_by_place(t, frame);
        break;
    case TABLE_REFUNDS:
        key_refund(t, frame, list, argument);
        break;
    case TABLE_RETURNS:
        key_return(t, frame, list, argument);
        break;
    case TABLE_TAX_LINES:
        key_tax_line(t, frame, argument);
        break;
    case TABLE_FULFILLMENTS:
        key_fulfillment(t, frame, list, argument);
        break;
    case TABLE_ORDERS:
    case TABLE_COUNT:
        break;
    }
}

/* --- ids that are text, in columns that are numbers --- */

/* The first 63 bits of the SHA-256 of the id: the same wherever it is made. */
static struct str hashed_id(struct transform *t, const char *prefix, struct str id)
{
    uint64_t key = 0;
    if (id.data == NULL)
        return STR_NULL;
    struct digest digest = digest_bytes(arena_format(t->arena, "%s%.*s", prefix, STR_ARG(id)));
    for (size_t i = 0; i < sizeof(key); i++)
        key = key << 8 | digest.bytes[i];
    key &= INT64_MAX;
    return rule_int64_text(t, key == 0 ? 1 : (int64_t)key);
}

static void key_text_line(struct transform *t, struct frame *frame, const struct row_list *list,
                          const char *prefix)
{
    take_text_id(frame, TEXT_MAX);
    frame->id = hashed_id(t, prefix, frame->id);
    key_line_item(t, frame, list);
}

/* A refund and its payment are two rows of one id. */
static void key_text_refund(struct transform *t, struct frame *frame, const struct row_list *list,
                            const char *component)
{
    take_text_id(frame, TEXT_MAX);
    struct str key = hashed_id(t, "", frame->id);
    for (size_t i = 0; key.data != NULL && i + 1 < list->count; i++) {
        const struct str *cells = list->rows[i].cells;
        if (str_equal(cells[1], key) && str_equal(cells[2], str_from(component)))
            key = STR_NULL;
    }
    if (key.data == NULL) {
        rule_drift(t, frame, STR("id"), DRIFT_VALUE_RULE, "no usable id: place is the key");
        key = rule_int64_text(t, -(int64_t)frame->index - 1);
    }
    frame->cells[1] = frame->row_key = key;
    frame->cells[2] = str_from(component);
    frame->cells[3] = STR("0");
}

static void key_of_stripe(struct transform *t, struct frame *frame, const struct row_list *list,
                          const char *argument)
{
    enum table_id table = (enum table_id)frame->plan->scope->table;
    if (table == TABLE_LINE_ITEMS)
        key_text_line(t, frame, list, "");
    else if (table == TABLE_REFUNDS)
        key_text_refund(t, frame, list, argument);
    else
        key_of_shopify(t, frame, list, argument);
}

/* --- Printful: rows of several of its orders meet in one sale --- */

/* The order's own row is at position 0, its shipments follow. */
static void key_of_printful(struct transform *t, struct frame *frame, const struct row_list *list)
{
    struct str parcel = t->change->document.id;
    if (frame->plan->scope->table == TABLE_LINE_ITEMS) {
        key_text_line(t, frame, list, PARCEL_LINE_PREFIX);
        return;
    }
    frame->cells[1] = STR("printful");
    if (frame->up == NULL) {
        frame->cells[2] = arena_format(t->arena, "PF-%.*s", STR_ARG(parcel));
        frame->cells[3] = STR("0");
        return;
    }
    take_text_id(frame, TEXT_MAX);
    struct str key = unique_key(t, frame, list, 2);
    if (key.data[0] == '-')
        key = arena_format(t->arena, "PF-%.*s/%zu", STR_ARG(parcel), frame->index + 1);
    frame->cells[2] = key;
    frame->cells[3] = rule_int64_text(t, (int64_t)frame->index + 1);
}

void key_set(struct transform *t, struct frame *frame, const struct row_list *list,
             const char *argument)
{
    switch (frame->plan->scope->source) {
    case SOURCE_STRIPE:
        key_of_stripe(t, frame, list, argument);
        break;
    case SOURCE_PRINTFUL:
        key_of_printful(t, frame, list);
        break;
    case SOURCE_FIRESTORE:
    case SOURCE_COUNT:
        key_of_shopify(t, frame, list, argument);
        break;
    }
}
