/* Following a source, without source, target and threads: events in; jobs, tickets and tokens out.
 * Of a token's stream; what a backfill must fill is in test_live_backfill.c. */
#include <stdio.h>

#include "base/clock.h"
#include "lib/check.h"
#include "lib/stage.h"

static void resumes_by_token_when_settled(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    assert_string_equal(stage->token, "t0");
    assert_int_equal(stage->splits, 0);
    stage_document(stage, "a");
    assert_string_equal(stage_job_text(stage, 0), "a"); /* a writer is free: it does not wait */
    stage_snapshot(stage, "t1", 10);
    assert_string_equal(stage_row(stage), "t0/5/1/0");
    stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
}

static void a_token_waits_for_all_before_it(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_document(stage, "a");
    stage_snapshot(stage, "t1", 10);
    stage_gone(stage, "a", 11); /* waits for the first: the same document */
    assert_int_equal(stage->job_count, 1);
    stage_snapshot(stage, "t2", 12);
    stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
    assert_string_equal(stage_job_text(stage, 0), "-a@11");
    stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t2/12/1/0");
}

static void writers_finish_in_any_order(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    const char *other = stage_other_lane(stage, "a");
    stage_snapshot(stage, "t1", 10);
    assert_string_equal(stage_job_text(stage, 1), other);
    stage_land(stage, 1);
    assert_string_equal(stage_row(stage), "t0/5/1/0");
    while (stage->job_count > 0)
        stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
}

static void busy_writers_get_batches(void **state)
{
    struct stage *stage = *state;
    stage->writers = 1;
    stage_from_token(stage);
    stage_document(stage, "a");
    stage_document(stage, "b");
    stage_document(stage, "c");
    assert_int_equal(stage->job_count, 1);
    stage_snapshot(stage, "t1", 10);
    stage_document(stage, "d");
    stage_land(stage, 0);
    assert_string_equal(stage_job_text(stage, 0), "b c d");
    assert_string_equal(stage_row(stage), "t0/5/1/0"); /* b and c came before t1 */
    stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
}

static void a_full_batch_holds_the_stream(void **state)
{
    struct stage *stage = *state;
    stage->writers = 1;
    stage_from_token(stage);
    for (int i = 0; i < 3000 && !stage->held; i++)
        stage_document(stage, "x");
    assert_true(stage->held);
    assert_int_equal(stage->job_count, 1);
    stage_land(stage, 0);
    assert_int_equal(stage->jobs[0]->page->count, LIVE_BATCH_DOCUMENTS);
    assert_false(stage->held);
}

static void a_failure_is_settled_too(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_document(stage, "bad");
    stage_snapshot(stage, "t1", 10);
    stage_fail(stage, 0, "bad");
    assert_int_equal(ledger_state(stage->ledger, "bad"), FAILURE_DEAD);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
    assert_true(stage->engine->consistent_us != TIME_NONE);
}

static void the_unsure_are_read(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_tell(stage, LISTEN_UNSURE, "left");
    assert_string_equal(stage->fetched, "left");
    stage_tell(stage, LISTEN_UNSURE, "gone"); /* waits for the first */
    stage_snapshot(stage, "t1", 10);
    stage_fetched(stage, "", 20);
    assert_string_equal(stage_job_text(stage, 0), "left");
    stage_fetched(stage, "gone", 21);
    assert_string_equal(stage_job_text(stage, 1), "-gone@21");
    stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t0/5/1/0");
    stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
}

/* One by one, and the target takes nothing: the stream waits before tickets run out. */
static void the_unsure_leave_room(void **state)
{
    struct stage *stage = *state;
    char id[16];
    int told = 0;
    stage_from_token(stage);
    for (; told < PREFIX_MAX && !stage->held; told++) {
        snprintf(id, sizeof(id), "u%d", told);
        stage_tell(stage, LISTEN_UNSURE, id);
        stage_fetched(stage, "", 20);
    }
    assert_true(stage->held);
    stage_document(stage, "a"); /* what was read already is told */
    assert_int_equal(stage->restarts, 0);
    while (stage->job_count > 0)
        stage_land(stage, 0);
    assert_false(stage->held);
    stage_snapshot(stage, "t1", 30);
    assert_string_equal(stage_row(stage), "t1/30/1/0");
}

