/* The engine thread: one loop that lets the source work, settles what the writers bring back,
 * carries out commands, and says how it is. */
#include "engine/engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"
#include "journal/planning.h"
#include "journal/reader.h"
#include "journal/share.h"

void engine_wake(void *context)
{
    struct engine *engine = context;
    uint64_t one = 1;
    if (engine->source != NULL) {
        engine->ops->wake(engine->source);
        return;
    }
    ssize_t written = write(engine->wake_fd, &one, sizeof(one));
    (void)written; /* a full counter wakes as well */
}

bool engine_paused(const struct engine *engine, enum source_kind source)
{
    return (engine->paused & (1u << source)) != 0;
}

bool engine_all_paused(const struct engine *engine)
{
    unsigned open = sync_sources(engine);
    if (engine->source != NULL)
        open |= 1u << SOURCE_FIRESTORE;
    return ((open == 0 ? ENGINE_EVERY_SOURCE : open) & ~engine->paused) == 0;
}

void engine_fail(struct engine *engine, const struct error *err)
{
    pthread_mutex_lock(&engine->mutex);
    bool first = engine->result.id == ERROR_NONE;
    if (first)
        engine->result = *err;
    pthread_mutex_unlock(&engine->mutex);
    if (first)
        log_error("engine", err, NULL, NULL);
    atomic_store(&engine->stop_requested, true);
    writers_cancel(engine->writers);
}

/* ---- the loop ---- */

#define TEXTS_PIECE 500 /* failures a poll: some ten milliseconds */

static void engine_wait_work(struct engine *engine, int64_t timeout_us)
{
    if (timeout_us < 0)
        timeout_us = 0;
    if (engine->source != NULL) {
        engine->ops->step(engine->source, timeout_us);
        if (engine->live.phase != LIVE_OFF) /* before the journal's fsync delays it */
            live_flush(engine);
        return;
    }
    struct pollfd wait = {.fd = engine->wake_fd, .events = POLLIN};
    uint64_t count;
    if (poll(&wait, 1, (int)(timeout_us / 1000)) > 0) {
        ssize_t taken = read(engine->wake_fd, &count, sizeof(count));
        (void)taken;
    }
}

/* A one-off run ends when nothing is left to do now. */
static bool engine_has_work(struct engine *engine)
{
    size_t jobs;
    size_t bytes;
    writers_load(engine->writers, &jobs, &bytes);
    return jobs > 0 || fetch_active(engine) || bulk_active(engine) || engine->deciding.id != 0 ||
           engine->application.active || engine->forgetting_plans || backfill_active(engine) ||
           sync_active(engine);
}

static void engine_pace(struct engine *engine)
{
    double rate = (double)settings_integer(engine->settings, SET_TARGET_RATE);
    engine->pace.rate = engine->pace.burst = rate;
}

/* So that a search finds them at once. A journal that cannot take it now is no reason to stop: the
 * texts wait, and a search reads those that wait one by one. */
static void engine_index_texts(struct engine *engine)
{
    struct error err = {0};
    bool more;
    if (!journal_index_texts(engine->journal, TEXTS_PIECE, &more, &err))
        log_warning("journal", "texts wait to be indexed: %s", err.message);
}

static void engine_poll(struct engine *engine, int64_t now)
{
    if (now >= engine->next_poll_us) {
        engine->next_poll_us = now + ENGINE_POLL_US;
        engine_pace(engine); /* a reload may have changed it */
        commands_step(engine);
        planning_step(engine);
        if (!engine->options.dry_run)
            engine_index_texts(engine);
        report_step(engine);
        watch_step(engine);
        if (!engine->options.dry_run)
            minute_step(engine, false);
        verifier_step(engine);
    }
    if (now >= engine->next_due_us && !engine->options.dry_run) {
        engine->next_due_us = now + ENGINE_DUE_US;
        bulk_step(engine);
        fetch_due(engine);
    }
}

/* True when the drain is over: everything under way came back. What waits for a target that is down
 * is not waited for. */
static bool engine_drained(struct engine *engine, int64_t now)
{
    size_t jobs;
    size_t bytes;
    struct error waiting;
    bool stopped;
    if (!engine->draining) {
        engine->draining = true;
        engine->drain_since_us = now;
        log_info("engine", "draining");
    }
    writers_load(engine->writers, &jobs, &bytes);
    int64_t drain_us = settings_integer(engine->settings, SET_DRAIN_TIMEOUT) * 1000000;
    bool hopeless = writers_waiting(engine->writers, &waiting, &stopped);
    if (jobs > 0 && (hopeless || now - engine->drain_since_us > drain_us))
        writers_cancel(engine->writers);
    return jobs == 0;
}

