/* Bulk actions in the engine, on a stage: the pace, the stop after N failures, what a kill leaves,
 * cancelling, commands that wait and those that do not. */
#include <stdio.h>

#include "base/clock.h"
#include "lib/check.h"
#include "lib/stage.h"

#define GIVE_UP_US INT64_C(60000000)

static void fail_some(struct stage *stage, const char *prefix, int count)
{
    char id[32];
    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "%s%02d", prefix, i);
        ledger_fail(stage->ledger, id, 1, true);
    }
}

static int64_t send(struct stage *stage, const char *kind, const char *arguments)
{
    struct ledger *ledger = stage->ledger;
    int64_t id;
    LEDGER_OK(ledger,
              journal_send_command(ledger->reader, kind, arguments, "because", &id, &ledger->err));
    return id;
}

static struct command_row row_of(struct stage *stage, int64_t id)
{
    struct ledger *ledger = stage->ledger;
    struct command_row row;
    LEDGER_OK(ledger, journal_read_command(ledger->reader, id, &row, &ledger->err));
    return row;
}

/* What was asked for comes: ids that begin with 'b' fail again, the others are gone, which counts
 * as landed. */
static void answer_fetch(struct stage *stage)
{
    char gone[sizeof(stage->fetched)] = "";
    char text[sizeof(stage->fetched)];
    char *rest = NULL;
    snprintf(text, sizeof(text), "%s", stage->fetched);
    for (char *id = strtok_r(text, " ", &rest); id != NULL; id = strtok_r(NULL, " ", &rest)) {
        size_t len = strlen(gone);
        if (id[0] != 'b')
            snprintf(gone + len, sizeof(gone) - len, "%s%s", len == 0 ? "" : " ", id);
    }
    stage_fetched(stage, gone, clock_wall_us() * 1000);
    while (stage->job_count > 0)
        stage_fail_found(stage, 0);
}

/* One poll of the engine, and what the source says to it. */
static void poll_once(struct stage *stage)
{
    commands_step(stage->engine);
    fetch_due(stage->engine);
    if (stage->fetch_done != NULL)
        answer_fetch(stage);
    stage_turn(stage);
}

static struct command_row run_to_end(struct stage *stage, int64_t id)
{
    int64_t deadline = clock_monotonic_us() + GIVE_UP_US;
    struct command_row row = row_of(stage, id);
    while (row.result[0] == '\0' && clock_monotonic_us() < deadline) {
        poll_once(stage);
        row = row_of(stage, id);
    }
    return row;
}

static void ended(struct command_row row, const char *result, const char *message)
{
    if (strcmp(row.result, result) != 0 || strcmp(row.message, message) != 0)
        fail_msg("%s, %s", row.result, row.message);
}

static void says_what_it_came_to(void **state)
{
    struct stage *stage = *state;
    stage_begin(stage, "tombstone");
    fail_some(stage, "a", 5);
    fail_some(stage, "b", 2);
    int64_t id = send(stage, "retry", "{\"filter\":\"state:dead\",\"pace\":1000,\"count\":8}");
    ended(run_to_end(stage, id), "done", "7 queued, 1 skipped, 0 refused; 5 landed, 2 failed");
    assert_int_equal(ledger_state(stage->ledger, "a03"), FAILURE_RESOLVED);
    assert_int_equal(ledger_state(stage->ledger, "b01"), FAILURE_DEAD);
    id = send(stage, "skip", "{\"filter\":\"state:dead\"}");
    ended(run_to_end(stage, id), "done", "2 changed, 0 skipped, 0 refused");
    id = send(stage, "undo", "{\"command\":2}");
    ended(run_to_end(stage, id), "done", "2 changed, 0 skipped, 0 refused");
    id = send(stage, "skip", "{\"filter\":\"sate:dead\"}");
    assert_string_equal(run_to_end(stage, id).result, "refused");
}

/* However long this machine takes: never more than the pace allows for the time that went by. */
static void keeps_its_pace(void **state)
{
    struct stage *stage = *state;
    const unsigned pace = 20;
    stage_begin(stage, "tombstone");
    fail_some(stage, "a", 30);
    int64_t id = send(stage, "retry", "{\"filter\":\"\",\"pace\":20}");
    int64_t begun = clock_monotonic_us();
    struct command_row row = row_of(stage, id);
    while (row.result[0] == '\0') {
        poll_once(stage);
        row = row_of(stage, id);
        double seconds = (double)(clock_monotonic_us() - begun) / 1e6;
        if ((double)row.counts.changed > pace / 4.0 + pace * seconds + 1)
            fail_msg("%llu after %.2f s", (unsigned long long)row.counts.changed, seconds);
        clock_sleep_us(5000);
        assert_true(seconds < 60);
    }
    ended(row, "done", "30 queued, 0 skipped, 0 refused; 30 landed, 0 failed");
    assert_int_equal(row.counts.pace, 20);
}

