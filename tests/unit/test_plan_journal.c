/* Plans in the journal: states, counts, money, picks, lists of 100,000 rows, dropping. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "journal/planning.h"
#include "lib/check.h"
#include "lib/ledger.h"

#define MANY 100000

static char plan_id[40];

static void start(struct ledger *ledger)
{
    LEDGER_OK(ledger, journal_plan_start(ledger->journal, "backfill", 1u << SOURCE_FIRESTORE, "ann",
                                         "tty1", plan_id, &ledger->err));
}

static struct plan_entry entry_of(const char *id, const char *label, enum plan_action action,
                                  const char *money)
{
    struct plan_entry entry = {.source = SOURCE_FIRESTORE,
                               .source_id = id,
                               .label = label,
                               .action = action,
                               .fields = "",
                               .money = money,
                               .expect = {.present = true, .version = 7, .order_version = 3}};
    return entry;
}

static void add(struct ledger *ledger, const struct plan_entry *entries, size_t count,
                uint64_t unchanged)
{
    LEDGER_OK(ledger,
              journal_plan_add(ledger->journal, plan_id, entries, count, unchanged, &ledger->err));
}

static struct plan_summary summary(struct ledger *ledger)
{
    struct plan_summary plan;
    LEDGER_OK(ledger, journal_read_plan(ledger->reader, plan_id, &plan, &ledger->err));
    return plan;
}

static int64_t row_of(struct ledger *ledger, const char *id)
{
    int64_t row = 0;
    LEDGER_OK(ledger, journal_find_plan_row(ledger->reader, plan_id, SOURCE_FIRESTORE, id, &row,
                                            &ledger->err));
    return row;
}

static void settle(struct ledger *ledger, const char *id, enum plan_row_state state)
{
    struct plan_outcome outcome = {row_of(ledger, id), state, ""};
    LEDGER_OK(ledger, journal_plan_settle(ledger->journal, plan_id, &outcome, 1, &ledger->err));
}

/* Five rows: two creates, an update, a tombstone, a conflict. */
static void five(struct ledger *ledger)
{
    static const char fields[] = "[{\"table\":\"orders\",\"key\":\"\",\"field\":\"total_price\","
                                 "\"before\":\"1.00\",\"after\":\"2.50\",\"personal\":false}]";
    struct error why = {0};
    error_set(&why, ERROR_TARGET_STUB, "an id alone");
    struct plan_entry entries[] = {
        entry_of("a", "#1", PLAN_CREATE, "EUR +10.00"),
        entry_of("b", "#2", PLAN_CREATE, "USD +0.10"),
        entry_of("c", "#3", PLAN_UPDATE, "EUR -2.505"),
        entry_of("d", "#4", PLAN_TOMBSTONE, "JPY -1200"),
        entry_of("e", "#5", PLAN_CONFLICT, "EUR +99.00"),
        entry_of("f", "#6", PLAN_UNCHANGED, ""),
    };
    entries[2].fields = fields;
    entries[2].field_count = 1;
    entries[4].error = &why;
    start(ledger);
    add(ledger, entries, 6, 41);
}

static void a_plan_is_built_counted_and_read(void **state)
{
    struct ledger *ledger = *state;
    five(ledger);
    struct plan_summary plan = summary(ledger);
    assert_int_equal(plan.state, PLAN_BUILDING);
    assert_true(plan.finished_us == TIME_NONE);
    LEDGER_OK(ledger, journal_plan_set(ledger->journal, plan_id, PLAN_READY, "", &ledger->err));
    plan = summary(ledger);
    assert_int_equal(plan.state, PLAN_READY);
    assert_true(plan.finished_us >= plan.started_us);
    assert_string_equal(plan.operator_name, "ann");
    assert_string_equal(plan.kind, "backfill");
    assert_int_equal(plan.counts[PLAN_CREATE], 2);
    assert_int_equal(plan.counts[PLAN_UPDATE], 1);
    assert_int_equal(plan.counts[PLAN_TOMBSTONE], 1);
    assert_int_equal(plan.counts[PLAN_CONFLICT], 1);
    assert_int_equal(plan.counts[PLAN_UNCHANGED], 41);
    assert_int_equal(plan.states[PLAN_ROW_OPEN], 5);
    assert_string_equal(plan.money, "EUR +7.495, JPY -1200, USD +0.10");
}

