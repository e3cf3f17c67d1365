/* The verification's thread, its clock and its orders. */
#include "engine/verifier.h"

#include <ctype.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/repair.h"
#include "engine/state.h"

#define TURN_US 200000
#define POSTPONE_US 60000000LL       /* while the engine does not follow, or is behind */
#define ORDERED_US 1000000LL         /* the same, while an operator waits */
#define AGAIN_US 600000000LL         /* after one that failed */
#define COMMANDS_WAIT_US 900000000LL /* for the engine to carry the repairs out */
#define PATIENCE_US 10000000LL

struct verifier {
    const struct settings *settings;
    int minute;      /* of the local day */
    int64_t next_us; /* wall */
    bool running;
    pthread_t thread;
    struct command command; /* that asked for it; id 0: none */
    bool deep;              /* what it asked for */
    uint64_t reads_today;
    void (*wake)(void *context);
    void *context;
    atomic_bool cancelled;
    atomic_bool done;
    pthread_mutex_t mutex; /* over `target`, which the thread owns */
    struct target *target;
    /* The thread's, until it is done: */
    struct repair repair;
    struct verify_report report;
    bool good;
    struct error error;
};

/* ---- the clock ---- */

bool verifier_parse(const char *text, int *ret_minute, struct error *err)
{
    int hour = 0;
    int minute = 0;
    int len = 0;
    if (strcmp(text, "off") == 0) {
        *ret_minute = -1;
        return true;
    }
    bool form = isdigit((unsigned char)text[0]) &&
                sscanf(text, "%2d:%2d%n", &hour, &minute, &len) == 2 && text[len] == '\0' &&
                isdigit((unsigned char)text[len - 1]) && isdigit((unsigned char)text[len - 2]);
    if (!form || hour > 23 || minute < 0 || minute > 59)
        return error_set(err, ERROR_SETTING_INVALID,
                         "verify_schedule: \"%.20s\" is no time of day such as 03:30, nor off",
                         text);
    *ret_minute = hour * 60 + minute;
    return true;
}

/* mktime(3) knows the days on which a clock is set: a minute that such a day leaves out is an hour
 * later on it. */
int64_t verifier_next(int64_t now_us, int minute)
{
    time_t now = (time_t)(now_us / 1000000);
    for (int days = 0; days < 3; days++) {
        struct tm local;
        localtime_r(&now, &local);
        local.tm_mday += days;
        local.tm_hour = minute / 60;
        local.tm_min = minute % 60;
        local.tm_sec = 0;
        local.tm_isdst = -1;
        int64_t then_us = (int64_t)mktime(&local) * 1000000;
        if (then_us > now_us)
            return then_us;
    }
    return now_us + 86400LL * 1000000;
}

int64_t verifier_wait_us(const struct error *err)
{
    return err->retry_after_us > AGAIN_US ? err->retry_after_us : AGAIN_US;
}

/* ---- the thread ---- */

static bool verifier_goes_on(void *context, const struct verify_report *so_far)
{
    struct verifier *verifier = context;
    (void)so_far;
    return !atomic_load(&verifier->cancelled);
}

static void verifier_found(void *context, enum verify_class class, const char *source_id)
{
    struct verifier *verifier = context;
    repair_add(&verifier->repair, class, source_id);
}

static void verifier_target(void *context, struct target *target)
{
    struct verifier *verifier = context;
    pthread_mutex_lock(&verifier->mutex);
    verifier->target = target;
    pthread_mutex_unlock(&verifier->mutex);
}

static bool wait_command(struct verifier *verifier, struct journal_reader *journal, int64_t id,
                         struct error *err)
{
    int64_t deadline = clock_monotonic_us() + COMMANDS_WAIT_US;
    struct command_row row = {.result = ""};
    while (row.result[0] == '\0') {
        if (!journal_read_command(journal, id, &row, err))
            return false;
        if (atomic_load(&verifier->cancelled))
            return error_set(err, ERROR_VERIFY_CANCELLED, "the engine ends");
        if (clock_monotonic_us() > deadline)
            return error_set(err, ERROR_COMMAND_WAITING, "repairs wait behind other work");
        if (row.result[0] == '\0')
            clock_sleep_us(TURN_US);
    }
    return true;
}

