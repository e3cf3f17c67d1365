/* Following a source, without source, target and threads: events in; jobs, tickets and tokens out.
 */
#include <stdio.h>

#include "base/clock.h"
#include "lib/check.h"
#include "lib/stage.h"

#define FROM_TOKEN(stage)                                                                          \
    stage_know(stage, "t0", true);                                                                 \
    stage_begin(stage, "tombstone");                                                               \
    stage_follow(stage)

static void begins_at_the_sources_time(void **state)
{
    struct stage *stage = *state;
    stage_begin(stage, "tombstone");
    stage_turn(stage);
    assert_null(stage->page_done); /* nothing is read before the target is known to be ours */
    stage_view(stage, 0);
    assert_int_equal(stage->starts, 0);
    stage_time(stage, 1000);
    assert_int_equal(stage->starts, 1);
    assert_int_equal(stage->start.read_time_ns, 1000);
    assert_string_equal(stage_row(stage), "/1000/0/0");
    assert_int_equal(stage->splits, 0); /* first listen, then backfill */
    stage_opened(stage, LISTEN_FROM_TIME);
    assert_int_equal(stage->splits, 1);
    assert_string_equal(stage_row(stage), "/1000/0/1");
}

static void complete_when_the_backfill_ends(void **state)
{
    struct stage *stage = *state;
    begins_at_the_sources_time(state);
    stage_turn(stage);
    stage_time(stage, 1100); /* an empty page: the end of its only range */
    stage_live(stage, "");   /* nothing is absent */
    stage_turn(stage);
    assert_int_equal(stage->engine->backfill.phase, BACKFILL_OFF);
    assert_string_equal(stage_row(stage), "/1000/1/0");
    stage_snapshot(stage, "t1", 1200);
    assert_string_equal(stage_row(stage), "/1000/1/0"); /* the backfill read ahead of the stream */
    assert_int_equal(stage->answer.request.created_since_ns, 1000);
    stage_live(stage, "");
    assert_string_equal(stage_row(stage), "t1/1200/1/0");
}

static void resumes_by_token_when_settled(void **state)
{
    struct stage *stage = *state;
    FROM_TOKEN(stage);
    assert_string_equal(stage->token, "t0");
    assert_int_equal(stage->splits, 0);
    stage_document(stage, "a");
    assert_string_equal(stage_job_text(stage, 0), "a"); /* a writer is free: it does not wait */
    stage_snapshot(stage, "t1", 10);
    assert_string_equal(stage_row(stage), "t0/5/1/0");
    stage_land(stage, 0);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
}

/* Two documents that different writers get. */
static const char *another_lane(struct stage *stage, const char *first)
{
    static char id[16];
    stage_document(stage, first);
    for (int i = 0; stage->job_count < 2; i++) {
        assert_true(i < 64);
        snprintf(id, sizeof(id), "y%d", i);
        stage_document(stage, id);
    }
    return id;
}

static void a_token_waits_for_all_before_it(void **state)
{
    struct stage *stage = *state;
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
    const char *other = another_lane(stage, "a");
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
    stage_snapshot(stage, "t1", 10);
    stage->answer = (struct survey_answer){.absent = 0};
    stage_tell(stage, LISTEN_LOST, NULL);
    stage_opened(stage, LISTEN_FROM_TOKEN);
    assert_int_equal(stage->answer.request.created_since_ns, 0); /* nobody was asked */
    assert_false(stage->held);
}

/* ---- counts ---- */

/* What is missing then is known: the whole set tells, once the backfill is done. */
static void a_count_within_a_backfill_is_not_forgotten(void **state)
{
    struct stage *stage = *state;
    begins_at_the_sources_time(state);
    stage_filter(stage, 7);
    assert_false(stage->held);
    stage_snapshot(stage, "t1", 1050);
    assert_string_equal(stage_row(stage), "/1000/0/1");
    stage_turn(stage);
    stage_time(stage, 1100);
    stage_live(stage, "");
    stage_turn(stage);
    assert_int_equal(stage->restarts, 1);
    assert_string_equal(stage->token, "");
}

static void equal_counts_go_on(void **state)
{
    struct stage *stage = *state;
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
    stage_filter(stage, 7);
    stage_view(stage, 8);
    stage_turn(stage);
    assert_int_equal(stage->restarts, 1);
    assert_string_equal(stage->token, "");
    assert_int_equal(stage->start.read_time_ns, TIME_NONE);
    assert_string_equal(stage_row(stage), "/-1/1/0");
    assert_false(stage->held);
}

/* ---- too old ---- */

static void a_stale_token_skips_ahead(void **state)
{
    struct stage *stage = *state;
    FROM_TOKEN(stage);
    stage_failed(stage, ERROR_SOURCE_STALE);
    stage_turn(stage);
    assert_string_equal(stage_row(stage), "t0/5/1/0"); /* until it is known from when on */
    stage_time(stage, 2000);
    assert_int_equal(stage->restarts, 1);
    assert_int_equal(stage->start.read_time_ns, 2000);
    assert_string_equal(stage_row(stage), "/2000/0/0");
    stage_opened(stage, LISTEN_FROM_TIME);
    assert_int_equal(stage->splits, 1);
    stage_document(stage, "a"); /* at once, beside the backfill */
    assert_string_equal(stage_job_text(stage, 0), "a");
}

