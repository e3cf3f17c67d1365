/* Plans of all three sources with SELECT rights alone, and what an application does of them when
 * source or target have moved. */
#include "tests/lib/attaching.h"

#include <stdio.h>

static struct applying on;
static struct target *reader;

static struct target *open_reader(void)
{
    struct error err = {0};
    struct target *target = NULL;
    database_ask(on.pg, "create role os_test_planner login");
    database_ask(on.pg, "grant usage on schema ordersync to os_test_planner");
    database_ask(on.pg, "grant select on all tables in schema ordersync to os_test_planner");
    char *url AUTO_FREE = memory_format("%s user=os_test_planner", on.conninfo);
    struct target_options options = {.database_url = url, .read_only = true};
    if (!target_open(&options, &target, &err))
        fail_msg("reader: %s", err.message);
    return target;
}

static void plan(struct change *changes, size_t count, struct row_changes *ret_rows)
{
    struct error err = {0};
    struct batch batch = {.changes = changes, .count = count, .arena = &on.arena};
    if (!target_plan(reader, &batch, ret_rows, &err))
        fail_msg("plan: %s", err.message);
}

static enum outcome plan_one(struct change *change)
{
    struct row_changes rows;
    plan(change, 1, &rows);
    return change->outcome;
}

/* As an application of a plan does: the document read again, with what the plan saw. */
static enum outcome apply_as(const char *plan_id, const char *command_id, struct change again,
                             const struct change *planned)
{
    const struct target_actor actor = {.run_id = "run-9",
                                       .plan_id = plan_id,
                                       .command_id = command_id,
                                       .operator_name = "ann",
                                       .origin = "pts/3"};
    target_set_actor(on.target, &actor);
    again.expect = planned->expect;
    enum outcome outcome = attaching_apply(&on, &again);
    target_set_actor(on.target, &(struct target_actor){.run_id = "run-1"});
    return outcome;
}

static enum outcome apply_planned(const char *plan_id, struct change again,
                                  const struct change *planned)
{
    return apply_as(plan_id, "cmd-9", again, planned);
}

static struct change session(const char *id, const char *price, int at)
{
    return attaching_session(&on, id, strtol(id + 3, NULL, 10), 2, price, 1, NS(at));
}

static struct change printful(const char *id, int updated, const char *status, const char *sale)
{
    return attaching_printful(&on, id, T(updated), status, 1, 0, LINK_METADATA, sale);
}

static struct change firestore(const char *id, int version, const char *price)
{
    return applying_change(&on, id, NS(version),
                           price == NULL ? NULL
                                         : applying_order(&on, strtol(id, NULL, 10), price, 1));
}

static long count_rows(const char *where)
{
    char *sql AUTO_FREE = memory_format("select count(*) from ordersync.orders where %s", where);
    return strtol(database_ask(on.pg, sql), NULL, 10);
}

/* ---- planning ---- */

/* Every row of every table, every sequence. */
static char *whole_database(void)
{
    return memory_string(database_ask(
        on.pg,
        "select md5(string_agg(t, '|' order by t)) from (select c.relname || query_to_xml('"
        "select * from ordersync.' || quote_ident(c.relname) || ' t order by t::text', false, "
        "false, '')::text from pg_class c where c.relnamespace = 'ordersync'::regnamespace "
        "and c.relkind = 'r' union all select sequencename || coalesce(last_value, 0) from "
        "pg_sequences where schemaname = 'ordersync') x (t)"));
}