static bool engine_turn(struct engine *engine)
{
    int64_t now = clock_monotonic_us();
    settle_results(engine);
    if (atomic_load(&engine->stop_requested) && engine_drained(engine, now))
        return false;
    engine_poll(engine, now);
    live_step(engine);
    backfill_step(engine);
    sync_step(engine);
    application_step(engine);
    if (engine->options.once && !engine->draining && !engine_has_work(engine)) {
        engine->next_poll_us = engine->next_due_us = 0; /* there may be more of either */
        engine_poll(engine, now);
        if (!engine_has_work(engine) &&
            (engine->customers == NULL || customers_drained(engine->customers)))
            return false;
    }
    engine_wait_work(engine, engine->next_poll_us - clock_monotonic_us());
    return true;
}

static void *engine_main(void *context)
{
    struct engine *engine = context;
    if (engine->options.live)
        live_begin(engine);
    else if (engine->options.backfill)
        backfill_begin(engine, engine->options.dry_run);
    if (engine->options.sync)
        sync_begin(engine, engine->options.sync_sources, engine->options.sync_days,
                   engine->options.fresh, engine->options.dry_run);
    while (engine_turn(engine))
        continue;
    fetch_give_back(engine);
    backfill_end(engine);
    sync_drained(engine);
    writers_join(engine->writers); /* they wake the source: it goes after them */
    verifier_free(engine->verifier);
    engine->verifier = NULL;
    customers_free(engine->customers);
    engine->customers = NULL;
    live_end(engine);
    report_final(engine); /* how the source was, and the day's reads: so before it is closed */
    if (!engine->options.dry_run)
        minute_step(engine, true);
    lookback_free(engine->lookback); /* it wakes the source too */
    engine->lookback = NULL;
    if (engine->source != NULL)
        engine->ops->close(engine->source);
    engine->source = NULL;
    pthread_mutex_lock(&engine->mutex);
    engine->done = true;
    pthread_cond_broadcast(&engine->ended);
    pthread_mutex_unlock(&engine->mutex);
    return NULL;
}

/* ---- start ---- */

static bool engine_start_writers(struct engine *engine, struct error *err)
{
    int64_t acknowledged[WRITERS_MAX] = {0};
    unsigned count = (unsigned)settings_integer(engine->settings, SET_WRITERS);
    for (unsigned i = 0; i < count; i++) {
        if (!journal_fence(engine->journal, (int)i, &acknowledged[i], err))
            return false;
    }
    struct writers_options options = {
        .settings = engine->settings,
        .journal_id = journal_id(engine->journal),
        .identities = {[SOURCE_FIRESTORE] =
                           engine->source == NULL ? NULL : engine->ops->identity(engine->source),
                       [SOURCE_STRIPE] = lookback_identity(engine->lookback, SOURCE_STRIPE),
                       [SOURCE_PRINTFUL] = lookback_identity(engine->lookback, SOURCE_PRINTFUL)},
        .count = count,
        .acknowledged = acknowledged,
        .impatient = engine->options.once,
        .give_up_us = settings_integer(engine->settings, SET_GIVE_UP) * 1000000,
        .wake = engine_wake,
        .context = engine,
    };
    if (!link_parse(engine->settings, &options.link, err))
        return false;
    engine->writers = writers_start(&options);
    if (!engine->options.dry_run)
        engine->customers = customers_start(engine->settings, engine_wake, engine);
    return true;
}

