/* Migrations as data: what may be built upon, and that every SQL file is compiled in. */
#include "tests/lib/check.h"

#include <glob.h>
#include <stdio.h>

#include "target/migration.h"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct sql_file files[] = {
    {"queries/x.sql", "select 1"},
    {"migrations/002_two.sql", "b"},
    {"migrations/001_one.sql", "a"},
    {"migrations/003_last.sql", "c"},
    {NULL, NULL},
};

static const struct migration *known(size_t *ret_count)
{
    return migration_list(files, &arena, ret_count);
}

static struct migration_row row(const struct migration *migration)
{
    return (struct migration_row){migration->number, str_from(migration->name),
                                  str_from(migration->checksum), 0};
}

static void names_and_order(void **state)
{
    size_t count;
    (void)state;
    const struct migration *list = known(&count);
    assert_int_equal(count, 3);
    assert_int_equal(list[0].number, 1);
    assert_string_equal(list[0].name, "one");
    assert_string_equal(list[2].name, "last");
    assert_string_equal(list[0].checksum,
                        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
}

static enum error_id check(const struct migration_row *rows, size_t row_count, size_t *ret_next)
{
    struct error err = {0};
    size_t count;
    const struct migration *list = known(&count);
    return migration_check(list, count, rows, row_count, ret_next, &err) ? ERROR_NONE : err.id;
}

static void what_may_be_built_upon(void **state)
{
    size_t count, next = 9;
    (void)state;
    const struct migration *list = known(&count);
    struct migration_row rows[] = {row(&list[0]), row(&list[1]), row(&list[2])};
    for (size_t i = 0; i <= 3; i++) {
        assert_int_equal(check(rows, i, &next), ERROR_NONE);
        assert_int_equal(next, i);
    }
}

static void what_is_refused(void **state)
{
    size_t count, next = 9;
    (void)state;
    const struct migration *list = known(&count);
    struct migration_row changed[] = {row(&list[0]), row(&list[1])};
    changed[1].checksum = STR("0");
    assert_int_equal(check(changed, 2, &next), ERROR_MIGRATION_CHANGED);
    struct migration_row gap[] = {row(&list[0]), row(&list[2])};
    assert_int_equal(check(gap, 2, &next), ERROR_MIGRATION_CHANGED);
    struct migration_row unknown[] = {{.number = 0, .name = STR("zero"), .checksum = STR("")}};
    assert_int_equal(check(unknown, 1, &next), ERROR_MIGRATION_CHANGED);
    struct migration_row future[] = {row(&list[0]), row(&list[1]), row(&list[2]), row(&list[2])};
    future[3].number = 4;
    assert_int_equal(check(future, 4, &next), ERROR_TARGET_SCHEMA);
    assert_int_equal(next, 9);
}

static bool is_compiled_in(const char *path)
{
    for (const struct sql_file *file = sql_files; file->name != NULL; file++) {
        size_t len = strlen(path), name_len = strlen(file->name);
        if (len > name_len && strcmp(path + len - name_len, file->name) == 0)
            return file->text[0] != '\0';
    }
    return false;
}

/* data/sql/Makefile.inc lists what make compiles in; a forgotten line would be a statement that is
 * not there. */
static void every_file_is_listed(void **state)
{
    const char *srcdir = getenv("srcdir");
    char pattern[4096];
    glob_t found = {0};
    (void)state;
    snprintf(pattern, sizeof(pattern), "%s/data/sql/[mq]*/*.sql", srcdir == NULL ? "." : srcdir);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (!is_compiled_in(found.gl_pathv[i]))
            fail_msg("%s is not in data/sql/Makefile.inc", found.gl_pathv[i]);
    }
    globfree(&found);
    assert_non_null(strstr(sql_text("migration_list"), "schema_migrations"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(names_and_order, free_arena),
        cmocka_unit_test_teardown(what_may_be_built_upon, free_arena),
        cmocka_unit_test_teardown(what_is_refused, free_arena),
        cmocka_unit_test_teardown(every_file_is_listed, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