static void test_plans_with_select_alone(void **state)
{
    (void)state;
    struct error err = {0};
    struct change sale = session("cs_1", "10.00", 1);
    struct change shop = firestore("1", 1, "10.00");
    struct change made = printful("11", 1, "pending", "cs_1");
    attaching_apply(&on, &sale);
    attaching_apply(&on, &shop);
    attaching_apply(&on, &made);
    assert_true(target_check_origin(on.target, SOURCE_STRIPE, "acct_1/test", &err));
    char *before AUTO_FREE = whole_database();
    struct row_changes rows[9];
    struct change changes[9] = {
        firestore("1", 2, "11.00"),
        firestore("2", 1, "10.00"),
        firestore("1", 3, NULL),
        session("cs_1", "12.00", 2),
        session("cs_2", "12.00", 2),
        printful("11", 2, "partial", "cs_1"),
        printful("12", 1, "pending", "cs_1"),
        printful("13", 1, "pending", "none"),
        printful("11", 1, "pending", "cs_1"),
    };
    assert_true(target_check_schema(reader, &err));
    assert_true(target_check_origin(reader, SOURCE_STRIPE, "acct_1/test", &err));
    assert_true(target_check_origin(reader, SOURCE_PRINTFUL, "store 1", &err));
    assert_false(target_check_origin(reader, SOURCE_STRIPE, "acct_2/test", &err));
    assert_int_equal(err.id, ERROR_TARGET_ORIGIN);
    plan(changes, 9, rows);
    static const enum outcome outcomes[] = {OUTCOME_STALE,   OUTCOME_CREATED,    OUTCOME_DELETED,
                                            OUTCOME_UPDATED, OUTCOME_CREATED,    OUTCOME_UPDATED,
                                            OUTCOME_CREATED, OUTCOME_UNATTACHED, OUTCOME_STALE};
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(changes[i].outcome, outcomes[i]);
    /* Each document has its own rows; the sale's status is with the first. */
    assert_true(rows[3].count > 0 && rows[4].count > 0);
    assert_int_equal(rows[5].count, 2);
    assert_int_equal(rows[5].items[0].table, TABLE_ORDERS);
    assert_int_equal(rows[6].count, 2);
    assert_int_equal(rows[7].count, 0);
    for (size_t k = 0; k < 2; k++)
        assert_int_equal(rows[6].items[k].kind, ROW_INSERT);
    assert_true(changes[5].expect.present && changes[5].expect.known);
    assert_int_equal(changes[5].expect.target_version, T(1));
    assert_int_equal(changes[5].expect.order_version, 2);
    assert_false(changes[6].expect.known);
    assert_int_equal(changes[6].expect.order_version, 2);
    assert_int_equal(changes[7].expect.order_version, 0);
    assert_int_equal(changes[2].expect.order_version, 1);
    char *after AUTO_FREE = whole_database();
    assert_string_equal(before, after);
    /* The comparison would see a write. */
    database_ask(on.pg, "update ordersync.orders set local_note = 'x' where origin_id = '1'");
    char *written AUTO_FREE = whole_database();
    assert_string_not_equal(before, written);
}

static void test_plan_sees_claims(void **state)
{
    (void)state;
    struct change first = firestore("21", 1, "1.00");
    attaching_apply(&on, &first);
    struct change changes[] = {
        applying_change(&on, "copy", NS(1), applying_order(&on, 21, "1.00", 1)),
        applying_change(&on, "a", NS(1), applying_order(&on, 22, "1.00", 1)),
        applying_change(&on, "b", NS(1), applying_order(&on, 22, "1.00", 1)),
        applying_change(&on, "c", NS(1), applying_order(&on, 23, "1.00", 1)),
    };
    struct row_changes rows[4];
    plan(changes, 4, rows);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(changes[i].outcome, OUTCOME_FAILED);
        assert_int_equal(changes[i].error.id, ERROR_TARGET_CLAIMED);
    }
    assert_int_equal(changes[3].outcome, OUTCOME_CREATED);
}

/* ---- applying ---- */

