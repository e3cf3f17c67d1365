/* Changes and row changes -> rows of a plan. */
#include "engine/planned.h"

#include <assert.h>
#include <string.h>

#include "base/decimal.h"
#include "model/json.h"

#define VALUE_SHOWN_MAX                                                                            \
    2000 /* bytes of one value: a plan is read by people, apply reads documents */
#define KEY_MAX 200

/* Columns shown of a row that comes or goes whole with its order. */
static const char *const headline[] = {
    "name",
    "created_at",
    "status",
    "financial_status",
    "fulfillment_status",
    "email",
    "currency",
    "total_price",
    "customer_first_name",
    "customer_last_name",
    "title",
    "quantity",
    "price",
    "kind",
    "amount",
    "code",
    "city",
    "value",
    "country_code",
    "tracking_number",
};

static bool is_headline(const char *column)
{
    for (size_t i = 0; i < sizeof(headline) / sizeof(headline[0]); i++) {
        if (strcmp(headline[i], column) == 0)
            return true;
    }
    return false;
}

/* ---- fields ---- */

struct fields {
    struct buffer json;
    unsigned count;
    unsigned cut;
    bool whole; /* the order comes or goes: headlines alone */
};

static void append_text(struct buffer *buffer, const char *name, struct str text)
{
    struct value value = {.kind = text.data == NULL ? VALUE_NULL : VALUE_STRING};
    if (text.data != NULL)
        value.text = text;
    if (value.kind == VALUE_STRING && text.len > VALUE_SHOWN_MAX)
        value.text.len = VALUE_SHOWN_MAX;
    buffer_append_format(buffer, "\"%s\":", name);
    json_append(buffer, &value, false);
}

/* Which row of the table it is: its key without the order, "3/12". */
static struct str row_key(const struct table *table, const struct row *row, char key[KEY_MAX])
{
    struct buffer text = {.max = KEY_MAX - 1};
    for (size_t i = 1; i < table->key_count; i++) {
        if (i > 1)
            buffer_append_char(&text, '/');
        buffer_append_str(&text, row->cells[i]);
    }
    struct str whole = buffer_str(&text);
    memcpy(key, whole.data, whole.len);
    buffer_free(&text);
    return (struct str){key, whole.len};
}

static void add_field(struct fields *fields, const struct row_change *change, const char *name,
                      bool personal, struct str before, struct str after)
{
    const struct table *table = table_get(change->table);
    char key[KEY_MAX];
    struct buffer one = {.max = PLAN_FIELDS_MAX};
    fields->count++;
    buffer_append_char(&one, fields->json.len == 0 ? '[' : ',');
    buffer_append_format(&one, "{\"table\":\"%s\",", table->name);
    append_text(&one, "key",
                row_key(table, change->after == NULL ? change->before : change->after, key));
    buffer_append_format(&one, ",\"field\":\"%s\",", name);
    append_text(&one, "before", before);
    buffer_append_char(&one, ',');
    append_text(&one, "after", after);
    buffer_append_format(&one, ",\"personal\":%s}", personal ? "true" : "false");
    if (fields->cut > 0 || !buffer_ok(&one) || fields->json.len + one.len + 32 > PLAN_FIELDS_MAX)
        fields->cut++;
    else
        buffer_append_str(&fields->json, buffer_str(&one));
    buffer_free(&one);
}

static struct str cell_of(const struct row *row, size_t column)
{
    return row == NULL ? STR_NULL : row->cells[column];
}

/* The order's digest stands for all the others; a key is shown as such. */
static bool is_shown(const struct row_change *change, size_t column, bool whole)
{
    const struct table *table = table_get(change->table);
    if (column < table->key_count || strcmp(table->columns[column].name, "digest") == 0)
        return false;
    if (change->kind == ROW_UPDATE)
        return row_change_has(change, column);
    if (cell_of(change->before, column).data == NULL && cell_of(change->after, column).data == NULL)
        return false;
    return !whole || is_headline(table->columns[column].name);
}