static void rows_say_what_and_why(void **state)
{
    struct ledger *ledger = *state;
    struct plan_filter filter = {.actions = 1u << PLAN_UPDATE | 1u << PLAN_CONFLICT};
    struct plan_row *rows;
    size_t count;
    uint64_t total;
    struct str fields;
    five(ledger);
    LEDGER_OK(ledger, journal_list_plan_rows(ledger->reader, plan_id, &filter, 0, 10,
                                             &ledger->arena, &rows, &count, &total, &ledger->err));
    assert_int_equal(count, 2);
    assert_int_equal(total, 2);
    assert_string_equal(rows[0].source_id, "c");
    assert_string_equal(rows[0].money, "EUR -2.505");
    assert_int_equal(rows[0].field_count, 1);
    assert_string_equal(rows[1].label, "#5");
    assert_string_equal(rows[1].message, "an id alone");
    assert_string_equal(rows[1].code, error_info(ERROR_TARGET_STUB)->code);
    LEDGER_OK(ledger, journal_read_plan_fields(ledger->reader, rows[0].id, &ledger->arena, &fields,
                                               &ledger->err));
    assert_non_null(strstr(fields.data, "\"after\":\"2.50\""));
    LEDGER_OK(ledger, journal_read_plan_fields(ledger->reader, rows[1].id, &ledger->arena, &fields,
                                               &ledger->err));
    assert_string_equal(fields.data, "[]");
    filter = (struct plan_filter){.text = "#2"};
    LEDGER_OK(ledger, journal_list_plan_rows(ledger->reader, plan_id, &filter, 0, 10,
                                             &ledger->arena, &rows, &count, &total, &ledger->err));
    assert_int_equal(total, 1);
    assert_string_equal(rows[0].source_id, "b");
}

/* A walk that begins anew tells a document again. */
static void a_document_told_twice_is_one_row(void **state)
{
    struct ledger *ledger = *state;
    struct plan_entry again = entry_of("a", "#1", PLAN_UPDATE, "EUR +1.00");
    five(ledger);
    add(ledger, &again, 1, 0);
    struct plan_summary plan = summary(ledger);
    assert_int_equal(plan.counts[PLAN_CREATE], 1);
    assert_int_equal(plan.counts[PLAN_UPDATE], 2);
    assert_int_equal(plan.states[PLAN_ROW_OPEN], 5);
    assert_string_equal(plan.money, "EUR -1.505, JPY -1200, USD +0.10");
}

static size_t take(struct ledger *ledger, const struct plan_pick *pick, char *ret_ids)
{
    struct plan_target *list;
    size_t count;
    ret_ids[0] = '\0';
    LEDGER_OK(ledger, journal_plan_take(ledger->journal, plan_id, pick, SOURCE_FIRESTORE, 0, 100,
                                        &list, &count, &ledger->err));
    for (size_t i = 0; i < count; i++) {
        strncat(ret_ids, list[i].source_id, 8);
        assert_true(list[i].expect.present);
        assert_int_equal(list[i].expect.version, 7);
        assert_int_equal(list[i].expect.order_version, 3);
    }
    plan_targets_free(list, count);
    return count;
}

