/* The judgement over the engine's rules, and what the journal keeps about them. */
#include <stdio.h>

#include "base/clock.h"
#include "journal/alerts.h"
#include "lib/check.h"
#include "lib/ledger.h"

#define NOW INT64_C(1795402631000000)
#define SECOND INT64_C(1000000)

struct scene {
    struct settings *settings;
    struct engine_status engine;
    struct alert_facts facts;
    struct alert_input input;
    struct alerts alerts;
};

/* An engine that follows its source, and nothing wrong. */
static struct scene *scene_new(void)
{
    static const struct setting_override none[] = {{"read_budget", "1000"}, {NULL, NULL}};
    struct error err = {0};
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_true(settings_load("/dev/null", none, &scene->settings, &err));
    scene->engine = (struct engine_status){.state = ENGINE_RUNNING, .pid = 7, .beat_us = NOW};
    for (int i = 0; i < SOURCE_COUNT; i++)
        source_status_clear(&scene->engine.sources[i], (enum source_kind)i);
    struct source_status *source = &scene->engine.sources[SOURCE_FIRESTORE];
    source->state = SOURCE_LIVE;
    source->consistent_us = NOW - SECOND;
    source->lag_p99_us = SECOND;
    scene->facts.disk_free = INT64_C(100) << 30;
    scene->input = (struct alert_input){scene->settings, &scene->engine, true, &scene->facts, NOW};
    return scene;
}

static void scene_free(struct scene *scene)
{
    settings_free(scene->settings);
    free(scene);
}

static const struct alert *judged(struct scene *scene, enum alert_rule rule)
{
    alerts_judge(&scene->input, &scene->alerts);
    for (size_t i = 0; i < scene->alerts.count; i++)
        if (scene->alerts.list[i].rule == rule)
            return &scene->alerts.list[i];
    return NULL;
}

static void all_is_well(void **state)
{
    struct scene *scene = scene_new();
    (void)state;
    alerts_judge(&scene->input, &scene->alerts);
    assert_int_equal(scene->alerts.firing, 0);
    assert_true(scene->alerts.count > 10);
    for (size_t i = 0; i < scene->alerts.count; i++)
        if (scene->alerts.list[i].state != ALERT_OK)
            fail_msg("%s", scene->alerts.list[i].words);
    scene_free(scene);
}

/* Each rule by what makes it fire, and not one other with it. */
static void each_rule_fires(void **state)
{
    static const enum alert_rule rules[] = {
        ALERT_ENGINE, ALERT_WAITING, ALERT_PAUSED,       ALERT_SOURCE, ALERT_STALENESS,
        ALERT_ERRORS, ALERT_BUDGET,  ALERT_GROWTH,       ALERT_DEAD,   ALERT_HELD,
        ALERT_RUN,    ALERT_DISK,    ALERT_VERIFICATION,
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct scene *scene = scene_new();
        struct source_status *source = &scene->engine.sources[SOURCE_FIRESTORE];
        struct alert_facts *facts = &scene->facts;
        if (rules[i] == ALERT_ENGINE)
            scene->engine.beat_us = NOW - 6 * SECOND;
        else if (rules[i] == ALERT_WAITING)
            scene->engine.state = ENGINE_WAITING;
        else if (rules[i] == ALERT_PAUSED)
            scene->engine.state = ENGINE_PAUSED;
        else if (rules[i] == ALERT_SOURCE)
            source->state = SOURCE_WAITING;
        else if (rules[i] == ALERT_STALENESS)
            source->consistent_us = NOW - 301 * SECOND;
        else if (rules[i] == ALERT_ERRORS)
            source->error_rate = 0.02;
        else if (rules[i] == ALERT_BUDGET)
            source->reads_today = 900;
        else if (rules[i] == ALERT_GROWTH)
            facts->fresh = 1001;
        else if (rules[i] == ALERT_DEAD)
            facts->states[FAILURE_DEAD] = 1;
        else if (rules[i] == ALERT_HELD)
            facts->states[FAILURE_HELD] = 1;
        else if (rules[i] == ALERT_DISK)
            facts->disk_free = 1 << 20;
        else if (rules[i] == ALERT_RUN)
            snprintf(facts->last_run.result, sizeof(facts->last_run.result), "failed");
        else
            facts->verification.counts[VERIFY_STALE] = 3;
        facts->have_run = rules[i] == ALERT_RUN;
        facts->have_verification = rules[i] == ALERT_VERIFICATION;
        const struct alert *alert = judged(scene, rules[i]);
        assert_non_null(alert);
        assert_ptr_equal(alert, &scene->alerts.list[0]);
        assert_int_equal(alert->state, ALERT_FIRING);
        assert_string_not_equal(alert->words, "");
        assert_int_equal(scene->alerts.firing, 1);
        scene_free(scene);
    }
}