static bool verifier_repair(struct verifier *verifier, const struct verify_options *options,
                            struct error *err)
{
    int64_t commands[REPAIR_COMMANDS_MAX];
    size_t count = 0;
    if (repair_count(&verifier->repair) == 0)
        return true;
    verifier->repair.reason = "scheduled verification";
    verifier->repair.view = verifier->report.target_documents;
    if (!repair_send(&verifier->repair, options->journal, commands, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!wait_command(verifier, options->journal, commands[i], err))
            return false;
    }
    return repair_check(&verifier->repair, verifier->settings, options, &verifier->report, err);
}

static bool verifier_work(struct verifier *verifier, struct error *err)
{
    struct journal_reader *journal = NULL;
    struct verify_options options = {
        .patience_us = PATIENCE_US,
        .reads_today = verifier->reads_today,
        .reads_at_us = clock_wall_us(),
        .progress = verifier_goes_on,
        .opened = verifier_target,
        .context = verifier,
    };
    options.deep = verifier->deep;
    if (verifier->command.id == 0 && settings_boolean(verifier->settings, SET_VERIFY_REPAIR))
        options.found = verifier_found;
    if (!journal_reader_open(settings_text(verifier->settings, SET_STATE_DIR), &journal, err))
        return false;
    options.journal = journal;
    bool good = verify_run(verifier->settings, &options, &verifier->report, err) &&
                verifier_repair(verifier, &options, err);
    journal_reader_close(journal);
    return good;
}

static void *verifier_main(void *context)
{
    struct verifier *verifier = context;
    verifier->good = verifier_work(verifier, &verifier->error);
    atomic_store(&verifier->done, true);
    verifier->wake(verifier->context);
    return NULL;
}

/* ---- the engine's side ---- */

static int64_t scheduled_us(const struct verifier *verifier)
{
    return verifier->minute < 0 ? INT64_MAX : verifier_next(clock_wall_us(), verifier->minute);
}

bool verifier_new(const struct settings *settings, struct verifier **ret_verifier,
                  struct error *err)
{
    int minute;
    if (!verifier_parse(settings_text(settings, SET_VERIFY_SCHEDULE), &minute, err))
        return false;
    struct verifier *verifier = memory_zero(1, sizeof(*verifier));
    verifier->settings = settings;
    verifier->minute = minute;
    verifier->next_us = scheduled_us(verifier);
    pthread_mutex_init(&verifier->mutex, NULL);
    *ret_verifier = verifier;
    return true;
}

static void verifier_clear(struct verifier *verifier)
{
    verify_report_free(&verifier->report);
    repair_free(&verifier->repair);
    verifier->error = (struct error){.id = ERROR_NONE};
    verifier->running = verifier->deep = false;
    command_free(&verifier->command);
}

void verifier_cancel(struct verifier *verifier)
{
    if (verifier == NULL)
        return;
    atomic_store(&verifier->cancelled, true);
    pthread_mutex_lock(&verifier->mutex);
    if (verifier->target != NULL)
        target_interrupt(verifier->target);
    pthread_mutex_unlock(&verifier->mutex);
}

void verifier_free(struct verifier *verifier)
{
    if (verifier == NULL)
        return;
    verifier_cancel(verifier);
    if (verifier->running)
        pthread_join(verifier->thread, NULL);
    verifier_clear(verifier);
    pthread_mutex_destroy(&verifier->mutex);
    free(verifier);
}

static void verifier_start(struct engine *engine, struct verifier *verifier)
{
    struct source_meter meter = {.requests = 0};
    sigset_t all;
    sigset_t old;
    engine->ops->meter(engine->source, &meter);
    verifier->reads_today = meter.reads_today;
    verifier->wake = engine_wake;
    verifier->context = engine;
    atomic_store(&verifier->done, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    verifier->running = pthread_create(&verifier->thread, NULL, verifier_main, verifier) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (verifier->running)
        log_info("verify", "begins");
    else
        verifier->next_us = clock_wall_us() + AGAIN_US;
}

static void verifier_log(const struct verify_report *report)
{
    const struct verification *summary = &report->summary;
    struct log_number numbers[VERIFY_CLASS_COUNT + 4];
    size_t count = 0;
    numbers[count++] = (struct log_number){"documents", (double)summary->documents};
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++)
        numbers[count++] = (struct log_number){verify_class_name((enum verify_class) class),
                                               (double)summary->counts[class]};
    numbers[count++] = (struct log_number){"newer", (double)summary->newer};
    numbers[count++] = (struct log_number){"repaired", (double)summary->repaired};
    numbers[count++] = (struct log_number){"reads", (double)report->reads};
    log_numbers("verify", source_kind_name(summary->source), "compared", numbers, count);
    if (verification_differences(summary) > 0)
        log_warning("verify", "%llu differences are left",
                    (unsigned long long)verification_differences(summary));
}

