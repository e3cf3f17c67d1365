/* Deletes that wait for a person's word, and sources that a person paused: nothing else deletes. */
#include <stdio.h>

#include "lib/check.h"
#include "lib/stage.h"

static void send(struct stage *stage, const char *kind, const char *arguments)
{
    struct ledger *ledger = stage->ledger;
    int64_t id;
    LEDGER_OK(ledger,
              journal_send_command(ledger->reader, kind, arguments, "because", &id, &ledger->err));
    commands_step(stage->engine);
}

static void hold(struct stage *stage, const char *id)
{
    struct error error;
    struct settled_change change = ledger_failed(id, 1, &error, "");
    error_set(&error, ERROR_ABSENCE_HELD, "5000 absences within an hour");
    change.outcome = OUTCOME_HELD;
    LEDGER_OK(stage->ledger, ledger_settle(stage->ledger, &change, 1));
}

static void follow(struct stage *stage)
{
    stage_know(stage, "t0", true);
    stage_begin(stage, "tombstone");
    stage_follow(stage);
}

static const struct gone *gone_of(const struct job *job, const char *id)
{
    for (size_t i = 0; i < job->gone_count; i++)
        if (strcmp(job->gone[i].id, id) == 0)
            return &job->gone[i];
    return NULL;
}

/* Held, refused or of no failure: only the last is a tombstone when somebody pulls it. */
static void a_pull_is_not_the_word_release(void **state)
{
    struct stage *stage = *state;
    uint64_t changed, refused;
    follow(stage);
    hold(stage, "held");
    hold(stage, "kept");
    LEDGER_OK(stage->ledger, ledger_command(stage->ledger, "refuse",
                                            "{\"source\":\"firestore\",\"source_id\":\"kept\"}",
                                            &changed, &refused));
    char arguments[128];
    snprintf(arguments, sizeof(arguments),
             "{\"source\":\"%s\",\"source_ids\":[\"held\",\"kept\",\"free\"]}",
             stage->engine->ops->name);
    send(stage, "pull", arguments);
    assert_string_equal(stage->fetched, "held kept free");
    stage_fetched(stage, "held kept free", 20);
    assert_int_equal(stage->job_count, 1);
    const struct job *job = stage->jobs[0];
    assert_int_equal(job->hold, ERROR_ABSENCE_HELD);
    assert_false(gone_of(job, "held")->decided);
    assert_false(gone_of(job, "kept")->decided);
    assert_true(gone_of(job, "free")->decided);
    stage_land(stage, 0);
}

/* A listing lacked one, which waits to be asked about and deleted while the source is paused. */
static void a_pause_stops_the_sweep(void **state)
{
    struct stage *stage = *state;
    follow(stage);
    stage_tell(stage, LISTEN_RESET, NULL);
    stage_document(stage, "a");
    stage_land(stage, 0);
    stage_snapshot(stage, "t1", 10);
    send(stage, "pause", "{\"source\":\"firestore\"}");
    stage_live(stage, "a b");
    stage_turn(stage);
    assert_null(stage->fetch_done); /* reads are billed */
    send(stage, "resume", "{\"source\":\"firestore\"}");
    stage_turn(stage);
    assert_string_equal(stage->fetched, "b");
    send(stage, "pause", "{\"source\":\"firestore\"}");
    stage_fetched(stage, "b", 30);
    stage_turn(stage);
    assert_int_equal(stage->job_count, 0);
    send(stage, "resume", "{\"source\":\"firestore\"}");
    stage_turn(stage);
    assert_string_equal(stage_job_text(stage, 0), "-b@10");
    stage_land(stage, 0);
    stage_turn(stage);
    assert_string_equal(stage_row(stage), "t1/10/1/0");
}

static void a_pause_stops_what_is_unsure(void **state)
{
    struct stage *stage = *state;
    follow(stage);
    send(stage, "pause", "{\"source\":\"firestore\"}");
    stage_tell(stage, LISTEN_UNSURE, "x");
    assert_null(stage->fetch_done);
    send(stage, "resume", "{\"source\":\"firestore\"}");
    stage_turn(stage);
    assert_string_equal(stage->fetched, "x");
    stage_fetched(stage, "x", 20);
    stage_land(stage, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pull_is_not_the_word_release, stage_setup,
                                        stage_teardown),
        cmocka_unit_test_setup_teardown(a_pause_stops_the_sweep, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(a_pause_stops_what_is_unsure, stage_setup, stage_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