static void a_source_paused_alone_is_told(void **state)
{
    struct scene *scene = scene_new();
    (void)state;
    scene->engine.sources[SOURCE_STRIPE].state = SOURCE_PAUSED;
    const struct alert *alert = judged(scene, ALERT_PAUSED);
    assert_int_equal(alert->state, ALERT_FIRING);
    assert_int_equal(alert->source, SOURCE_STRIPE);
    assert_string_equal(alert->words, "stripe is paused");
    scene->engine.state = ENGINE_PAUSED; /* all of them: told once */
    (void)judged(scene, ALERT_PAUSED);
    assert_int_equal(scene->alerts.firing, 1);
    scene_free(scene);
}

static void a_failed_run_says_why(void **state)
{
    struct scene *scene = scene_new();
    struct run_row *run = &scene->facts.last_run;
    (void)state;
    scene->facts.have_run = true;
    snprintf(run->result, sizeof(run->result), "failed");
    snprintf(run->code, sizeof(run->code), "OS-4011");
    snprintf(run->message, sizeof(run->message), "permission denied for table orders");
    assert_string_equal(judged(scene, ALERT_RUN)->words,
                        "the last run failed: OS-4011 permission denied for table orders");
    scene_free(scene);
}

static void lag_waits_before_it_fires(void **state)
{
    struct scene *scene = scene_new();
    (void)state;
    scene->engine.sources[SOURCE_FIRESTORE].lag_p99_us = 61 * SECOND;
    assert_int_equal(judged(scene, ALERT_LAG)->state, ALERT_PENDING);
    scene->facts.episodes[0] = (struct alert_episode){ALERT_LAG, SOURCE_FIRESTORE, NOW - SECOND};
    scene->facts.episode_count = 1;
    assert_int_equal(judged(scene, ALERT_LAG)->state, ALERT_PENDING);
    scene->facts.episodes[0].since_us = NOW - 31 * SECOND;
    const struct alert *alert = judged(scene, ALERT_LAG);
    assert_int_equal(alert->state, ALERT_FIRING);
    assert_int_equal(alert->since_us, NOW - 31 * SECOND);
    assert_string_equal(alert->value, "1m 01s");
    assert_string_equal(alert->threshold, "1m 00s");
    scene_free(scene);
}

static void an_engine_that_ended(void **state)
{
    struct scene *scene = scene_new();
    (void)state;
    scene->input.runs = false;
    assert_string_equal(judged(scene, ALERT_ENGINE)->words,
                        "the last engine was killed or crashed");
    assert_null(judged(scene, ALERT_LAG)); /* what it measured is history */
    scene->engine.state = ENGINE_STOPPED;
    assert_int_equal(judged(scene, ALERT_ENGINE)->state, ALERT_OK);
    scene->facts.states[FAILURE_RETRYABLE] = 1;
    assert_int_equal(judged(scene, ALERT_ENGINE)->state, ALERT_FIRING);
    scene_free(scene);
}

static void marks_keep_it_quiet(void **state)
{
    struct scene *scene = scene_new();
    (void)state;
    scene->facts.states[FAILURE_DEAD] = 1;
    scene->facts.marks[0] = (struct alert_mark){.command = 9,
                                                .rule = ALERT_DEAD,
                                                .source = ALERT_NO_SOURCE,
                                                .kind = ALERT_SILENCED,
                                                .until_us = NOW + SECOND};
    scene->facts.mark_count = 1;
    assert_int_equal(judged(scene, ALERT_DEAD)->state, ALERT_FIRING);
    assert_int_equal(judged(scene, ALERT_DEAD)->silenced.command, 9);
    assert_int_equal(scene->alerts.firing, 0);
    scene->input.now_us = NOW + SECOND; /* the silence is over */
    (void)judged(scene, ALERT_DEAD);
    assert_int_equal(scene->alerts.firing, 1);
    scene_free(scene);
}

/* ---- the journal ---- */

static bool mark(struct ledger *ledger, const char *kind, const char *arguments, int64_t *ret_id)
{
    struct command command;
    bool found;
    LEDGER_OK(ledger,
              journal_send_command(ledger->reader, kind, arguments, "why", ret_id, &ledger->err));
    LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
    assert_true(found);
    bool done = journal_alert_mark(ledger->journal, &command, &ledger->err);
    command_free(&command);
    return done;
}