/* Reads are billed, and what they find waits in memory. */
static void a_target_that_is_down_stops_reads(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage->writers_full = true;
    stage_tell(stage, LISTEN_UNSURE, "a");
    stage_tell(stage, LISTEN_UNSURE, "b");
    assert_null(stage->fetch_done);
    stage->writers_full = false;
    stage_turn(stage);
    assert_string_equal(stage->fetched, "a b");
    stage_fetched(stage, "b", 20);
    stage_land(stage, 0);
}

/* ---- absences ---- */

static void relist(struct stage *stage)
{
    stage_from_token(stage);
    stage_tell(stage, LISTEN_RESET, NULL);
    assert_string_equal(stage_row(stage), "/-1/1/0"); /* killed now, it begins from nothing */
    stage_document(stage, "a");
    stage_document(stage, "c");
    stage_land(stage, 0);
    stage_land(stage, 0);
    stage_snapshot(stage, "t1", 10);
    assert_string_equal(stage_row(stage), "/-1/1/0");
}

static void the_absent_are_deleted(void **state)
{
    struct stage *stage = *state;
    relist(stage);
    assert_int_equal(stage->answer.request.version, 10);
    stage_live(stage, "a b c d");
    assert_string_equal(stage->fetched, "b d"); /* never without asking */
    stage_fetched(stage, "d", 30);
    assert_string_equal(stage_job_text(stage, 0), "b"); /* it is there after all */
    assert_string_equal(stage_job_text(stage, 1), "-d@10");
    assert_true(stage->jobs[1]->sweep);
    assert_int_equal(stage->jobs[1]->hold, ERROR_NONE);
    assert_string_equal(stage_row(stage), "/-1/1/0");
    stage_land(stage, 1);
    stage_turn(stage);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
    uint64_t absences = 0;
    LEDGER_OK(stage->ledger, journal_absences_since(stage->ledger->journal, SOURCE_FIRESTORE, 0,
                                                    &absences, &stage->ledger->err));
    assert_int_equal(absences, 1); /* also for who comes after a kill */
}

static void absences_wait_for_the_target(void **state)
{
    struct stage *stage = *state;
    relist(stage);
    stage->writers_full = true;
    stage_live(stage, "a b c");
    assert_null(stage->fetch_done);
    stage->writers_full = false;
    stage_turn(stage);
    assert_string_equal(stage->fetched, "b");
}

/* Twenty absent of twenty-two: ten may go in an hour. */
static void many_absences_are_held(void **state)
{
    struct stage *stage = *state;
    relist(stage);
    stage_live(stage, "a b1 b2 b3 b4 b5 b6 b7 b8 b9 c d1 d2 d3");
    stage_fetched(stage, "b1 b2 b3 b4 b5 b6 b7 b8 b9 d1 d2 d3", 30);
    assert_int_equal(stage->job_count, 1);
    assert_int_equal(stage->jobs[0]->gone_count, 12);
    assert_int_equal(stage->jobs[0]->hold, ERROR_ABSENCE_HELD);
    stage_document(stage, "e"); /* changes go on meanwhile */
    assert_string_equal(stage_job_text(stage, 1), "e");
    stage_land(stage, 0);
    stage_land(stage, 0);
    stage_turn(stage);
    stage_snapshot(stage, "t2", 40);
    assert_string_equal(stage_row(stage), "t2/40/1/0");
    assert_int_equal(ledger_state(stage->ledger, "b1"), FAILURE_HELD);

    uint64_t changed = 0;
    uint64_t refused = 0;
    struct ledger *ledger = stage->ledger;
    LEDGER_OK(ledger,
              ledger_command(ledger, "refuse", "{\"source\":\"firestore\",\"source_id\":\"b1\"}",
                             &changed, &refused));
    LEDGER_OK(ledger,
              ledger_command(ledger, "release", "{\"source\":\"firestore\",\"source_id\":\"b2\"}",
                             &changed, &refused));
    assert_int_equal(ledger_state(ledger, "b1"), FAILURE_SKIPPED);
    assert_int_equal(ledger_state(ledger, "b2"), FAILURE_RETRYABLE);

    stage_tell(stage, LISTEN_RESET, NULL); /* what a person was asked is not asked again */
    stage_document(stage, "a");
    stage_snapshot(stage, "t3", 50);
    stage_live(stage, "a b1 b2 c");
    assert_string_equal(stage->fetched, "c");
}

