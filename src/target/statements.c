/* Text generation from the column table. Names of tables and columns come from our own static
 * table, so no identifier needs quoting and nothing from outside enters a statement. */
#include "target/statements.h"

#include "base/memory.h"
#include "target/lookup.h"

#define TEXT_MAX (64u << 10)

static const char *const extra_names[EXTRA_COUNT] = {"customer_id", "link_origin", "version"};

static const unsigned owners_of[SOURCE_COUNT] = {
    [SOURCE_FIRESTORE] = OWNER_SHOPIFY | OWNER_DERIVED,
    [SOURCE_STRIPE] = OWNER_STRIPE | OWNER_DERIVED,
    [SOURCE_PRINTFUL] = OWNER_PRINTFUL,
};

const char *statements_extra_name(enum order_extra extra)
{
    return extra_names[extra];
}

unsigned statements_owners(enum source_kind source)
{
    return owners_of[source];
}

static struct statement finish(struct buffer *take_text, const char *verb,
                               const struct table *table, const char *suffix)
{
    return (struct statement){.name = memory_format("%s_%s%s", verb, table->name, suffix),
                              .sql = take_text->data};
}

static void append_columns(struct buffer *text, const struct table *table, const char *prefix)
{
    for (size_t i = 0; i < table->column_count; i++)
        buffer_append_format(text, "%s%s%s", i == 0 ? "" : ", ", prefix, table->columns[i].name);
    for (size_t i = 0; table->id == TABLE_ORDERS && i < EXTRA_COUNT; i++)
        buffer_append_format(text, ", %s%s", prefix, extra_names[i]);
}

static struct statement make_copy(const struct table *table)
{
    struct buffer text = {.max = TEXT_MAX};
    buffer_append_format(&text, "copy ordersync.%s (", table->name);
    append_columns(&text, table, "");
    buffer_append_text(&text, ") from stdin");
    return finish(&text, "copy", table, "");
}

static struct statement make_read(const struct table *table, bool lock)
{
    struct buffer text = {.max = TEXT_MAX};
    buffer_append_text(&text, "select ");
    append_columns(&text, table, "t.");
    buffer_append_format(&text,
                         " from unnest($1::uuid[]) k (id) join ordersync.%s t on t.order_id = k.id",
                         table->name);
    /* Not FOR UPDATE: foreign key checks of other sessions need not wait. */
    if (lock)
        buffer_append_text(&text, " order by k.id for no key update of t");
    return finish(&text, lock ? "lock" : "read", table, "");
}

static struct statement make_show(const struct table *table)
{
    struct buffer text = {.max = TEXT_MAX};
    buffer_append_text(&text, "select ");
    append_columns(&text, table, "t.");
    buffer_append_format(&text,
                         " from ordersync.%s t where t.order_id = (select d.order_id from "
                         "ordersync.source_documents d where d.source = $1 and d.source_id = $2)"
                         " order by",
                         table->name);
    for (size_t i = 0; i < table->key_count; i++)
        buffer_append_format(&text, "%s t.%s", i == 0 ? "" : ",", table->columns[i].name);
    buffer_append_format(&text, " limit %d", LOOKUP_MAX_ROWS);
    return finish(&text, "show", table, "");
}

/* "from unnest($1::text[], ...) v (c1, ...)" over the key and, with owners, the owned columns. */
static void append_values(struct buffer *text, const struct table *table, unsigned owners)
{
    struct buffer names = {.max = TEXT_MAX};
    size_t count = 0;
    buffer_append_text(text, " unnest(");
    for (size_t i = 0; i < table->column_count; i++) {
        if (i >= table->key_count && !statements_updates(table, i, owners))
            continue;
        count++;
        buffer_append_format(text, "%s$%zu::text[]", count == 1 ? "" : ", ", count);
        buffer_append_format(&names, "%s%s", count == 1 ? "" : ", ", table->columns[i].name);
    }
    if (table->id == TABLE_ORDERS && owners != 0) {
        buffer_append_format(text, ", $%zu::text[]", count + 1);
        buffer_append_text(&names, ", customer_id");
    }
    buffer_append_format(text, ") v (%s)", names.data);
    buffer_free(&names);
}

static void append_key_match(struct buffer *text, const struct table *table)
{
    for (size_t i = 0; i < table->key_count; i++)
        buffer_append_format(text, "%s t.%s = v.%s::%s", i == 0 ? " where" : " and",
                             table->columns[i].name, table->columns[i].name,
                             column_type_name(table->columns[i].type));
}

static struct statement make_update(const struct table *table, enum source_kind source)
{
    struct buffer text = {.max = TEXT_MAX};
    struct buffer suffix = {.max = 64};
    unsigned owners = statements_owners(source);
    const char *comma = "";
    buffer_append_format(&text, "update ordersync.%s t set ", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (!statements_updates(table, i, owners))
            continue;
        buffer_append_format(&text, "%s%s = v.%s::%s", comma, column->name, column->name,
                             column_type_name(column->type));
        comma = ", ";
    }
    /* A link made by a person stays, even one made since the row was read. */
    if (table->id == TABLE_ORDERS)
        buffer_append_format(&text,
                             "%sapplied_at = now(), "
                             "customer_id = case t.link_origin when 'manual' then t.customer_id "
                             "else v.customer_id::uuid end, "
                             "link_origin = case when t.link_origin = 'manual' then 'manual' "
                             "when v.customer_id is not null then 'auto' end",
                             comma);
    buffer_append_text(&text, " from");
    append_values(&text, table, owners);
    append_key_match(&text, table);
    buffer_append_format(&suffix, "_%s", source_kind_name(source));
    struct statement update = finish(&text, "update", table, suffix.data);
    buffer_free(&suffix);
    return update;
}

static struct statement make_remove(const struct table *table)
{
    struct buffer text = {.max = TEXT_MAX};
    buffer_append_format(&text, "delete from ordersync.%s t using", table->name);
    append_values(&text, table, 0);
    append_key_match(&text, table);
    return finish(&text, "remove", table, "");
}

/* False when a source owns nothing there (Stripe has no refunds rows of its own). */
static bool owns_any(const struct table *table, enum source_kind source)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (statements_updates(table, i, statements_owners(source)))
            return true;
    }
    return false;
}

struct statements *statements_new(void)
{
    struct statements *statements = memory_zero(1, sizeof(*statements));
    for (enum table_id id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = table_get(id);
        struct table_statements *made = &statements->tables[id];
        made->copy = make_copy(table);
        made->read = make_read(table, false);
        if (id == TABLE_ORDERS)
            made->lock = make_read(table, true);
        made->show = make_show(table);
        made->remove = make_remove(table);
        for (enum source_kind source = 0; source < SOURCE_COUNT; source++)
            if (owns_any(table, source))
                made->update[source] = make_update(table, source);
    }
    return statements;
}

static void statement_free(struct statement *statement)
{
    free(statement->name);
    free(statement->sql);
}

void statements_free(struct statements *statements)
{
    for (enum table_id id = 0; id < TABLE_COUNT; id++) {
        struct table_statements *made = &statements->tables[id];
        statement_free(&made->copy);
        statement_free(&made->read);
        statement_free(&made->lock);
        statement_free(&made->show);
        statement_free(&made->remove);
        for (enum source_kind source = 0; source < SOURCE_COUNT; source++)
            statement_free(&made->update[source]);
    }
    free(statements);
}