static void add_row(struct fields *fields, const struct row_change *change)
{
    const struct table *table = table_get(change->table);
    unsigned before = fields->count;
    for (size_t i = 0; i < table->column_count; i++) {
        if (is_shown(change, i, fields->whole))
            add_field(fields, change, table->columns[i].name, table->columns[i].personal,
                      cell_of(change->before, i), cell_of(change->after, i));
    }
    if (fields->count == before && change->kind != ROW_UPDATE)
        add_field(fields, change, "*", false, change->before == NULL ? STR_NULL : STR(""),
                  change->after == NULL ? STR_NULL : STR(""));
}

static void entry_fields(const struct row_changes *rows, bool whole, struct arena *arena,
                         struct plan_entry *entry)
{
    struct fields fields = {.json = {.max = PLAN_FIELDS_MAX}, .whole = whole};
    entry->fields = "";
    for (size_t i = 0; i < rows->count; i++)
        add_row(&fields, &rows->items[i]);
    entry->field_count = fields.count;
    if (fields.cut > 0)
        buffer_append_format(&fields.json, "%c{\"cut\":%u}", fields.json.len == 0 ? '[' : ',',
                             fields.cut);
    if (fields.json.len > 0) {
        buffer_append_char(&fields.json, ']');
        assert(buffer_ok(&fields.json));
        entry->fields = arena_copy(arena, buffer_str(&fields.json)).data;
    }
    buffer_free(&fields.json);
}

/* ---- money and name ---- */

static const struct row_change *order_change(const struct row_changes *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i].table == TABLE_ORDERS)
            return &rows->items[i];
    }
    return NULL;
}

static struct str order_cell(const struct row *row, const char *column)
{
    int index = table_column(table_get(TABLE_ORDERS), column);
    return row == NULL || index < 0 ? STR_NULL : row->cells[index];
}

/* After less before; nothing where the currency is another one: that is no sum. */
static const char *entry_money(const struct row_changes *rows, struct arena *arena)
{
    const struct row_change *change = order_change(rows);
    if (change == NULL)
        return "";
    struct str old_currency = order_cell(change->before, "currency");
    struct str currency = order_cell(change->after, "currency");
    struct str before = order_cell(change->before, "total_price");
    struct str after = order_cell(change->after, "total_price");
    if (change->before != NULL && change->after != NULL && !str_equal(old_currency, currency))
        return "";
    if (currency.data == NULL)
        currency = old_currency;
    if (currency.data == NULL || (before.data == NULL && after.data == NULL))
        return "";
    struct str moved =
        decimal_add(after.data == NULL ? STR("0") : after,
                    before.data == NULL ? STR("0") : decimal_negate(before, arena), arena);
    int sign = decimal_compare(moved, STR("0"));
    if (sign == 0)
        return "";
    return arena_format(arena, "%.*s %s%.*s", STR_ARG(currency), sign > 0 ? "+" : "",
                        STR_ARG(moved))
        .data;
}

struct str planned_label(const struct change *change, const struct row_changes *rows)
{
    const struct value *name = value_get(change->document.content, "name");
    const struct row_change *order = rows == NULL ? NULL : order_change(rows);
    if (name != NULL && name->kind == VALUE_STRING)
        return name->text;
    struct str label = order == NULL ? STR_NULL : order_cell(order->before, "name");
    return label.data == NULL ? STR("") : label;
}

/* ---- entries ---- */

/* A document without a sale is stored, and waits for it; one that waits already does so unchanged.
 */
static enum plan_action unattached_action(const struct expectation *seen)
{
    if (!seen->known)
        return PLAN_CREATE;
    bool same =
        seen->version == seen->target_version && digest_equal(&seen->digest, &seen->target_digest);
    return same ? PLAN_UNCHANGED : PLAN_UPDATE;
}

static enum plan_action action_of(const struct change *change)
{
    switch (change->outcome) {
    case OUTCOME_CREATED:
        return PLAN_CREATE;
    case OUTCOME_UPDATED:
        return PLAN_UPDATE;
    case OUTCOME_DELETED:
        return PLAN_TOMBSTONE;
    case OUTCOME_HELD:
    case OUTCOME_FAILED:
        return PLAN_CONFLICT;
    case OUTCOME_UNATTACHED:
        return unattached_action(&change->expect);
    case OUTCOME_NONE:
    case OUTCOME_UNCHANGED:
    case OUTCOME_STALE:
    case OUTCOME_MOVED:
    case OUTCOME_ABSENT:
    case OUTCOME_COUNT:
        break;
    }
    return PLAN_UNCHANGED;
}