static void deletes_ignored_sweep_nothing(void **state)
{
    struct stage *stage = *state;
    stage_know(stage, "t0", true);
    stage_begin(stage, "ignore");
    stage_follow(stage);
    stage_tell(stage, LISTEN_RESET, NULL);
    stage_snapshot(stage, "t1", 10);
    assert_false(stage->asked);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
    stage_gone(stage, "a", 11);
    assert_int_equal(stage->jobs[0]->policy, GONE_IGNORE);
}

static void a_listing_that_breaks_off_deletes_nothing(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_tell(stage, LISTEN_RESET, NULL);
    stage_document(stage, "a");
    stage_tell(stage, LISTEN_LOST, NULL);
    assert_false(stage->asked);
    stage_opened(stage, LISTEN_FROM_NOTHING);
    stage_document(stage, "a");
    stage_document(stage, "b");
    stage_snapshot(stage, "t1", 10);
    stage_live(stage, "a b");
    stage_turn(stage);
    while (stage->job_count > 0)
        stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
}

/* ---- the young ---- */

/* Nobody tells of what was created after the position and deleted meanwhile. */
static void the_young_are_read(void **state)
{
    struct stage *stage = *state;
    stage->young = "a b";
    stage_from_token(stage);
    assert_int_equal(stage->answer.request.created_since_ns, 5);
    assert_string_equal(stage->fetched, "a b");
    assert_false(stage->held);
    stage_snapshot(stage, "t1", 10);
    stage_fetched(stage, "b", 30);
    assert_string_equal(stage_job_text(stage, 0), "a");
    assert_string_equal(stage_job_text(stage, 1), "-b@30");
    assert_string_equal(stage_row(stage), "t0/5/1/0"); /* a restart doubts again */
    stage_land(stage, 0);
    stage_land(stage, 0);
    stage_turn(stage);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
}

static void what_was_told_before_a_cut_is_young(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_snapshot(stage, "t1", 10);
    stage_document(stage, "a");
    stage_tell(stage, LISTEN_LOST, NULL);
    stage->young = "a";
    stage_opened(stage, LISTEN_FROM_TOKEN);
    assert_true(stage->held); /* a is not in the target yet */
    assert_false(stage->asked);
    stage_land(stage, 0);
    stage_turn(stage);
    assert_int_equal(stage->answer.request.created_since_ns, 10);
    assert_false(stage->held);
    stage_live(stage, "a");
    assert_string_equal(stage->fetched, "a");
}

static void a_quiet_stream_doubts_nothing(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_snapshot(stage, "t1", 10);
    stage->answer = (struct survey_answer){.absent = 0};
    stage_tell(stage, LISTEN_LOST, NULL);
    stage_opened(stage, LISTEN_FROM_TOKEN);
    assert_int_equal(stage->answer.request.created_since_ns, 0); /* nobody was asked */
    assert_false(stage->held);
}

/* ---- counts ---- */

static void equal_counts_go_on(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_document(stage, "a");
    stage_filter(stage, 7);
    assert_true(stage->held);
    assert_false(stage->asked); /* a is not in the target yet */
    stage_land(stage, 0);
    stage_turn(stage);
    stage_view(stage, 7);
    assert_false(stage->held);
    assert_int_equal(stage->restarts, 0);
}

static void wrong_counts_begin_from_nothing(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_filter(stage, 7);
    stage_view(stage, 8);
    stage_turn(stage);
    assert_int_equal(stage->restarts, 1);
    assert_string_equal(stage->token, "");
    assert_int_equal(stage->start.read_time_ns, TIME_NONE);
    assert_string_equal(stage_row(stage), "/-1/1/0");
    assert_false(stage->held);
}

/* ---- restarts and commands ---- */

static void a_restart_goes_on_where_it_was(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    stage_document(stage, "a");
    stage_snapshot(stage, "t1", 10);
    stage_land(stage, 0);
    stage_document(stage, "b");
    stage_snapshot(stage, "t2", 20);
    stage_restart(stage, "tombstone"); /* b was not settled */
    stage_follow(stage);
    assert_string_equal(stage->token, "t1");
}

