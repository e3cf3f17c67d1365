/* The overview for people, and as one JSON object. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/status.h"

static void print_engine(const struct overview *overview)
{
    const struct engine_status *engine = &overview->engine;
    int64_t now = clock_wall_us();
    if (!overview->engine_there) {
        page_field("engine", "none ever ran");
        return;
    }
    page_field("engine", "%s%s on %s, pid %d, version %s",
               overview->stale  ? "STALE, last said "
               : overview->lost ? "GONE, last said "
                                : "",
               engine_state_name(engine->state), engine->host, engine->pid, engine->version);
    page_field("since", "%s, last heard of %s ago", words_time(engine->started_us).text,
               words_age(engine->beat_us, now).text);
    page_field("message", "%s", engine->message);
}

static struct words words_ms(int64_t us)
{
    struct words words = {"-"};
    if (us >= 10000000)
        return words_seconds((double)us / 1e6);
    if (us >= 0)
        snprintf(words.text, sizeof(words.text), "%.1f ms", (double)us / 1e3);
    return words;
}

static void print_measures(const struct source_status *source)
{
    int64_t now = clock_wall_us();
    if (source->lag_p50_us >= 0)
        page_field("", "lag %s, p99 %s, max %s (a minute)", words_ms(source->lag_p50_us).text,
                   words_ms(source->lag_p99_us).text, words_ms(source->lag_max_us).text);
    if (source->lag_hour_p50_us >= 0)
        page_field("", "lag %s, p99 %s, max %s (an hour)", words_ms(source->lag_hour_p50_us).text,
                   words_ms(source->lag_hour_p99_us).text, words_ms(source->lag_hour_max_us).text);
    if (source->consistent_us != TIME_NONE)
        page_field("", "consistent %s ago%s", words_age(source->consistent_us, now).text,
                   source->complete ? "" : ", but not complete yet");
    if (source->processing_p50_us >= 0)
        page_field("", "a batch takes %s, p99 %s", words_ms(source->processing_p50_us).text,
                   words_ms(source->processing_p99_us).text);
    if (source->skew_us != TIME_NONE)
        page_field("", "this clock is ahead of the source's by %.3f s at most",
                   (double)source->skew_us / 1e6);
}

static void print_source(const struct source_status *source)
{
    int64_t now = clock_wall_us();
    if (source->state == SOURCE_OFF)
        return;
    page_field(source_kind_name(source->source), "%s %s", source_state_name(source->state),
               source->identity);
    page_field("", "%s of %s seen, %.0f/s, last event %s ago", words_count(source->seen).text,
               words_count(source->total).text, source->rate,
               words_age(source->last_event_us, now).text);
    print_measures(source);
    page_field("", "%s", source->message);
}

static void print_last_run(const struct overview *overview)
{
    const struct run_row *run = &overview->facts.last_run;
    if (!overview->facts.have_run)
        return;
    page_field("last run", "%s %s, %s", run->kind,
               run->result[0] == '\0' ? "unfinished" : run->result,
               words_time(run->started_us).text);
    page_field("", "%s seen, %s created, %s updated, %s unchanged, %s failed",
               words_count(run->counts.seen).text, words_count(run->counts.created).text,
               words_count(run->counts.updated).text, words_count(run->counts.unchanged).text,
               words_count(run->counts.failed).text);
}

static void print_verification(const struct overview *overview)
{
    const struct verification *last = &overview->facts.verification;
    uint64_t differences = verification_differences(last);
    if (!overview->facts.have_verification)
        return;
    if (strcmp(last->result, "failed") == 0)
        page_field("verification", "failed, %s: %s", words_time(last->finished_us).text,
                   last->message);
    else
        page_field("verification", "%s documents, %s differences, %s%s",
                   words_count(last->documents).text, words_count(differences).text,
                   words_time(last->finished_us).text, last->deep ? ", contents too" : "");
}

struct lines {
    size_t count;
};

static void print_problem(void *context, const char *what, const char *words)
{
    struct lines *lines = context;
    (void)what;
    page_field(lines->count++ == 0 ? "attention" : "", "%s", words);
}

void status_print_plain(const struct cli *cli, const struct overview *overview)
{
    page_line("ordersync %s", settings_text(cli->settings, SET_ENVIRONMENT));
    page_field("journal", "%s%s", settings_text(cli->settings, SET_STATE_DIR),
               overview->have_journal ? "" : " (none yet)");
    if (overview->have_journal) {
        print_engine(overview);
        for (int i = 0; i < SOURCE_COUNT; i++)
            print_source(&overview->engine.sources[i]);
        page_field("failures", "%s dead, %s to be retried, %s held, %s snoozed, %s skipped",
                   words_count(overview->facts.states[FAILURE_DEAD]).text,
                   words_count(overview->facts.states[FAILURE_RETRYABLE] +
                               overview->facts.states[FAILURE_IN_PROGRESS])
                       .text,
                   words_count(overview->facts.states[FAILURE_HELD]).text,
                   words_count(overview->facts.states[FAILURE_SNOOZED]).text,
                   words_count(overview->facts.states[FAILURE_SKIPPED]).text);
        print_last_run(overview);
        print_verification(overview);
    }
    status_tell_problems(overview, print_problem, &(struct lines){0});
}

static void duration_node(struct node *object, const char *key, int64_t us)
{
    if (us < 0)
        node_raw(object, key, STR_NULL);
    else
        node_real(object, key, (double)us / 1e3);
}

/* Milliseconds and seconds; null: nothing to measure. */
static void measures_node(struct node *item, const struct source_status *source)
{
    duration_node(item, "lag_p50_ms", source->lag_p50_us);
    duration_node(item, "lag_p99_ms", source->lag_p99_us);
    duration_node(item, "lag_max_ms", source->lag_max_us);
    duration_node(item, "lag_hour_p50_ms", source->lag_hour_p50_us);
    duration_node(item, "lag_hour_p99_ms", source->lag_hour_p99_us);
    duration_node(item, "lag_hour_max_ms", source->lag_hour_max_us);
    duration_node(item, "processing_p50_ms", source->processing_p50_us);
    duration_node(item, "processing_p99_ms", source->processing_p99_us);
    node_time(item, "consistent", source->consistent_us);
    if (source->consistent_us == TIME_NONE)
        node_raw(item, "staleness_s", STR_NULL);
    else
        node_real(item, "staleness_s", (double)(clock_wall_us() - source->consistent_us) / 1e6);
    node_boolean(item, "complete", source->complete);
    if (source->skew_us == TIME_NONE)
        node_raw(item, "skew_ms", STR_NULL);
    else
        node_real(item, "skew_ms", (double)source->skew_us / 1e3);
    node_real(item, "error_rate", source->error_rate);
}