/* To whoever asked for it. */
static void verifier_answer(struct engine *engine, const struct verifier *verifier,
                            const struct verification *summary)
{
    char message[400];
    struct error err = {0};
    uint64_t differences = verification_differences(summary);
    if (verifier->command.id == 0)
        return;
    if (verifier->good)
        snprintf(message, sizeof(message), "%llu documents%s, %llu difference%s",
                 (unsigned long long)summary->documents, summary->deep ? " with contents" : "",
                 (unsigned long long)differences, differences == 1 ? "" : "s");
    else
        STR_FILL(message, verifier->error.message);
    if (!journal_finish_command(engine->journal, verifier->command.id,
                                verifier->good ? "done" : "failed", message, &err))
        engine_fail(engine, &err);
}

static void verifier_take(struct engine *engine, struct verifier *verifier)
{
    struct verification summary = verifier->report.summary;
    struct error err = {0};
    pthread_join(verifier->thread, NULL);
    if (!verifier->good) {
        summary = (struct verification){
            .source = SOURCE_FIRESTORE,
            .started_us = clock_wall_us(),
            .finished_us = clock_wall_us(),
            .result = "failed",
        };
        STR_FILL(summary.message, verifier->error.message);
        log_error("verify", &verifier->error, source_kind_name(SOURCE_FIRESTORE), NULL);
    } else {
        verifier_log(&verifier->report);
    }
    if (engine->source != NULL && engine->ops->spent != NULL)
        engine->ops->spent(engine->source, verifier->report.reads, clock_wall_us());
    summary.scheduled = verifier->command.id == 0;
    STR_FILL(summary.operator_name,
             summary.scheduled ? engine->operator_name : verifier->command.operator_name);
    if (!journal_verification_add(engine->journal, &summary, &err))
        engine_fail(engine, &err);
    verifier_answer(engine, verifier, &summary);
    bool again = !verifier->good && summary.scheduled;
    verifier->next_us =
        again ? clock_wall_us() + verifier_wait_us(&verifier->error) : scheduled_us(verifier);
    verifier_clear(verifier);
}

/* Against a target that is not complete yet, everything would be missing. */
static bool verifier_may(const struct engine *engine)
{
    return engine->source != NULL && engine->live.phase == LIVE_FOLLOWING &&
           engine->live.complete && !backfill_active(engine) &&
           !engine_paused(engine, SOURCE_FIRESTORE) && !engine->draining;
}

bool verifier_order(struct engine *engine, struct command *take_command, bool deep,
                    struct error *err)
{
    struct verifier *verifier = engine->verifier;
    if (verifier == NULL || engine->source == NULL)
        return error_set(err, ERROR_COMMAND_ARGUMENTS,
                         "this engine does not follow its source: run `ordersync verify`");
    if (engine_paused(engine, SOURCE_FIRESTORE))
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "the source is paused: resume it first");
    if (verifier->running || verifier->command.id != 0)
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "a verification is under way already");
    verifier->command = *take_command;
    *take_command = (struct command){0};
    verifier->deep = deep;
    verifier->next_us = clock_wall_us();
    return true;
}

void verifier_step(struct engine *engine)
{
    struct verifier *verifier = engine->verifier;
    if (verifier == NULL)
        return;
    if (engine->draining)
        verifier_cancel(verifier);
    else if (verifier->running && atomic_load(&verifier->done))
        verifier_take(engine, verifier);
    else if (!verifier->running && clock_wall_us() >= verifier->next_us) {
        if (verifier_may(engine))
            verifier_start(engine, verifier);
        else
            verifier->next_us =
                clock_wall_us() + (verifier->command.id != 0 ? ORDERED_US : POSTPONE_US);
    }
}
