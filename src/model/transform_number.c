/* Rules for numbers, ids, money and moments. Ids and money never pass through a double unless the
 * source held one. */
#include <math.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "model/sale.h"
#include "model/transform_rule.h"

#define QUOTE_MAX 40 /* bytes of an offending value that a message shows */
#define INT64_TEXT_MAX 21
#define EXACT_DOUBLE ((int64_t)1 << 53)
#define EPOCH_MS_FROM                                                                              \
    100000000000 /* 1973 in ms, 5138 in s: what is larger is milliseconds (rule 11) */
#define EPOCH_MS_TO 253402300800000 /* year 10000 */
#define YEAR_1_S (-62135596800)
#define YEAR_10000_S 253402300800

/* --- numbers --- */

struct str rule_int64_text(struct transform *t, int64_t number)
{
    char digits[INT64_TEXT_MAX];
    char *at = digits + sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    return arena_copy(t->arena, (struct str){at, (size_t)(digits + sizeof(digits) - at)});
}

/* Rule 2: integer, integral double or decimal text; a fraction is none. */
static bool to_int64(const struct value *value, int64_t *ret_number)
{
    switch (value->kind) {
    case VALUE_INT:
        *ret_number = value->integer;
        return true;
    case VALUE_DOUBLE:
        if (value->real.literal.data != NULL && decimal_to_int64(value->real.literal, ret_number))
            return true;
        /* 2^63 as a double is one past the largest int64. */
        if (!(value->real.number >= -0x1p63 && value->real.number < 0x1p63) ||
            value->real.number != floor(value->real.number))
            return false;
        *ret_number = (int64_t)value->real.number;
        return true;
    case VALUE_STRING:
        return decimal_to_int64(value->text, ret_number);
    default:
        return false;
    }
}

/* Exact decimal text of a number or of text that is one. Equal trees give equal text: digits that
 * say no more than the double ("52.0", as a stored document has them) must not set another scale
 * than the double itself. */
bool rule_decimal(struct transform *t, const struct value *value, struct str *ret_text)
{
    struct str literal;
    switch (value->kind) {
    case VALUE_INT:
        *ret_text = rule_int64_text(t, value->integer);
        return true;
    case VALUE_DOUBLE:
        literal = value_literal(value);
        if (literal.data != NULL)
            return decimal_parse(literal, t->arena, ret_text);
        return decimal_from_double(value->real.number, t->arena, ret_text);
    case VALUE_STRING:
        return decimal_parse(value->text, t->arena, ret_text);
    default:
        return false;
    }
}

bool rule_is_absent(const struct value *value)
{
    return value->kind == VALUE_NULL || (value->kind == VALUE_STRING && value->text.len == 0);
}

static bool is_not_finite(const struct value *value)
{
    return value->kind == VALUE_DOUBLE && !isfinite(value->real.number) &&
           value->real.literal.data == NULL;
}

/* --- ids --- */

/* The number in "gid://shopify/Order/123", or false. */
static bool gid_number(const struct frame *frame, const char *prefix, int64_t *ret_number)
{
    const struct value *gid = value_get(frame->map, "admin_graphql_api_id");
    size_t skip = strlen(prefix);
    if (gid == NULL || gid->kind != VALUE_STRING || gid->text.len <= skip ||
        memcmp(gid->text.data, prefix, skip) != 0)
        return false;
    return decimal_to_int64((struct str){gid->text.data + skip, gid->text.len - skip}, ret_number);
}

/* Rule 1: a JavaScript hop rounds ids beyond 2^53, the gid keeps the true one. Only what rounds to
 * the same double is taken from it; any other disagreement is drift, never a guess. */
static int64_t recover_id(struct transform *t, const struct frame *frame, int64_t id)
{
    int64_t exact;
    if (!gid_number(frame, frame->plan->scope->gid, &exact)) {
        if (value_get(frame->map, "admin_graphql_api_id") != NULL &&
            value_get(frame->map, "admin_graphql_api_id")->kind != VALUE_NULL)
            rule_drift(t, frame, STR("admin_graphql_api_id"), DRIFT_VALUE_RULE,
                       "not a gid of this kind");
        return id;
    }
    if (exact == id)
        return id;
    if ((id > EXACT_DOUBLE || id < -EXACT_DOUBLE) && (double)exact == (double)id) {
        rule_drift(t, frame, STR("id"), DRIFT_VALUE_RULE, "rounded id recovered from the gid");
        return exact;
    }
    rule_drift(t, frame, STR("id"), DRIFT_VALUE_RULE, "id and gid disagree");
    return id;
}

