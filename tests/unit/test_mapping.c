/* The mapping against the table of columns, and against the census: every field that Airbyte's or
 * Fivetran's order schema has is read by it, and every public document transforms or fails for a
 * reason the rules give. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "model/mapping.h"
#include "tests/lib/orders.h"

static enum source_kind scope_source(enum scope_id id)
{
    return id >= SCOPE_PRINTFUL_FIRST ? SOURCE_PRINTFUL
           : id >= SCOPE_STRIPE_FIRST ? SOURCE_STRIPE
                                      : SOURCE_FIRESTORE;
}

/* A column belongs to the sources whose documents fill it. */
static void a_source_fills_its_own_columns(void **state)
{
    (void)state;
    static const unsigned owners[SOURCE_COUNT] = {
        [SOURCE_FIRESTORE] = OWNER_SHOPIFY,
        [SOURCE_STRIPE] = OWNER_STRIPE,
        [SOURCE_PRINTFUL] = OWNER_PRINTFUL,
    };
    for (int id = 0; id < SCOPE_COUNT; id++) {
        const struct mapping_plan *plan = mapping_plan((enum scope_id)id);
        const struct mapping_scope *scope = plan->scope;
        for (size_t i = 0; i < plan->count; i++) {
            const int columns[] = {plan->slots[i].column, plan->slots[i].second};
            for (size_t k = 0; k < 2; k++) {
                if (columns[k] < 0)
                    continue;
                const struct column *column =
                    &table_get((enum table_id)scope->table)->columns[columns[k]];
                if ((column->owners & (owners[scope->source] | OWNER_DERIVED)) == 0)
                    fail_msg("%s fills %s", source_kind_name(scope->source), column->name);
            }
        }
    }
}

static void every_field_has_its_column(void **state)
{
    (void)state;
    for (int id = 0; id < SCOPE_COUNT; id++) {
        const struct mapping_scope *scope = mapping_scope((enum scope_id)id);
        assert_int_equal(scope->id, id);
        for (size_t i = 0; i < scope->field_count; i++) {
            const struct mapping_field *field = &scope->fields[i];
            bool opens =
                field->rule == RULE_SCOPE || field->rule == RULE_ROW || field->rule == RULE_ROWS;
            assert_int_equal(opens, field->scope != SCOPE_COUNT);
            bool stored =
                field->rule == RULE_KNOWN || field->rule == RULE_KEPT || field->rule == RULE_MORE;
            assert_int_equal(field->column == NULL, opens || stored);
            if (field->rule != RULE_MINOR && field->rule != RULE_CURRENCY)
                assert_int_equal(field->second != NULL, field->rule == RULE_MONEY_SET);
            assert_int_equal(scope->source, scope_source((enum scope_id)id));
            if (field->column != NULL)
                assert_true(table_column(table_get((enum table_id)scope->table), field->column) >=
                            0);
        }
    }
}

/* The type of a column fits the rule that fills it. */
static void rules_fit_types(void **state)
{
    (void)state;
    static const enum column_type types[RULE_COUNT] = {
        [RULE_TEXT] = TYPE_TEXT,       [RULE_ID] = TYPE_BIGINT,
        [RULE_INTEGER] = TYPE_BIGINT,  [RULE_MONEY] = TYPE_NUMERIC,
        [RULE_DECIMAL] = TYPE_NUMERIC, [RULE_MONEY_SET] = TYPE_NUMERIC,
        [RULE_BOOLEAN] = TYPE_BOOLEAN, [RULE_TIMESTAMP] = TYPE_TIMESTAMP,
        [RULE_JSON] = TYPE_JSONB,      [RULE_LIST] = TYPE_JSONB,
        [RULE_TAGS] = TYPE_TEXT_ARRAY, [RULE_TEXT_LIST] = TYPE_TEXT_ARRAY,
        [RULE_MINOR] = TYPE_NUMERIC,   [RULE_CURRENCY] = TYPE_TEXT,
        [RULE_PERCENT] = TYPE_NUMERIC, [RULE_MOMENT] = TYPE_TIMESTAMP,
        [RULE_OBJECT_ID] = TYPE_TEXT,  [RULE_LABEL] = TYPE_TEXT,
        [RULE_NOT] = TYPE_BOOLEAN,
    };
    for (int id = 0; id < SCOPE_COUNT; id++) {
        const struct mapping_plan *plan = mapping_plan((enum scope_id)id);
        for (size_t i = 0; i < plan->count; i++) {
            const struct mapping_slot *slot = &plan->slots[i];
            if (slot->column < 0)
                continue;
            const struct table *table = table_get((enum table_id)plan->scope->table);
            if (table->columns[slot->column].type != types[slot->field->rule])
                fail_msg("%s: rule %s, column %s", slot->field->key,
                         mapping_rule_name(slot->field->rule), table->columns[slot->column].name);
        }
    }
}