static void picks_and_settled_rows(void **state)
{
    struct ledger *ledger = *state;
    char ids[100];
    char json[64];
    five(ledger);
    struct plan_pick pick = {0};
    take(ledger, &pick, ids);
    assert_string_equal(ids, "abcd");
    pick = (struct plan_pick){.actions = 1u << PLAN_CREATE};
    take(ledger, &pick, ids);
    assert_string_equal(ids, "ab");
    snprintf(json, sizeof(json), "[%lld]", (long long)row_of(ledger, "e"));
    pick.ids = json;
    take(ledger, &pick, ids);
    assert_string_equal(ids, "abe");
    pick = (struct plan_pick){.ids = json};
    take(ledger, &pick, ids);
    assert_string_equal(ids, "e");
    pick = (struct plan_pick){.sources = 1u << SOURCE_STRIPE};
    assert_int_equal(take(ledger, &pick, ids), 0);
    settle(ledger, "a", PLAN_ROW_APPLIED);
    settle(ledger, "c", PLAN_ROW_MOVED);
    pick = (struct plan_pick){0};
    take(ledger, &pick, ids);
    assert_string_equal(ids, "bd");
    struct plan_summary plan = summary(ledger);
    assert_int_equal(plan.states[PLAN_ROW_OPEN], 3);
    assert_int_equal(plan.states[PLAN_ROW_APPLIED], 1);
    assert_int_equal(plan.states[PLAN_ROW_MOVED], 1);
    assert_int_equal(plan.counts[PLAN_CREATE], 2);
}

static void a_pick_is_weighed(void **state)
{
    struct ledger *ledger = *state;
    struct plan_weight weight;
    char json[64];
    five(ledger);
    struct plan_pick pick = {0};
    LEDGER_OK(ledger, journal_plan_weigh(ledger->reader, plan_id, &pick, &weight, &ledger->err));
    assert_int_equal(weight.counts[PLAN_CREATE], 2);
    assert_int_equal(weight.counts[PLAN_CONFLICT], 0);
    assert_string_equal(weight.money, "EUR +7.495, JPY -1200, USD +0.10");
    snprintf(json, sizeof(json), "[%lld,%lld]", (long long)row_of(ledger, "a"),
             (long long)row_of(ledger, "e"));
    pick = (struct plan_pick){.actions = 1u << PLAN_CREATE, .ids = json};
    LEDGER_OK(ledger, journal_plan_weigh(ledger->reader, plan_id, &pick, &weight, &ledger->err));
    assert_int_equal(weight.counts[PLAN_CREATE], 2); /* "a" is counted once */
    assert_int_equal(weight.counts[PLAN_CONFLICT], 1);
    assert_string_equal(weight.money, "EUR +109.00, USD +0.10");
}

static void picked_conflicts_are_left(void **state)
{
    struct ledger *ledger = *state;
    uint64_t left = 9;
    bool more = true;
    five(ledger);
    struct plan_pick pick = {0};
    LEDGER_OK(ledger,
              journal_plan_leave(ledger->journal, plan_id, &pick, 100, &left, &more, &ledger->err));
    assert_int_equal(left, 0); /* conflicts are not among "everything" */
    pick.actions = 1u << PLAN_CONFLICT | 1u << PLAN_CREATE;
    LEDGER_OK(ledger,
              journal_plan_leave(ledger->journal, plan_id, &pick, 100, &left, &more, &ledger->err));
    assert_int_equal(left, 1);
    assert_false(more);
    assert_int_equal(summary(ledger).states[PLAN_ROW_LEFT], 1);
}

