/* Names of what model/order.h counts, and the one order of rows. */
#include "model/order.h"

#include <stdlib.h>

static const char *const source_names[SOURCE_COUNT] = {
    [SOURCE_FIRESTORE] = "firestore",
    [SOURCE_STRIPE] = "stripe",
    [SOURCE_PRINTFUL] = "printful",
};
static const char *const drift_names[DRIFT_KIND_COUNT] = {
    [DRIFT_UNKNOWN_FIELD] = "unknown_field",
    [DRIFT_UNEXPECTED_TYPE] = "unexpected_type",
    [DRIFT_VALUE_RULE] = "value_rule",
};
static const char *const outcome_names[OUTCOME_COUNT] = {
    [OUTCOME_NONE] = "none",
    [OUTCOME_CREATED] = "created",
    [OUTCOME_UPDATED] = "updated",
    [OUTCOME_DELETED] = "deleted",
    [OUTCOME_UNCHANGED] = "unchanged",
    [OUTCOME_STALE] = "stale",
    [OUTCOME_HELD] = "held",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_UNATTACHED] = "unattached",
    [OUTCOME_MOVED] = "moved",
    [OUTCOME_ABSENT] = "not found",
};

const char *source_kind_name(enum source_kind source)
{
    return source_names[source];
}

bool source_kind_parse(const char *name, enum source_kind *ret_source)
{
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        if (strcmp(source_names[i], name) == 0) {
            *ret_source = (enum source_kind)i;
            return true;
        }
    }
    return false;
}

const char *drift_kind_name(enum drift_kind kind)
{
    return drift_names[kind];
}

const char *outcome_name(enum outcome outcome)
{
    return outcome_names[outcome];
}

int row_key_compare(const struct table *table, const struct row *a, const struct row *b)
{
    for (size_t i = 0; i < table->key_count; i++) {
        int order = str_compare(a->cells[i], b->cells[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

/* Insertion sort: rows come nearly sorted, and it needs neither memory nor a global for the table.
 * Long lists go through a merge instead. */
static void sort_short(const struct table *table, struct row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct row row = rows[i];
        size_t at = i;
        for (; at > 0 && row_key_compare(table, &rows[at - 1], &row) > 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

static void sort_range(const struct table *table, struct row *rows, size_t count, struct row *spare)
{
    if (count <= 16) {
        sort_short(table, rows, count);
        return;
    }
    size_t half = count / 2;
    sort_range(table, rows, half, spare);
    sort_range(table, rows + half, count - half, spare);
    memcpy(spare, rows, half * sizeof(*rows));
    size_t left = 0;
    size_t right = half;
    for (size_t at = 0; left < half; at++) {
        bool take_right = right < count && row_key_compare(table, &rows[right], &spare[left]) < 0;
        rows[at] = take_right ? rows[right++] : spare[left++];
    }
}

void row_list_sort(const struct table *table, struct row_list *list)
{
    struct row *spare AUTO_FREE =
        list->count > 16 ? memory_zero(list->count / 2, sizeof(*spare)) : NULL;
    sort_range(table, list->rows, list->count, spare);
}

struct row *row_list_add(const struct table *table, struct row_list *list, struct arena *arena)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 4 : 2 * list->cap;
        struct row *rows = arena_alloc(arena, cap * sizeof(*rows));
        if (list->count > 0)
            memcpy(rows, list->rows, list->count * sizeof(*rows));
        list->rows = rows;
        list->cap = cap;
    }
    struct row *row = &list->rows[list->count++];
    row->cells = arena_zero(arena, table->column_count * sizeof(*row->cells));
    return row;
}