static void tables_fit_their_limits(void **state)
{
    (void)state;
    for (int id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = table_get((enum table_id)id);
        assert_int_equal(table->id, id);
        assert_in_range(table->column_count, 2, TABLE_MAX_COLUMNS);
        assert_string_equal(table->columns[0].name, "order_id");
        for (size_t i = 0; i < table->column_count; i++)
            assert_true(table->columns[i].owners != 0 && table->columns[i].comment[0] != '\0');
    }
}

/* Does the mapping read a census path such as "line_items[].tax_lines[].price"? A field kept whole
 * as jsonb answers for what is below it. */
static bool reads(enum scope_id id, const char *path)
{
    size_t len = strcspn(path, ".[");
    const char *rest = path + len;
    if (strncmp(rest, "[]", 2) == 0)
        rest += 2;
    rest += *rest == '.';
    const struct mapping_scope *scope = mapping_scope(id);
    for (size_t i = 0; i < scope->field_count; i++) {
        const struct mapping_field *field = &scope->fields[i];
        if (strlen(field->key) != len || strncmp(field->key, path, len) != 0)
            continue;
        if (field->scope == SCOPE_COUNT || *rest == '\0' || reads(field->scope, rest))
            return true;
    }
    return false;
}

static void every_field_of_airbyte_and_fivetran_is_read(void **state)
{
    (void)state;
    char path[4200];
    char line[4096];
    size_t asked = 0;
    if (orders_directory() == NULL)
        skip();
    snprintf(path, sizeof(path), "%s/../facts/order-fields.csv", orders_directory());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *end = strrchr(line, ',');
        char *fivetran = end == NULL ? NULL : end + 1;
        if (fivetran == NULL || strncmp(line, "json_path", 9) == 0)
            continue;
        fivetran[strcspn(fivetran, "\r\n")] = '\0';
        end[0] = '\0';
        char *airbyte = strrchr(line, ',');
        if (airbyte == NULL || (airbyte[1] == '\0' && fivetran[0] == '\0'))
            continue;
        line[strcspn(line, ",")] = '\0';
        asked++;
        if (!reads(SCOPE_ORDER, line))
            fail_msg("%s is not mapped", line);
    }
    fclose(file);
    assert_in_range(asked, 200, 1000);
}

/* Masked exemplars whose every text is "example string". */
static const char *const masked[] = {"026-", "027-", "029-", "030-", "031-", "037-"};

static bool is_masked(const char *name)
{
    for (size_t i = 0; i < sizeof(masked) / sizeof(masked[0]); i++) {
        if (strncmp(name, masked[i], 4) == 0)
            return true;
    }
    return false;
}

static void check_keys(const struct order *order, const char *name)
{
    for (int id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = table_get((enum table_id)id);
        const struct row_list *list = &order->tables[id];
        for (size_t i = 0; i < list->count; i++) {
            for (size_t key = 0; key < table->key_count; key++)
                assert_non_null(list->rows[i].cells[key].data);
            if (i > 0 && row_key_compare(table, &list->rows[i - 1], &list->rows[i]) >= 0)
                fail_msg("%s: rows of %s are not sorted or not unique", name, table->name);
        }
    }
    assert_int_equal(order->tables[TABLE_ORDERS].count, 1);
}

static void every_public_document_lands_or_fails_for_its_reason(void **state)
{
    (void)state;
    struct arena arena = {0};
    size_t count;
    if (orders_directory() == NULL)
        skip();
    char **names = orders_files(&count);
    assert_in_range(count, 60, 1000);
    for (size_t i = 0; i < count; i++) {
        struct document document;
        struct change change;
        struct error err = {0};
        assert_true(orders_read(names[i], &arena, &document));
        bool done = transform_document(&document, &arena, &change, &err);
        if (done == is_masked(names[i]))
            fail_msg("%s: %s", names[i], done ? "lands" : err.message);
        if (done)
            check_keys(&change.order, names[i]);
        else
            assert_int_equal(err.id, ERROR_MONEY_INVALID);
        arena_reset(&arena);
        free(names[i]);
    }
    free(names);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_its_column),
        cmocka_unit_test(a_source_fills_its_own_columns),
        cmocka_unit_test(rules_fit_types),
        cmocka_unit_test(tables_fit_their_limits),
        cmocka_unit_test(every_field_of_airbyte_and_fivetran_is_read),
        cmocka_unit_test(every_public_document_lands_or_fails_for_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