static struct alert_facts *facts_of(struct ledger *ledger)
{
    struct alert_facts *facts = arena_zero(&ledger->arena, sizeof(*facts));
    LEDGER_OK(ledger,
              journal_read_alert_facts(ledger->reader, clock_wall_us(), facts, &ledger->err));
    return facts;
}

static void marks_are_made_and_undone(void **state)
{
    struct ledger *ledger = *state;
    int64_t first, second;
    bool found;
    assert_true(mark(ledger, "acknowledge", "{\"rule\":\"dead\"}", &first));
    assert_true(mark(ledger, "silence",
                     "{\"rule\":\"lag\",\"source\":\"firestore\",\"until\":9000000000000000}",
                     &second));
    struct alert_facts *facts = facts_of(ledger);
    assert_int_equal(facts->mark_count, 2);
    assert_int_equal(facts->marks[0].rule, ALERT_LAG);
    assert_int_equal(facts->marks[0].source, SOURCE_FIRESTORE);
    assert_int_equal(facts->marks[0].until_us, INT64_C(9000000000000000));
    assert_string_equal(facts->marks[1].reason, "why");
    LEDGER_OK(ledger, journal_alert_unmark(ledger->journal, second, &found, &ledger->err));
    assert_true(found);
    LEDGER_OK(ledger, journal_alert_unmark(ledger->journal, second, &found, &ledger->err));
    assert_false(found);
    facts = facts_of(ledger);
    assert_int_equal(facts->mark_count, 1);
    assert_int_equal(facts->marks[0].command, first);
}

static void wrong_marks_are_refused(void **state)
{
    static const char *const wrong[] = {"{}", "{\"rule\":\"none\"}",
                                        "{\"rule\":\"lag\",\"source\":\"mars\"}",
                                        "{\"rule\":\"lag\",\"until\":5}"};
    struct ledger *ledger = *state;
    int64_t id;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(mark(ledger, "silence", wrong[i], &id));
        assert_int_equal(ledger->err.id, ERROR_COMMAND_ARGUMENTS);
    }
    assert_int_equal(facts_of(ledger)->mark_count, 0);
}

/* Since when is kept while it lasts; an acknowledgement ends with it. */
static void episodes_begin_and_end(void **state)
{
    struct ledger *ledger = *state;
    struct alerts *alerts = arena_zero(&ledger->arena, sizeof(*alerts));
    int64_t id;
    ledger_fail(ledger, "1", 1, true);
    assert_true(mark(ledger, "acknowledge", "{\"rule\":\"dead\"}", &id));
    alerts->count = 1;
    alerts->list[0] = (struct alert){.rule = ALERT_DEAD,
                                     .source = ALERT_NO_SOURCE,
                                     .state = ALERT_FIRING,
                                     .since_us = TIME_NONE};
    struct alert_facts *facts = facts_of(ledger);
    assert_int_equal(facts->states[FAILURE_DEAD], 1);
    assert_int_equal(facts->fresh, 1);
    LEDGER_OK(ledger, journal_alerts_note(ledger->journal, facts, alerts, NOW, &ledger->err));
    facts = facts_of(ledger);
    assert_int_equal(facts->episode_count, 1);
    assert_int_equal(facts->episodes[0].since_us, NOW);
    int64_t version = journal_reader_version(ledger->reader);
    LEDGER_OK(ledger, journal_alerts_note(ledger->journal, facts, alerts, NOW + 1, &ledger->err));
    assert_int_equal(journal_reader_version(ledger->reader), version); /* nothing to write */
    alerts->list[0].state = ALERT_OK;
    LEDGER_OK(ledger, journal_alerts_note(ledger->journal, facts, alerts, NOW + 2, &ledger->err));
    facts = facts_of(ledger);
    assert_int_equal(facts->episode_count, 0);
    assert_int_equal(facts->mark_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(each_rule_fires),
        cmocka_unit_test(a_source_paused_alone_is_told),
        cmocka_unit_test(a_failed_run_says_why),
        cmocka_unit_test(lag_waits_before_it_fires),
        cmocka_unit_test(an_engine_that_ended),
        cmocka_unit_test(marks_keep_it_quiet),
        cmocka_unit_test_setup_teardown(marks_are_made_and_undone, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(wrong_marks_are_refused, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(episodes_begin_and_end, ledger_setup, ledger_teardown),
    };
    return cmocka_run_group_tests_name("alerts", tests, NULL, NULL);
}