/* 12 is not 1, though it begins so. */
static void an_undo_ends_its_own_alone(void **state)
{
    struct stage *stage = *state;
    stage_begin(stage, "tombstone");
    fail_some(stage, "a", 12);
    int64_t id = send(stage, "retry", "{\"filter\":\"\",\"pace\":4}");
    poll_once(stage);
    assert_int_equal(id, 1);
    (void)send(stage, "undo", "{\"command\":12}");
    poll_once(stage);
    assert_string_equal(row_of(stage, id).result, "");
    (void)send(stage, "undo", "{\"command\": 1}");
    poll_once(stage);
    assert_string_equal(row_of(stage, id).result, "cancelled");
}

static void stops_after_as_many_failures(void **state)
{
    struct stage *stage = *state;
    stage_begin(stage, "tombstone");
    fail_some(stage, "b", 20);
    int64_t id = send(stage, "retry", "{\"filter\":\"\",\"stop_after\":3}");
    ended(run_to_end(stage, id), "stopped", "3 queued, 0 skipped, 0 refused; 0 landed, 3 failed");
    assert_int_equal(row_of(stage, id).counts.failed, 3);
    unsigned dead = 0;
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof(name), "b%02d", i);
        dead += ledger_state(stage->ledger, name) == FAILURE_DEAD;
    }
    assert_int_equal(dead, 20); /* what was not tried is as it was */
}

/* Killed between two polls: counts, pace and place are the journal's. */
static void goes_on_after_a_kill(void **state)
{
    struct stage *stage = *state;
    stage_begin(stage, "tombstone");
    fail_some(stage, "a", 12);
    int64_t id = send(stage, "retry", "{\"filter\":\"\",\"stop_after\":4}");
    commands_step(stage->engine);
    fetch_due(stage->engine);
    assert_int_equal(row_of(stage, id).counts.changed, 4); /* asked for, not answered */
    stage_restart(stage, "tombstone");
    assert_int_equal(row_of(stage, id).counts.changed, 4);
    ended(run_to_end(stage, id), "done", "12 queued, 0 skipped, 0 refused; 12 landed, 0 failed");
}

static void is_cancelled(void **state)
{
    struct stage *stage = *state;
    char arguments[64];
    stage_begin(stage, "tombstone");
    fail_some(stage, "a", 12);
    int64_t id = send(stage, "retry", "{\"filter\":\"\",\"stop_after\":5}");
    commands_step(stage->engine); /* five are marked, none is tried */
    snprintf(arguments, sizeof(arguments), "{\"command\":%lld}", (long long)id);
    int64_t cancel = send(stage, "cancel", arguments);
    commands_step(stage->engine);
    struct command_row row = row_of(stage, id);
    assert_string_equal(row.result, "cancelled");
    assert_non_null(strstr(row.message, "after 0 queued"));
    assert_string_equal(row_of(stage, cancel).result, "done");
    for (int i = 0; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof(name), "a%02d", i);
        assert_int_equal(ledger_state(stage->ledger, name), FAILURE_DEAD);
    }
    cancel = send(stage, "cancel", arguments);
    commands_step(stage->engine);
    assert_string_equal(row_of(stage, cancel).result, "refused"); /* it has ended */
}

/* A retry of hours keeps nobody from skipping one order. */
static void others_go_on_beside_it(void **state)
{
    struct stage *stage = *state;
    stage_begin(stage, "tombstone");
    fail_some(stage, "a", 9);
    stage->engine->paused = 1u << SOURCE_FIRESTORE; /* nothing is tried */
    int64_t id = send(stage, "retry", "{\"filter\":\"\",\"pace\":1}");
    int64_t skip = send(stage, "skip", "{\"source\":\"firestore\",\"source_id\":\"a07\"}");
    commands_step(stage->engine);
    assert_string_equal(row_of(stage, id).result, "");
    assert_int_equal(row_of(stage, id).counts.changed, 0); /* the pace is not saved up */
    assert_string_equal(row_of(stage, skip).result, "done");
    assert_int_equal(ledger_state(stage->ledger, "a07"), FAILURE_SKIPPED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        TEST(says_what_it_came_to),       TEST(keeps_its_pace),
        TEST(an_undo_ends_its_own_alone), TEST(stops_after_as_many_failures),
        TEST(goes_on_after_a_kill),       TEST(is_cancelled),
        TEST(others_go_on_beside_it),
    };
    return cmocka_run_group_tests_name("bulk", tests, NULL, NULL);
}