static void test_applies_what_was_planned(void **state)
{
    (void)state;
    struct change old = session("cs_30", "1.00", 1), shop = firestore("30", 1, "1.00");
    struct change gone = firestore("31", 1, "1.00");
    attaching_apply(&on, &old);
    attaching_apply(&on, &shop);
    attaching_apply(&on, &gone);
    struct change changes[] = {firestore("30", 2, "2.00"),
                               firestore("31", 2, NULL),
                               firestore("32", 1, "2.00"),
                               session("cs_30", "2.00", 2),
                               session("cs_32", "2.00", 2),
                               printful("301", 1, "partial", "cs_30"),
                               printful("302", 1, "pending", "cs_30"),
                               printful("303", 1, "pending", "none")};
    struct row_changes rows[8];
    plan(changes, 8, rows);
    for (size_t i = 0; i < 8; i++) {
        struct change again = changes[i];
        again.document.observed_ns += 5000000000;
        if (again.document.deleted) /* its version is the time it is seen gone */
            again.document.version += 5000000000;
        /* One by one: what the plan itself wrote of a sale is no move. */
        assert_int_equal(apply_planned("plan-3", again, &changes[i]), changes[i].outcome);
        /* Killed before it was noted, applied again: done. */
        again = changes[i];
        enum outcome second = apply_as("plan-3", "cmd-10", again, &changes[i]);
        assert_int_equal(second, i == 7 ? OUTCOME_UNATTACHED : OUTCOME_UNCHANGED);
    }
    applying_expect(&on,
                    "select status || ' ' || version || ' ' || total_price from ordersync.orders "
                    "where origin_id = 'cs_30'",
                    "shipped 4 2.00");
    assert_int_equal(count_rows("origin_id = '31'"), 0);
}

static void test_moved(void **state)
{
    (void)state;
    struct change one = session("cs_41", "1.00", 1), two = session("cs_42", "1.00", 1);
    struct change three = firestore("41", 1, "1.00"), four = firestore("42", 1, "1.00");
    attaching_apply(&on, &one);
    attaching_apply(&on, &two);
    attaching_apply(&on, &three);
    attaching_apply(&on, &four);
    struct change changes[] = {session("cs_41", "2.00", 2),
                               session("cs_42", "2.00", 2),
                               firestore("41", 2, "2.00"),
                               firestore("42", 2, NULL),
                               firestore("43", 1, "1.00"),
                               printful("411", 1, "partial", "cs_41"),
                               printful("421", 1, "partial", "cs_42"),
                               session("cs_44", "1.00", 1)};
    struct row_changes rows[8];
    plan(changes, 8, rows);
    /* The source has something else. */
    assert_int_equal(apply_planned("plan-4", session("cs_41", "3.00", 3), &changes[0]),
                     OUTCOME_MOVED);
    assert_int_equal(apply_planned("plan-4", firestore("41", 3, "2.00"), &changes[2]),
                     OUTCOME_MOVED);
    assert_int_equal(apply_planned("plan-4", firestore("41", 4, NULL), &changes[2]), OUTCOME_MOVED);
    assert_int_equal(apply_planned("plan-4", firestore("42", 4, "1.00"), &changes[3]),
                     OUTCOME_MOVED);
    /* The target has: another document since, plain SQL, an order deleted, a document made. */
    struct change newer = firestore("41", 9, "9.00");
    attaching_apply(&on, &newer);
    assert_int_equal(apply_planned("plan-4", changes[2], &changes[2]), OUTCOME_MOVED);
    database_ask(on.pg, "update ordersync.orders set local_note = 'x' where origin_id in ('cs_42', "
                        "'42')");
    assert_int_equal(apply_planned("plan-4", changes[1], &changes[1]), OUTCOME_MOVED);
    assert_int_equal(apply_planned("plan-4", changes[3], &changes[3]), OUTCOME_MOVED);
    assert_int_equal(apply_planned("plan-4", changes[6], &changes[6]), OUTCOME_MOVED);
    struct change made = firestore("43", 1, "1.00");
    attaching_apply(&on, &made);
    assert_int_equal(apply_planned("plan-4", changes[4], &changes[4]), OUTCOME_MOVED);
    database_ask(on.pg, "delete from ordersync.orders where origin_id = 'cs_41'");
    assert_int_equal(apply_planned("plan-4", changes[5], &changes[5]), OUTCOME_MOVED);
    assert_int_equal(apply_planned("plan-4", changes[0], &changes[0]), OUTCOME_MOVED);
    applying_expect(&on, "select count(*) from ordersync.source_documents where plan_id = 'plan-4'",
                    "0");
    applying_expect(&on, "select count(*) from ordersync.order_audit where plan_id = 'plan-4'",
                    "0");
    /* What did not move goes on. */
    assert_int_equal(apply_planned("plan-4", changes[7], &changes[7]), OUTCOME_CREATED);
}