/* Sends a command and lets the engine take it; "" while it is not finished. */
static void expect_answer(struct stage *stage, const char *kind, const char *arguments,
                          const char *result, const char *message)
{
    struct ledger *ledger = stage->ledger;
    struct command_row row;
    int64_t id;
    LEDGER_OK(ledger, journal_send_command(ledger->reader, kind, arguments, "", &id, &ledger->err));
    commands_step(stage->engine);
    LEDGER_OK(ledger, journal_read_command(ledger->reader, id, &row, &ledger->err));
    assert_string_equal(row.result, result);
    assert_string_equal(row.message, message);
}

static void a_pause_holds_the_stream(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
    expect_answer(stage, "pause", "{\"source\":\"stripe\"}", "done", "stripe is paused");
    stage_turn(stage);
    assert_false(stage->held); /* not this one's pause */
    expect_answer(stage, "pause", "{\"source\":\"firestore\"}", "done", "firestore is paused");
    stage_turn(stage);
    assert_true(stage->held);
    assert_true(engine_all_paused(stage->engine)); /* it has no other */
    expect_answer(stage, "resume", "{\"source\":\"firestore\"}", "done", "firestore is resumed");
    stage_turn(stage);
    assert_false(stage->held);
    assert_true(engine_paused(stage->engine, SOURCE_STRIPE));
    expect_answer(stage, "pause", "{}", "done", "every source is paused");
    stage_turn(stage);
    assert_true(stage->held && engine_all_paused(stage->engine));
    expect_answer(stage, "resume", "{}", "done", "every source is resumed");
    stage_turn(stage);
    assert_false(stage->held);
    expect_answer(stage, "pause", "{\"source\":\"etsy\"}", "refused",
                  "\"source\" is firestore, stripe or printful");
    assert_false(engine_paused(stage->engine, SOURCE_FIRESTORE));
}

/* Begins when the engine follows completely; the command has the result. */
static void a_verification_is_ordered_once(void **state)
{
    struct stage *stage = *state;
    static const char none[] = "this engine does not follow its source: run `ordersync verify`";
    struct error err = {0};
    stage_from_token(stage);
    expect_answer(stage, "verify", "{}", "refused", none);
    assert_true(verifier_new(stage->settings, &stage->engine->verifier, &err));
    expect_answer(stage, "verify", "{\"deep\":1}", "refused", "\"deep\" is true or false");
    stage->engine->paused = ENGINE_EVERY_SOURCE;
    expect_answer(stage, "verify", "{}", "refused", "the source is paused: resume it first");
    stage->engine->paused = 0;
    expect_answer(stage, "verify", "{\"deep\":true}", "", "");
    expect_answer(stage, "verify", "{}", "refused", "a verification is under way already");
    verifier_free(stage->engine->verifier);
    stage->engine->verifier = NULL;
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(resumes_by_token_when_settled),
        ON_STAGE(a_token_waits_for_all_before_it),
        ON_STAGE(writers_finish_in_any_order),
        ON_STAGE(busy_writers_get_batches),
        ON_STAGE(a_full_batch_holds_the_stream),
        ON_STAGE(a_failure_is_settled_too),
        ON_STAGE(the_unsure_are_read),
        ON_STAGE(the_unsure_leave_room),
        ON_STAGE(a_target_that_is_down_stops_reads),
        ON_STAGE(the_absent_are_deleted),
        ON_STAGE(absences_wait_for_the_target),
        ON_STAGE(many_absences_are_held),
        ON_STAGE(deletes_ignored_sweep_nothing),
        ON_STAGE(a_listing_that_breaks_off_deletes_nothing),
        ON_STAGE(the_young_are_read),
        ON_STAGE(what_was_told_before_a_cut_is_young),
        ON_STAGE(a_quiet_stream_doubts_nothing),
        ON_STAGE(equal_counts_go_on),
        ON_STAGE(wrong_counts_begin_from_nothing),
        ON_STAGE(a_restart_goes_on_where_it_was),
        ON_STAGE(a_pause_holds_the_stream),
        ON_STAGE(a_verification_is_ordered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