/* A session's payment: all that a list of refunds tells of it. */
static const char *entry_reference(const struct change *change, struct arena *arena)
{
    const struct value *payment = value_get(change->document.content, "payment_intent");
    if (change->document.source != SOURCE_STRIPE)
        return "";
    if (payment != NULL && payment->kind == VALUE_MAP)
        payment = value_get(payment, "id");
    if (payment == NULL || payment->kind != VALUE_STRING)
        return "";
    return arena_copy(arena, payment->text).data;
}

static void make_entry(const struct change *change, const struct row_changes *rows,
                       enum plan_action action, bool brief, struct arena *arena,
                       struct plan_entry *entry)
{
    *entry = (struct plan_entry){
        .source = change->document.source,
        .source_id = arena_copy(arena, change->document.id).data,
        .label = arena_copy(arena, planned_label(change, rows)).data,
        .action = action,
        .money = entry_money(rows, arena),
        .expect = change->expect,
        .reference = entry_reference(change, arena),
    };
    entry_fields(rows, brief && (action == PLAN_CREATE || action == PLAN_TOMBSTONE), arena, entry);
    if (action == PLAN_CONFLICT) {
        struct error *copy = arena_alloc(arena, sizeof(*copy));
        *copy = change->error;
        entry->error = copy;
    }
}

void planned_settle(const struct projection *projection, const struct row_changes *rows,
                    struct result *result)
{
    struct arena *arena = &result->arena;
    /* Of a document that a person looks at alone every column is wanted. */
    bool brief = result->job == NULL || result->job->kind != JOB_FETCH;
    result->entries = arena_zero(arena, (projection->count + 1) * sizeof(*result->entries));
    for (size_t i = 0; i < projection->count; i++) {
        const struct change *change = &projection->changes[i];
        enum plan_action action = action_of(change);
        if (action == PLAN_UNCHANGED)
            result->unchanged++;
        else
            make_entry(change, &rows[i], action, brief, arena,
                       &result->entries[result->entry_count++]);
    }
}

/* ---- application ---- */

static const struct plan_target *find_target(const struct job *job, const struct change *change)
{
    for (size_t i = 0; i < job->target_count; i++) {
        if (str_equal(str_from(job->targets[i].source_id), change->document.id))
            return &job->targets[i];
    }
    return NULL;
}

static bool is_gone(const struct expectation *seen)
{
    static const struct digest none;
    return digest_equal(&seen->digest, &none);
}

/* When a document was seen gone says nothing: it is seen gone later now. */
static bool document_is_as_seen(const struct change *change, const struct expectation *seen)
{
    if (change->document.deleted)
        return is_gone(seen);
    return change->document.version == seen->version &&
           digest_equal(&change->digest, &seen->digest);
}

void planned_expect(const struct job *job, struct projection *projection)
{
    for (size_t i = 0; i < projection->count; i++) {
        struct change *change = &projection->changes[i];
        const struct plan_target *target = find_target(job, change);
        if (target == NULL || change->outcome != OUTCOME_NONE)
            continue;
        if (target->action != PLAN_CONFLICT)
            change->expect = target->expect;
        else if (target->expect.present && !document_is_as_seen(change, &target->expect))
            change->outcome = OUTCOME_MOVED;
    }
}

static const char *reason_of(const struct job *job, const struct change *change)
{
    const struct plan_target *target = find_target(job, change);
    if (change->outcome == OUTCOME_ABSENT)
        return "neither its source nor the target holds it any more";
    if (change->outcome != OUTCOME_MOVED && change->outcome != OUTCOME_STALE)
        return "";
    if (target == NULL || document_is_as_seen(change, &target->expect))
        return "changed in the target since the plan was made";
    return change->document.deleted ? "gone in its source since the plan was made"
                                    : "changed in its source since the plan was made";
}

void planned_reasons(const struct job *job, const struct projection *projection,
                     struct result *result)
{
    result->reasons = arena_zero(&result->arena, (projection->count + 1) * sizeof(char *));
    for (size_t i = 0; i < projection->count; i++)
        result->reasons[i] = reason_of(job, &projection->changes[i]);
}