static void source_node(struct node *item, const struct source_status *source)
{
    node_text(item, "source", source_kind_name(source->source));
    node_text(item, "state", source_state_name(source->state));
    node_text(item, "identity", source->identity);
    node_text(item, "message", source->message);
    node_unsigned(item, "seen", source->seen);
    node_unsigned(item, "created", source->created);
    node_unsigned(item, "updated", source->updated);
    node_unsigned(item, "deleted", source->deleted);
    node_unsigned(item, "unchanged", source->unchanged);
    node_unsigned(item, "failed", source->failed);
    node_unsigned(item, "total", source->total);
    node_real(item, "rate", source->rate);
    node_time(item, "last_event", source->last_event_us);
    node_time(item, "checkpoint", source->checkpoint_us);
    node_unsigned(item, "reads_today", source->reads_today);
    if (source->quota_left >= 0)
        node_integer(item, "quota_left", source->quota_left);
    node_unsigned(item, "requests", source->requests);
    node_unsigned(item, "retries", source->retries);
    node_unsigned(item, "unresolved", source->unresolved);
    measures_node(item, source);
}

static void engine_node(struct node *root, const struct overview *overview)
{
    const struct engine_status *engine = &overview->engine;
    struct node *object = node_object(root, "engine");
    node_text(object, "state", engine_state_name(engine->state));
    node_boolean(object, "runs", overview->runs);
    node_boolean(object, "stale", overview->stale);
    node_text(object, "host", engine->host);
    node_integer(object, "pid", engine->pid);
    node_text(object, "version", engine->version);
    node_time(object, "started", engine->started_us);
    node_time(object, "beat", engine->beat_us);
    node_text(object, "message", engine->message);
    node_text(object, "run", engine->run_id);
    node_unsigned(object, "rss_bytes", engine->rss_bytes);
    node_unsigned(object, "queue_items", engine->queue_items);
    node_unsigned(object, "queue_bytes", engine->queue_bytes);
    struct node *sources = node_list(root, "sources");
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (engine->sources[i].state != SOURCE_OFF)
            source_node(node_add(sources), &engine->sources[i]);
    }
}