static void a_running_backfill_goes_on(void **state)
{
    struct stage *stage = *state;
    char run_id[40];
    begins_at_the_sources_time(state);
    stage_turn(stage);
    STR_FILL(run_id, stage->engine->backfill.run_id);
    page_done_fn *page_done = stage->page_done; /* of its range */
    void *page_context = stage->page_context;
    stage->page_done = NULL;
    stage_failed(stage, ERROR_SOURCE_STALE);
    stage_turn(stage);
    stage_time(stage, 3000);
    stage_opened(stage, LISTEN_FROM_TIME);
    assert_int_equal(stage->splits, 1);
    assert_string_equal(stage->engine->backfill.run_id, run_id);
    stage->page_done = page_done;
    stage->page_context = page_context;
    stage_time(stage, 3100);
    stage_live(stage, "");
    stage_turn(stage);
    stage_live(stage, "");                              /* nothing is younger than the backfill */
    assert_string_equal(stage_row(stage), "/3000/0/0"); /* it began too early to fill the gap */
    stage->engine->live.rebackfill_at_us = 0;           /* an hour later */
    stage_turn(stage);
    assert_int_equal(stage->splits, 2);
}

static void a_lost_target_is_read_again(void **state)
{
    struct stage *stage = *state;
    FROM_TOKEN(stage);
    backfill_restart(stage->engine, "the target lost commits");
    assert_string_equal(stage_row(stage), "none");
    stage_turn(stage);
    stage_time(stage, 4000);
    assert_string_equal(stage_row(stage), "/4000/0/0");
    stage_opened(stage, LISTEN_FROM_TIME);
    assert_int_equal(stage->splits, 1);
}

static void expect_begun_again(struct stage *stage, unsigned splits, int64_t time)
{
    stage_turn(stage);
    stage_time(stage, time);
    stage_opened(stage, LISTEN_FROM_TIME);
    assert_int_equal(stage->splits, splits);
}

/* Each writer has a fence of its own, and finds it when it connects again. */
static void every_writer_may_have_lost_commits(void **state)
{
    struct stage *stage = *state;
    FROM_TOKEN(stage);
    another_lane(stage, "a");
    stage_document(stage, "a");
    size_t left = stage->job_count - 1;
    stage_lose(stage, 0);
    expect_begun_again(stage, 1, 4000);
    for (; left > 0; left--) { /* from before it: about the same loss */
        stage_lose(stage, 0);
        assert_int_equal(writers_restarts(stage->engine->writers), 1);
    }
    stage_document(stage, "b");
    stage->page_done = NULL; /* of the backfill that is given up */
    stage_lose(stage, stage->job_count - 1);
    assert_int_equal(writers_restarts(stage->engine->writers), 2);
    expect_begun_again(stage, 2, 5000); /* at once, not an hour later */
}

/* A commit that the target has lost is no fence any more, whenever its result comes. */
static void lost_fences_are_forgotten(void **state)
{
    struct stage *stage = *state;
    struct ledger *ledger = stage->ledger;
    int64_t seq = -1;
    FROM_TOKEN(stage);
    another_lane(stage, "a");
    assert_true(stage->job_count >= 2);
    stage->engine->live.save_at_us = INT64_MAX;
    stage->engine->live.fences[1] = 7;
    backfill_restart(stage->engine, "the target lost commits");
    expect_begun_again(stage, 1, 4000);
    while (stage->job_count > 0)
        stage_land(stage, 0);
    stage_snapshot(stage, "t1", 4100);
    for (int writer = 0; writer < 2; writer++) {
        LEDGER_OK(ledger, journal_fence(ledger->journal, writer, &seq, &ledger->err));
        assert_int_equal(seq, 0);
    }
}

static void a_restart_goes_on_where_it_was(void **state)
{
    struct stage *stage = *state;
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
    FROM_TOKEN(stage);
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
        ON_STAGE(begins_at_the_sources_time),
        ON_STAGE(complete_when_the_backfill_ends),
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
        ON_STAGE(a_count_within_a_backfill_is_not_forgotten),
        ON_STAGE(equal_counts_go_on),
        ON_STAGE(wrong_counts_begin_from_nothing),
        ON_STAGE(a_stale_token_skips_ahead),
        ON_STAGE(a_running_backfill_goes_on),
        ON_STAGE(a_lost_target_is_read_again),
        ON_STAGE(every_writer_may_have_lost_commits),
        ON_STAGE(lost_fences_are_forgotten),
        ON_STAGE(a_restart_goes_on_where_it_was),
        ON_STAGE(a_pause_holds_the_stream),
        ON_STAGE(a_verification_is_ordered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