struct str rule_id(struct transform *t, const struct frame *frame)
{
    const struct value *value = value_get(frame->map, "id");
    int64_t id;
    if (value == NULL || !to_int64(value, &id))
        return STR_NULL;
    if (frame->plan->scope->gid != NULL)
        id = recover_id(t, frame, id);
    return rule_int64_text(t, id);
}

struct str rule_integer(struct transform *t, const struct frame *frame,
                        const struct mapping_slot *slot, const struct value *value)
{
    int64_t number;
    if (rule_is_absent(value))
        return STR_NULL;
    if (slot->field->rule == RULE_ID && frame->id.data != NULL)
        return frame->id;
    if (to_int64(value, &number))
        return rule_int64_text(t, number);
    rule_drift(t, frame, slot->key, DRIFT_UNEXPECTED_TYPE,
               value->kind == VALUE_DOUBLE || value->kind == VALUE_STRING
                   ? "not a whole number"
                   : value_kind_name(value->kind));
    return STR_NULL;
}

/* --- money --- */

/* `path` "x" is no number: shows a little of it, nothing of maps and arrays. */
static bool fail_value(struct transform *t, const struct frame *frame, struct str key,
                       const struct value *value, enum error_id id, const char *what,
                       struct error *err)
{
    struct str shown = str_from(value_kind_name(value->kind));
    const char *quote = "";
    if (value->kind == VALUE_STRING) {
        shown = text_truncate(text_display(value->text, t->arena), QUOTE_MAX);
        quote = "\"";
    }
    char path[TRANSFORM_PATH_MAX];
    rule_path(frame, key, true, path);
    error_set(err, id, "%s: %s%.*s%s is not %s", path, quote, STR_ARG(shown), quote, what);
    return error_field(err, path);
}

bool rule_money(struct transform *t, const struct frame *frame, const struct mapping_slot *slot,
                const struct value *value, struct str *ret_cell, struct error *err)
{
    *ret_cell = STR_NULL;
    if (rule_is_absent(value))
        return true;
    if (is_not_finite(value)) {
        rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "not a finite number");
        return true;
    }
    if (rule_decimal(t, value, ret_cell))
        return true;
    if (slot->field->rule == RULE_MONEY)
        return fail_value(t, frame, slot->key, value, ERROR_MONEY_INVALID, "a decimal number", err);
    rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "not a number");
    return true;
}

/* decimal / 10^digits: by the exponent, so that no digit is touched. */
static bool scaled(struct transform *t, struct str decimal, unsigned digits, struct str *ret_text)
{
    return decimal_parse(arena_format(t->arena, "%.*se-%u", STR_ARG(decimal), digits), t->arena,
                         ret_text);
}

/* As the map itself or the nearest around it names it; under a key of its own, only the map. */
static struct str currency_of(const struct frame *frame, const char *key)
{
    for (const struct frame *at = frame; at != NULL; at = key == NULL ? at->up : NULL) {
        const struct value *currency = value_get(at->map, key == NULL ? "currency" : key);
        if (currency != NULL && currency->kind == VALUE_STRING && currency->text.len > 0)
            return currency->text;
    }
    return STR_NULL;
}

bool rule_minor(struct transform *t, const struct frame *frame, const struct mapping_slot *slot,
                const struct value *value, struct str *ret_cell, struct error *err)
{
    struct str decimal;
    *ret_cell = STR_NULL;
    if (rule_is_absent(value))
        return true;
    unsigned scale = stripe_currency_scale(currency_of(frame, slot->field->argument));
    if (rule_decimal(t, value, &decimal) && scaled(t, decimal, scale, ret_cell))
        return true;
    return fail_value(t, frame, slot->key, value, ERROR_MONEY_INVALID, "a decimal number", err);
}

struct str rule_percent(struct transform *t, const struct frame *frame,
                        const struct mapping_slot *slot, const struct value *value)
{
    struct str decimal;
    struct str fraction;
    if (rule_is_absent(value))
        return STR_NULL;
    if (rule_decimal(t, value, &decimal) && scaled(t, decimal, 2, &fraction))
        return fraction;
    rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "not a number");
    return STR_NULL;
}

/* One side of a money set into its cell; its currency goes to *currency when that is still unknown.
 */
static void money_side(struct transform *t, const struct frame *frame,
                       const struct mapping_slot *slot, const struct value *side, struct str *cell,
                       struct str *currency)
{
    const struct value *amount = value_get(side, "amount");
    const struct value *code = value_get(side, "currency_code");
    struct str text;
    if (code != NULL && code->kind == VALUE_STRING && code->text.len > 0 && currency != NULL &&
        currency->data == NULL)
        *currency = code->text;
    if (amount == NULL || rule_is_absent(amount))
        return;
    if (is_not_finite(amount) || !rule_decimal(t, amount, &text))
        rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "not a number");
    else if (cell->data == NULL)
        *cell = text;
    else if (decimal_compare(*cell, text) != 0)
        rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "differs from the plain field");
}