static void run_node(struct node *root, const struct run_row *run)
{
    struct node *object = node_object(root, "last_run");
    node_text(object, "id", run->id);
    node_text(object, "kind", run->kind);
    node_text(object, "source", source_kind_name(run->source));
    node_text(object, "result", run->result);
    node_time(object, "started", run->started_us);
    node_time(object, "finished", run->finished_us);
    node_unsigned(object, "seen", run->counts.seen);
    node_unsigned(object, "created", run->counts.created);
    node_unsigned(object, "updated", run->counts.updated);
    node_unsigned(object, "deleted", run->counts.deleted);
    node_unsigned(object, "unchanged", run->counts.unchanged);
    node_unsigned(object, "failed", run->counts.failed);
}

static void verification_node(struct node *root, const struct verification *last)
{
    struct node *object = node_object(root, "verification");
    node_text(object, "source", source_kind_name(last->source));
    node_text(object, "result", last->result);
    node_text(object, "message", last->message);
    node_time(object, "started", last->started_us);
    node_time(object, "finished", last->finished_us);
    node_boolean(object, "deep", last->deep);
    node_boolean(object, "scheduled", last->scheduled);
    node_unsigned(object, "documents", last->documents);
    node_unsigned(object, "differences", verification_differences(last));
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++)
        node_unsigned(object, verify_class_name((enum verify_class) class), last->counts[class]);
    node_unsigned(object, "newer", last->newer);
    node_unsigned(object, "repaired", last->repaired);
}

static void problem_node(void *context, const char *what, const char *words)
{
    (void)what;
    node_add_text(context, words);
}

static void reason_node(void *context, const char *what, const char *words)
{
    (void)words;
    node_add_text(context, what);
}

/* Those that are not well, with what operators said about them. */
static void alerts_node(struct node *list, const struct alerts *alerts)
{
    for (size_t i = 0; i < alerts->count; i++) {
        const struct alert *alert = &alerts->list[i];
        if (alert->state == ALERT_OK)
            continue;
        struct node *item = node_add(list);
        node_text(item, "rule", alert_info(alert->rule)->name);
        if (alert->source != ALERT_NO_SOURCE)
            node_text(item, "source", source_kind_name((enum source_kind)alert->source));
        node_text(item, "state", alert->state == ALERT_FIRING ? "firing" : "pending");
        node_text(item, "message", alert->words);
        node_text(item, "value", alert->value);
        node_text(item, "threshold", alert->threshold);
        node_time(item, "since", alert->since_us);
        node_boolean(item, "acknowledged", alert->acknowledged.command != 0);
        node_time(item, "silenced_until",
                  alert->silenced.command != 0 ? alert->silenced.until_us : TIME_NONE);
    }
}

void status_print_json(const struct cli *cli, const struct overview *overview)
{
    struct node *root = node_new();
    node_text(root, "environment", settings_text(cli->settings, SET_ENVIRONMENT));
    node_text(root, "state_dir", settings_text(cli->settings, SET_STATE_DIR));
    node_boolean(root, "journal", overview->have_journal);
    if (overview->engine_there)
        engine_node(root, overview);
    struct node *failures = node_object(root, "failures");
    for (int state = FAILURE_RETRYABLE; state < FAILURE_STATE_COUNT; state++)
        node_unsigned(failures, failure_state_name((enum failure_state)state),
                      overview->facts.states[state]);
    if (overview->facts.have_run)
        run_node(root, &overview->facts.last_run);
    if (overview->facts.have_verification)
        verification_node(root, &overview->facts.verification);
    status_tell_problems(overview, problem_node, node_list(root, "attention"));
    status_tell_problems(overview, reason_node, node_list(root, "reasons"));
    alerts_node(node_list(root, "alerts"), &overview->alerts);
    node_print(root);
}
