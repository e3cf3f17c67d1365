/* Our jsonb text against PostgreSQL's own: what json_append_jsonb() writes is what is read back,
 * byte for byte. */
#include "tests/lib/check.h"

#include "model/json.h"
#include "model/loss.h"
#include "tests/lib/database.h"
#include "tests/lib/tree.h"

#define TREES 400
#define DOUBLES 4000

static struct arena arena;
static struct pg *pg;

static int connect_database(void **state)
{
    (void)state;
    if (!database_available())
        return -1;
    char *conninfo = database_new("jsonb");
    pg = database_connect(conninfo);
    free(conninfo);
    return pg == NULL;
}

static int disconnect(void **state)
{
    (void)state;
    pg_close(pg);
    database_shutdown();
    return 0;
}

static void assert_as_postgres_prints(struct str text)
{
    struct error err = {0};
    struct pg_rows rows PG_ROWS_AUTO = {0};
    const char *values[] = {text.data};
    if (!pg_query(pg, "select $1::jsonb::text", values, 1, &rows, &err))
        fail_msg("%s\n%.*s", err.message, STR_ARG(text));
    struct str printed = pg_cell(&rows, 0, 0);
    if (!str_equal(printed, text))
        fail_msg("ours:\n%.*s\nPostgreSQL's:\n%.*s", STR_ARG(text), STR_ARG(printed));
}

static void random_trees(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= TREES; seed++) {
        struct tree_random random = {seed};
        struct buffer out = {.max = 64u << 20};
        struct loss loss;
        loss_init(&loss);
        json_append_jsonb(&out, tree_make(&random, &arena), &loss);
        assert_as_postgres_prints(buffer_str(&out));
        struct str record = loss_finish(&loss, &arena);
        if (record.data != NULL)
            assert_as_postgres_prints(record);
        loss_free(&loss);
        buffer_free(&out);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

/* One array a statement: every number through numeric's input and output. */
static void random_doubles(void **state)
{
    struct tree_random random = {99};
    struct value *items = memory_zero(DOUBLES, sizeof(*items));
    struct value array = {.kind = VALUE_ARRAY, .array = {items, DOUBLES}};
    struct buffer out = {.max = 64u << 20};
    (void)state;
    for (size_t i = 0; i < DOUBLES; i++) {
        uint64_t bits = tree_next(&random);
        items[i].kind = VALUE_DOUBLE;
        memcpy(&items[i].real.number, &bits, sizeof(bits));
        if (i % 2 == 0)
            items[i].real.number = (double)(int64_t)(bits >> 30) / 100.0;
    }
    json_append_jsonb(&out, &array, NULL);
    assert_as_postgres_prints(buffer_str(&out));
    buffer_free(&out);
    free(items);
}

/* Literals of a source's own: numeric keeps their scale and expands their exponents. */
static void literals(void **state)
{
    static const char document[] =
        "[1e5, 1.50, -0.0, 0e10, 1.50e1, 12E+2, 1e-20, 123456789012345678901234567890.120, 1E400, "
        "0.00e1, -0, 9223372036854775808, 1.0, 100, 1e1000, 1e-1000]";
    struct error err = {0};
    const struct value *value = NULL;
    struct buffer out = {.max = 1u << 20};
    (void)state;
    assert_true(json_parse(str_from(document), &arena, &value, &err));
    json_append_jsonb(&out, value, NULL);
    assert_as_postgres_prints(buffer_str(&out));
    /* and PostgreSQL makes the same text of the document itself */
    struct pg_rows rows PG_ROWS_AUTO = {0};
    const char *values[] = {document};
    assert_true(pg_query(pg, "select $1::jsonb::text", values, 1, &rows, &err));
    assert_true(str_equal(pg_cell(&rows, 0, 0), buffer_str(&out)));
    buffer_free(&out);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_trees),
        cmocka_unit_test(random_doubles),
        cmocka_unit_test(literals),
    };
    return cmocka_run_group_tests(tests, connect_database, disconnect);
}