static struct engine *engine_new(const struct settings *settings,
                                 const struct engine_options *options)
{
    struct engine *engine = memory_zero(1, sizeof(*engine));
    pthread_condattr_t attributes;
    engine->settings = settings;
    engine->options = *options;
    snprintf(engine->operator_name, sizeof(engine->operator_name), "%s", options->operator_name);
    snprintf(engine->origin, sizeof(engine->origin), "%s", options->origin);
    engine->ops = &source_firestore;
    engine->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    engine->last_event_us = engine->checkpoint_us = engine->consistent_us = TIME_NONE;
    engine->status.started_us = clock_wall_us();
    engine_pace(engine);
    fetch_init(engine);
    pthread_mutex_init(&engine->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    return engine;
}

/* The day's reads outlive the process: a budget is not had twice by starting twice. What the
 * journal cannot tell is not counted. */
static void engine_tell_spent(struct engine *engine)
{
    struct journal_reader *reader = NULL;
    struct engine_status status;
    struct error err;
    if (engine->source == NULL || engine->ops->spent == NULL)
        return;
    if (!journal_reader_open(settings_text(engine->settings, SET_STATE_DIR), &reader, &err) ||
        !journal_read_status(reader, &status, &err))
        log_warning("engine", "reads of today are not known: %s", err.message);
    else if (status.beat_us != TIME_NONE)
        engine->ops->spent(engine->source, status.sources[SOURCE_FIRESTORE].reads_today,
                           status.beat_us);
    if (reader != NULL)
        journal_reader_close(reader);
}

/* A sync needs every source that it was asked for; else those with a key are opened, for retries,
 * pulls and the schedule. */
static bool engine_open_lookback(struct engine *engine, struct error *err)
{
    struct engine_options *options = &engine->options;
    struct lookback_options lookback = {
        .settings = engine->settings,
        .impatient = options->once,
        .give_up_us = settings_integer(engine->settings, SET_GIVE_UP) * 1000000,
        .wake = engine_wake,
        .context = engine,
    };
    bool keys = settings_text(engine->settings, SET_STRIPE_KEY)[0] != '\0' ||
                settings_text(engine->settings, SET_PRINTFUL_KEY)[0] != '\0';
    if (!keys && !options->sync)
        return true;
    engine->lookback = lookback_start(&lookback);
    if (options->sync_sources == 0)
        options->sync_sources = 1u << SOURCE_STRIPE | 1u << SOURCE_PRINTFUL;
    for (int i = 0; options->sync && i < SOURCE_COUNT; i++) {
        if ((options->sync_sources & (1u << i)) != 0 &&
            !lookback_has(engine->lookback, (enum source_kind)i, err))
            return false;
    }
    return true;
}

/* Without its source an engine still carries out skip, note and undo; a backfill needs it. */
static bool engine_open(struct engine *engine, struct error *err)
{
    const char *state_dir = settings_text(engine->settings, SET_STATE_DIR);
    if (!journal_share(state_dir, settings_text(engine->settings, SET_STATE_GROUP), err) ||
        !journal_open(state_dir, &engine->journal, err))
        return false;
    if (!journal_plans_break(engine->journal, err))
        return false;
    if (*journal_notice(engine->journal) != '\0')
        log_warning("journal", "%s", journal_notice(engine->journal));
    if (!engine->ops->open(engine->settings, &engine->source, &engine->source_error)) {
        engine->source = NULL;
        if (engine->options.backfill || engine->options.live) {
            *err = engine->source_error;
            return false;
        }
    }
    engine_tell_spent(engine);
    if (!engine_open_lookback(engine, err) || !sync_init(engine, err))
        return false;
    if (engine->options.live && engine->ops->listen == NULL)
        return error_set(err, ERROR_LIVE_UNSUPPORTED, "%s cannot be followed", engine->ops->name);
    if (engine->options.live && !verifier_new(engine->settings, &engine->verifier, err))
        return false;
    return engine_start_writers(engine, err);
}

/* A crash must stay deliverable here: blocked, it would end the process past the console's handler,
 * which gives the terminal back. */
static bool engine_start_thread(struct engine *engine, struct error *err)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigdelset(&all, crashes[i]);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&engine->thread, NULL, engine_main, engine);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = failed;
    return failed == 0 || error_set_errno(err, ERROR_INTERNAL, "engine thread");
}

static void engine_close(struct engine *engine)
{
    verifier_free(engine->verifier);
    customers_free(engine->customers);
    if (engine->writers != NULL) {
        writers_cancel(engine->writers);
        writers_free(engine->writers);
    }
    sync_free(engine);
    lookback_free(engine->lookback);
    if (engine->source != NULL)
        engine->ops->close(engine->source);
    bulk_free(engine);
    command_free(&engine->deciding);
    application_free(&engine->application);
    if (engine->journal != NULL)
        journal_close(engine->journal);
    backfill_free(&engine->backfill);
    close(engine->wake_fd);
    pthread_cond_destroy(&engine->ended);
    pthread_mutex_destroy(&engine->mutex);
    free(engine);
}

bool engine_start(const struct settings *settings, const struct engine_options *options,
                  struct engine **ret_engine, struct error *err)
{
    struct engine *engine = engine_new(settings, options);
    if (!engine_open(engine, err) || !engine_start_thread(engine, err)) {
        engine_close(engine);
        return false;
    }
    *ret_engine = engine;
    return true;
}

/* ---- from other threads ---- */

void engine_stop(struct engine *engine)
{
    atomic_store(&engine->stop_requested, true);
}

bool engine_is_done(struct engine *engine)
{
    return engine_wait(engine, 0);
}

bool engine_wait(struct engine *engine, int64_t timeout_us)
{
    int64_t until = clock_monotonic_us() + timeout_us;
    struct timespec deadline = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    int waited = 0;
    pthread_mutex_lock(&engine->mutex);
    while (!engine->done && waited != ETIMEDOUT) {
        if (timeout_us < 0)
            pthread_cond_wait(&engine->ended, &engine->mutex);
        else
            waited = pthread_cond_timedwait(&engine->ended, &engine->mutex, &deadline);
    }
    bool done = engine->done;
    pthread_mutex_unlock(&engine->mutex);
    return done;
}

void engine_read_status(struct engine *engine, struct engine_status *ret_status)
{
    pthread_mutex_lock(&engine->mutex);
    *ret_status = engine->status;
    pthread_mutex_unlock(&engine->mutex);
}

bool engine_result(struct engine *engine, struct run_counts *ret_counts, struct error *err)
{
    pthread_mutex_lock(&engine->mutex);
    bool good = engine->result.id == ERROR_NONE;
    if (!good)
        *err = engine->result;
    *ret_counts = engine->totals;
    pthread_mutex_unlock(&engine->mutex);
    return good;
}

void engine_free(struct engine *engine)
{
    engine_wait(engine, -1);
    pthread_join(engine->thread, NULL);
    engine_close(engine);
}