void rule_money_set(struct transform *t, const struct frame *frame, const struct mapping_slot *slot,
                    const struct value *value)
{
    if (value->kind == VALUE_NULL)
        return;
    if (value->kind != VALUE_MAP) {
        rule_drift(t, frame, slot->key, DRIFT_UNEXPECTED_TYPE, value_kind_name(value->kind));
        return;
    }
    const struct value *shop = value_get(value, "shop_money");
    const struct value *presentment = value_get(value, "presentment_money");
    if (value->map.count != (size_t)(shop != NULL) + (size_t)(presentment != NULL))
        rule_drift(t, frame, slot->key, DRIFT_UNEXPECTED_TYPE, "not a money set");
    money_side(t, frame, slot, shop, &frame->cells[slot->column], NULL);
    money_side(t, frame, slot, presentment, &frame->cells[slot->second], &t->presentment_currency);
}

/* --- moments --- */

static bool scaled_us(double number, int64_t *ret_us)
{
    double magnitude = fabs(number);
    if (!(magnitude < (double)EPOCH_MS_TO))
        return false;
    *ret_us = (int64_t)llround(number * (magnitude >= (double)EPOCH_MS_FROM ? 1e3 : 1e6));
    return *ret_us >= YEAR_1_S * INT64_C(1000000);
}

/* {seconds, nanoseconds} as the JavaScript SDK prints a Firestore timestamp, with or without '_'.
 */
static bool map_us(const struct value *map, int64_t *ret_us)
{
    const struct value *seconds = value_get(map, "seconds");
    const struct value *nanos = value_get(map, "nanoseconds");
    if (seconds == NULL) {
        seconds = value_get(map, "_seconds");
        nanos = value_get(map, "_nanoseconds");
    }
    int64_t s;
    int64_t n = 0;
    if (seconds == NULL || !to_int64(seconds, &s) || (nanos != NULL && !to_int64(nanos, &n)))
        return false;
    if (s < YEAR_1_S || s >= YEAR_10000_S || n < 0 || n >= 1000000000)
        return false;
    *ret_us = s * 1000000 + n / 1000;
    return true;
}

static bool to_us(struct transform *t, const struct frame *frame, const struct mapping_slot *slot,
                  const struct value *value, int64_t *ret_us)
{
    enum timestamp_note note = TIMESTAMP_EXACT;
    switch (value->kind) {
    case VALUE_STRING:
        if (!timestamp_parse(value->text, ret_us, &note))
            return false;
        if (note == TIMESTAMP_NO_OFFSET)
            rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "no offset: read as UTC");
        return true;
    case VALUE_TIMESTAMP:
        if (value->time.seconds < YEAR_1_S || value->time.seconds >= YEAR_10000_S)
            return false;
        *ret_us = value->time.seconds * 1000000 + value->time.nanos / 1000;
        return true;
    case VALUE_MAP:
        return map_us(value, ret_us);
    case VALUE_INT:
        return scaled_us((double)value->integer, ret_us);
    case VALUE_DOUBLE:
        return scaled_us(value->real.number, ret_us);
    default:
        return false;
    }
}

bool rule_timestamp(struct transform *t, const struct frame *frame, const struct mapping_slot *slot,
                    const struct value *value, struct str *ret_cell, struct error *err)
{
    int64_t us;
    *ret_cell = STR_NULL;
    if (rule_is_absent(value))
        return true;
    if (is_not_finite(value)) {
        rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "not a finite number");
        return true;
    }
    if (!to_us(t, frame, slot, value, &us))
        return fail_value(t, frame, slot->key, value, ERROR_TIMESTAMP_INVALID, "a moment in time",
                          err);
    *ret_cell = timestamp_to_sql(us, t->arena);
    return true;
}

#define DATE_TEXT 10 /* "2020-05-05" */

/* As a timestamp, but digits are seconds, a date alone is its midnight, and what is no moment is
 * drift. */
struct str rule_moment(struct transform *t, const struct frame *frame,
                       const struct mapping_slot *slot, const struct value *value)
{
    enum timestamp_note note;
    struct value seconds = *value;
    int64_t us;
    if (rule_is_absent(value))
        return STR_NULL;
    if (value->kind == VALUE_STRING && decimal_to_int64(value->text, &seconds.integer))
        seconds.kind = VALUE_INT;
    bool date = seconds.kind == VALUE_STRING && value->text.len == DATE_TEXT;
    if (date ? timestamp_parse(value->text, &us, &note) : to_us(t, frame, slot, &seconds, &us))
        return timestamp_to_sql(us, t->arena);
    rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "not a moment in time");
    return STR_NULL;
}
