/* Following a source that has to be read whole: where the stream begins before a backfill, and what
 * begins one anew: a token that is too old, a target that lost commits. */
#include "base/clock.h"
#include "lib/check.h"
#include "lib/stage.h"

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

/* ---- too old ---- */

static void a_stale_token_skips_ahead(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
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

/* ---- a target that lost commits ---- */

static void a_lost_target_is_read_again(void **state)
{
    struct stage *stage = *state;
    stage_from_token(stage);
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
    stage_from_token(stage);
    stage_other_lane(stage, "a");
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
    stage_from_token(stage);
    stage_other_lane(stage, "a");
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

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(begins_at_the_sources_time),
        ON_STAGE(complete_when_the_backfill_ends),
        ON_STAGE(a_count_within_a_backfill_is_not_forgotten),
        ON_STAGE(a_stale_token_skips_ahead),
        ON_STAGE(a_running_backfill_goes_on),
        ON_STAGE(a_lost_target_is_read_again),
        ON_STAGE(every_writer_may_have_lost_commits),
        ON_STAGE(lost_fences_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