static void plans_are_found_by_a_beginning(void **state)
{
    struct ledger *ledger = *state;
    struct plan_summary plan;
    char first[40];
    int64_t row;
    assert_false(journal_read_plan(ledger->reader, "last", &plan, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_NO_PLAN);
    five(ledger);
    memcpy(first, plan_id, sizeof(first));
    start(ledger);
    LEDGER_OK(ledger, journal_read_plan(ledger->reader, "last", &plan, &ledger->err));
    assert_string_equal(plan.id, plan_id);
    char beginning[40];
    snprintf(beginning, sizeof(beginning), "%.13s", first);
    LEDGER_OK(ledger, journal_read_plan(ledger->reader, beginning, &plan, &ledger->err));
    assert_string_equal(plan.id, first);
    assert_false(journal_read_plan(ledger->reader, "", &plan, &ledger->err));
    assert_false(journal_read_plan(ledger->reader, "%", &plan, &ledger->err));
    LEDGER_OK(ledger,
              journal_find_plan_row(ledger->reader, first, SOURCE_COUNT, "#3", &row, &ledger->err));
    assert_false(
        journal_find_plan_row(ledger->reader, first, SOURCE_COUNT, "#33", &row, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_NO_PLAN_ROW);
}

static void a_broken_dry_run_is_abandoned(void **state)
{
    struct ledger *ledger = *state;
    five(ledger);
    LEDGER_OK(ledger, journal_plans_break(ledger->journal, &ledger->err));
    assert_int_equal(summary(ledger).state, PLAN_ABANDONED);
}

static void a_plan_knows_where_it_belongs(void **state)
{
    struct ledger *ledger = *state;
    five(ledger);
    LEDGER_OK(ledger, journal_plan_identify(ledger->journal, plan_id, "shop@1", SOURCE_FIRESTORE,
                                            "p/d/Orders", &ledger->err));
    LEDGER_OK(ledger, journal_plan_identify(ledger->journal, plan_id, NULL, SOURCE_STRIPE,
                                            "acct_1/live", &ledger->err));
    struct plan_summary plan = summary(ledger);
    assert_string_equal(plan.target, "shop@1");
    assert_string_equal(plan.identities[SOURCE_FIRESTORE], "p/d/Orders");
    assert_string_equal(plan.identities[SOURCE_STRIPE], "acct_1/live");
    assert_string_equal(plan.identities[SOURCE_PRINTFUL], "");
}

static void add_many(struct ledger *ledger)
{
    static struct plan_entry entries[500];
    static char ids[500][24];
    static char labels[500][24];
    start(ledger);
    for (size_t i = 0; i < MANY; i++) {
        size_t at = i % 500;
        snprintf(ids[at], sizeof(ids[at]), "id-%08zu", i);
        snprintf(labels[at], sizeof(labels[at]), "#%zu", i);
        entries[at] =
            entry_of(ids[at], labels[at], i % 1000 == 7 ? PLAN_CONFLICT : PLAN_UPDATE, "EUR +0.01");
        if (at == 499)
            add(ledger, entries, 500, 0);
    }
}

/* Generous: each takes a few hundredths of a second where nothing else runs. */
#define SLOW_US 2000000

/* All of it page by page: in order, and each once. */
static void walk_all(struct ledger *ledger, const struct plan_filter *filter, uint64_t wanted)
{
    struct plan_row *rows;
    size_t count = 1;
    uint64_t seen = 0;
    int64_t after = 0;
    char last[24] = "";
    while (count > 0) {
        arena_reset(&ledger->arena);
        LEDGER_OK(ledger, journal_walk_plan_rows(ledger->reader, plan_id, filter, &after, 1000,
                                                 &ledger->arena, &rows, &count, &ledger->err));
        for (size_t i = 0; i < count; i++) {
            assert_true(strcmp(last, rows[i].source_id) < 0);
            STR_FILL(last, rows[i].source_id);
        }
        seen += count;
    }
    assert_int_equal(seen, wanted);
}

static void lists_of_a_hundred_thousand(void **state)
{
    struct ledger *ledger = *state;
    struct plan_row *rows;
    size_t count;
    uint64_t total;
    struct plan_filter filters[] = {
        {.actions = 0}, {.actions = 1u << PLAN_CONFLICT}, {.text = "#99999"}};
    const uint64_t totals[] = {MANY, MANY / 1000, 1};
    add_many(ledger);
    struct plan_summary plan = summary(ledger);
    assert_string_equal(plan.money, "EUR +999.00");
    for (size_t i = 0; i < 3; i++) {
        int64_t began = clock_monotonic_us();
        uint64_t offset = totals[i] > 50 ? totals[i] - 50 : 0;
        LEDGER_OK(ledger,
                  journal_list_plan_rows(ledger->reader, plan_id, &filters[i], offset, 50,
                                         &ledger->arena, &rows, &count, &total, &ledger->err));
        assert_int_equal(total, totals[i]);
        assert_int_equal(count, totals[i] > 50 ? 50 : 1);
        assert_true(clock_monotonic_us() - began < SLOW_US);
    }
    walk_all(ledger, &filters[0], totals[0]);
    walk_all(ledger, &filters[2], totals[2]);
    LEDGER_OK(ledger, journal_plan_drop(ledger->journal, plan_id, &ledger->err));
    assert_false(journal_read_plan(ledger->reader, plan_id, &plan, &ledger->err));
    bool more = true;
    size_t pieces = 0;
    while (more) {
        LEDGER_OK(ledger, journal_plans_forget(ledger->journal, 20000, &more, &ledger->err));
        pieces++;
    }
    assert_true(pieces >= MANY / 20000);
}

static size_t referred(struct ledger *ledger, const char *const *references, size_t count,
                       char *ret_ids, size_t size)
{
    char **ids = NULL;
    size_t found = 0;
    ret_ids[0] = '\0';
    LEDGER_OK(ledger, journal_plan_referred(ledger->journal, plan_id, SOURCE_STRIPE, references,
                                            count, &ids, &found, &ledger->err));
    for (size_t i = 0; i < found; i++) {
        size_t len = strlen(ret_ids);
        snprintf(ret_ids + len, size - len, "%s ", ids[i]);
        free(ids[i]);
    }
    free(ids);
    return found;
}

/* What a list of refunds tells finds the sessions that the same dry run has planned. */
static void documents_are_found_by_their_reference(void **state)
{
    struct ledger *ledger = *state;
    char ids[100];
    const char *const both[] = {"pi_1", "pi_2", "pi_none", ""};
    struct plan_entry entries[3] = {entry_of("cs_1", "", PLAN_CREATE, ""),
                                    entry_of("cs_2", "", PLAN_CREATE, ""),
                                    entry_of("cs_3", "", PLAN_CREATE, "")};
    for (size_t i = 0; i < 3; i++)
        entries[i].source = SOURCE_STRIPE;
    start(ledger);
    entries[0].reference = "pi_1";
    entries[1].reference = "pi_2";
    add(ledger, entries, 3, 0); /* the third has none: "" finds nothing */
    assert_int_equal(referred(ledger, both, 4, ids, sizeof(ids)), 2);
    assert_string_equal(ids, "cs_1 cs_2 ");
    entries[1].reference = "pi_3"; /* told again, with another */
    add(ledger, &entries[1], 1, 0);
    assert_int_equal(referred(ledger, both, 4, ids, sizeof(ids)), 1);
    start(ledger); /* another plan knows nothing of it */
    assert_int_equal(referred(ledger, both, 4, ids, sizeof(ids)), 0);
}

static void a_reference_finds_no_more_than_its_maximum(void **state)
{
    struct ledger *ledger = *state;
    const char *const one[] = {"pi_1"};
    char ids[400];
    start(ledger);
    for (size_t i = 0; i < PLAN_REFERRED_MAX + 3; i++) {
        char id[20];
        snprintf(id, sizeof(id), "cs_%zu", i);
        struct plan_entry entry = entry_of(id, "", PLAN_CREATE, "");
        entry.source = SOURCE_STRIPE;
        entry.reference = "pi_1";
        add(ledger, &entry, 1, 0);
    }
    assert_int_equal(referred(ledger, one, 1, ids, sizeof(ids)), PLAN_REFERRED_MAX);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, ledger_setup, ledger_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_plan_is_built_counted_and_read),
        TEST(rows_say_what_and_why),
        TEST(a_document_told_twice_is_one_row),
        TEST(picks_and_settled_rows),
        TEST(a_pick_is_weighed),
        TEST(picked_conflicts_are_left),
        TEST(plans_are_found_by_a_beginning),
        TEST(a_broken_dry_run_is_abandoned),
        TEST(a_plan_knows_where_it_belongs),
        TEST(lists_of_a_hundred_thousand),
        TEST(documents_are_found_by_their_reference),
        TEST(a_reference_finds_no_more_than_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