/* A plan found no sale; one was made since, by somebody else or by the plan itself. */
static void test_sale_appears(void **state)
{
    (void)state;
    struct change planned[] = {printful("511", 1, "partial", "cs_51"),
                               printful("521", 1, "partial", "cs_52"), session("cs_52", "1.00", 1)};
    struct row_changes rows[3];
    plan(planned, 3, rows);
    assert_int_equal(planned[1].outcome, OUTCOME_UNATTACHED);
    struct change sale = session("cs_51", "1.00", 1);
    attaching_apply(&on, &sale);
    assert_int_equal(apply_planned("plan-5", planned[0], &planned[0]), OUTCOME_MOVED);
    assert_int_equal(apply_planned("plan-5", planned[2], &planned[2]), OUTCOME_CREATED);
    assert_int_equal(apply_planned("plan-5", planned[1], &planned[1]), OUTCOME_CREATED);
    applying_expect(&on, "select status from ordersync.orders where origin_id = 'cs_52'",
                    "shipped");
}

/* ---- who ---- */

static void test_audit(void **state)
{
    (void)state;
    struct change made = session("cs_61", "1.00", 1), changed = session("cs_61", "2.00", 2);
    struct change attached = printful("611", 1, "partial", "cs_61");
    struct change gone = session("cs_61", "2.00", 3);
    attaching_apply(&on, &made);
    assert_int_equal(plan_one(&changed), OUTCOME_UPDATED);
    apply_planned("plan-6", changed, &changed);
    assert_int_equal(plan_one(&attached), OUTCOME_CREATED);
    apply_planned("plan-7", attached, &attached);
    gone.document.deleted = true;
    memset(&gone.digest, 0, sizeof(gone.digest));
    assert_int_equal(plan_one(&gone), OUTCOME_DELETED);
    apply_planned("plan-8", gone, &gone);
    applying_expect(
        &on,
        "select string_agg(concat_ws(' ', version, operation, run_id, plan_id, command_id, "
        "operator, "
        "origin), ', ' order by version) from ordersync.order_audit where table_name = 'orders' "
        "and "
        "order_id = (select order_id from ordersync.source_documents where source_id = 'cs_61')",
        "1 insert run-1, 2 update run-9 plan-6 cmd-9 ann pts/3, "
        "3 update run-9 plan-7 cmd-9 ann pts/3, 4 delete run-9 plan-8 cmd-9 ann pts/3");
    /* Children and documents too. */
    applying_expect(&on,
                    "select count(*) || ' ' || count(distinct (version, run_id, plan_id, "
                    "command_id, operator)) "
                    "from ordersync.order_audit where plan_id in ('plan-7', 'plan-8') and "
                    "table_name <> 'orders'",
                    "6 2");
    applying_expect(&on,
                    "select concat_ws(' ', run_id, plan_id, command_id) from "
                    "ordersync.source_documents where source_id = '611'",
                    "run-9 plan-7 cmd-9");
}

static int open_database(void **state)
{
    (void)state;
    applying_open(&on, "test_expected");
    reader = open_reader();
    return 0;
}

static int close_database(void **state)
{
    (void)state;
    target_close(reader);
    applying_close(&on);
    database_shutdown();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans_with_select_alone),
        cmocka_unit_test(test_plan_sees_claims),
        cmocka_unit_test(test_applies_what_was_planned),
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_sale_appears),
        cmocka_unit_test(test_audit),
    };
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
