/* Migrations of a real target: applied once whatever happens, refused where they must not be built
 * upon. */
#include "tests/lib/check.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "target/migrate.h"
#include "tests/lib/database.h"

#define KILLS 12

static char *conninfo;
static struct pg *pg;
static char migrations[16]; /* how many there are */

static int make_database(void **state)
{
    (void)state;
    if (!database_available())
        return -1;
    conninfo = database_new("migrate");
    pg = database_connect(conninfo);
    snprintf(migrations, sizeof(migrations), "%s",
             database_ask(pg, "select count(*) from ordersync.schema_migrations"));
    return strcmp(migrations, "0") == 0;
}

static int drop_database(void **state)
{
    (void)state;
    pg_close(pg);
    free(conninfo);
    database_shutdown();
    return 0;
}

static void drop_schema(void)
{
    database_ask(pg, "drop schema if exists ordersync cascade");
}

/* How many were applied, or -1 with the error. */
static int migrate(struct error *err)
{
    struct target *target = NULL;
    struct target_options options = {.database_url = conninfo, .application_name = "test"};
    int applied = -1;
    if (!target_open(&options, &target, err))
        fail_msg("%s", err->message);
    bool ok = migrate_run(target, &applied, err);
    target_close(target);
    return ok ? applied : -1;
}

static void assert_whole(void)
{
    assert_string_equal(database_ask(pg, "select count(*) from ordersync.schema_migrations"),
                        migrations);
    assert_string_equal(
        database_ask(pg, "select count(*) = 0 from ordersync.mapping_columns m where not exists "
                         "(select from pg_attribute a where a.attrelid = ('ordersync.' || "
                         "m.table_name)::regclass and a.attname = m.column_name)"),
        "t");
    assert_string_equal(database_ask(pg, "select count(*) > 100 from ordersync.mapping_columns"),
                        "t");
    assert_string_equal(
        database_ask(pg, "select count(*) from pg_locks where locktype = 'advisory'"), "0");
}

static void applied_once(void **state)
{
    struct error err = {0};
    char applied[16];
    (void)state;
    drop_schema();
    snprintf(applied, sizeof(applied), "%d", migrate(&err));
    assert_string_equal(applied, migrations);
    assert_int_equal(migrate(&err), 0);
    assert_whole();
}

static pid_t migrate_in_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct error err = {0};
        int applied = migrate(&err);
        _exit(applied < 0 ? 100 : applied);
    }
    return child;
}

static void several_at_once(void **state)
{
    pid_t children[4];
    int sum = 0;
    char applied[16];
    (void)state;
    drop_schema();
    for (int i = 0; i < 4; i++)
        children[i] = migrate_in_child();
    for (int i = 0; i < 4; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 100);
        sum += WEXITSTATUS(status);
    }
    snprintf(applied, sizeof(applied), "%d", sum);
    assert_string_equal(applied, migrations);
    assert_whole();
}

static void killed_at_any_instant(void **state)
{
    struct error err = {0};
    (void)state;
    for (int i = 0; i < KILLS; i++) {
        int status;
        drop_schema();
        pid_t child = migrate_in_child();
        clock_sleep_us(3000 + 23000 * i);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        if (migrate(&err) < 0)
            fail_msg("%s", err.message);
        assert_whole();
    }
}

static void refused(const char *sql, enum error_id id)
{
    struct error err = {0};
    drop_schema();
    assert_true(migrate(&err) > 0);
    database_ask(pg, sql);
    assert_int_equal(migrate(&err), -1);
    if (err.id != id)
        fail_msg("%s: %s %s", sql, error_info(err.id)->code, err.message);
}

static void what_must_not_be_built_upon(void **state)
{
    (void)state;
    refused("update ordersync.schema_migrations set checksum = 'x' where number = 1",
            ERROR_MIGRATION_CHANGED);
    refused("delete from ordersync.schema_migrations where number = 1", ERROR_MIGRATION_CHANGED);
    refused("insert into ordersync.schema_migrations values (999, 'later', 'x', now(), '9.9')",
            ERROR_TARGET_SCHEMA);
}

static void objects_in_the_way(void **state)
{
    struct error err = {0};
    (void)state;
    drop_schema();
    database_ask(pg, "create schema ordersync");
    assert_true(migrate(&err) > 0); /* an empty schema was made for us */
    drop_schema();
    database_ask(pg, "create schema ordersync");
    database_ask(pg, "create table ordersync.invoices (id int)");
    assert_int_equal(migrate(&err), -1);
    assert_int_equal(err.id, ERROR_MIGRATION_COLLISION);
    assert_non_null(strstr(err.message, "invoices"));
    database_ask(pg, "drop table ordersync.invoices");
    database_ask(pg, "create table ordersync.schema_migrations (version text)");
    assert_int_equal(migrate(&err), -1);
    assert_int_equal(err.id, ERROR_MIGRATION_COLLISION);
    /* a table that a later migration makes */
    drop_schema();
    assert_true(migrate(&err) > 0);
    database_ask(pg, "delete from ordersync.schema_migrations");
    assert_int_equal(migrate(&err), -1);
    assert_int_equal(err.id, ERROR_MIGRATION_COLLISION);
    assert_non_null(strstr(err.message, "migration 1"));
}

static void mapping_columns_are_the_programs(void **state)
{
    struct error err = {0};
    static const char marks[] = "select md5(string_agg(m::text, ' ' order by m::text)) "
                                "from ordersync.mapping_columns m";
    char before[40];
    (void)state;
    drop_schema();
    migrate(&err);
    snprintf(before, sizeof(before), "%s", database_ask(pg, marks));
    database_ask(pg, "update ordersync.mapping_columns set personal = not personal");
    database_ask(pg,
                 "insert into ordersync.mapping_columns values ('t', 'c', 'x', '{}', false, '')");
    assert_int_equal(migrate(&err), 0);
    assert_string_equal(database_ask(pg, marks), before);
}

static void status_tells_how_it_stands(void **state)
{
    struct error err = {0};
    struct arena arena = {0};
    struct target *target = NULL;
    struct target_options options = {.database_url = conninfo, .read_only = true};
    struct migration_status *list;
    size_t count, all = (size_t)strtoul(migrations, NULL, 10);
    (void)state;
    drop_schema();
    assert_true(target_open(&options, &target, &err));
    assert_true(migrate_status(target, &arena, &list, &count, &err));
    assert_int_equal(count, all);
    assert_false(list[0].applied);
    assert_true(list[0].applied_at_us == TIME_NONE);
    migrate(&err);
    database_ask(pg, "update ordersync.schema_migrations set checksum = 'x' where number = 2");
    assert_true(migrate_status(target, &arena, &list, &count, &err));
    assert_int_equal(count, all);
    assert_true(list[0].applied && list[0].checksum_matches);
    assert_true(list[0].applied_at_us > clock_wall_us() - 600000000);
    assert_false(list[1].checksum_matches);
    target_close(target);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applied_once),
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(killed_at_any_instant),
        cmocka_unit_test(what_must_not_be_built_upon),
        cmocka_unit_test(objects_in_the_way),
        cmocka_unit_test(mapping_columns_are_the_programs),
        cmocka_unit_test(status_tells_how_it_stands),
    };
    return cmocka_run_group_tests(tests, make_database, drop_database);
}
