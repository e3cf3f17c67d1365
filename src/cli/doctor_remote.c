/* Checks of what is reached over a network: target, source, and the clocks on both sides. */
#include <stdlib.h>

#include "base/clock.h"
#include "cli/database.h"
#include "cli/doctor.h"
#include "cli/page.h"
#include "source/lookback.h"
#include "target/health.h"

#define CONNECT_TIMEOUT_S 5
#define SOURCE_WAIT_US 15000000
#define STEP_US 100000
#define SKEW_MAX_US 2000000

/* ---- target ---- */

static void report_rights(struct doctor *doctor, const struct target_health *health)
{
    if (health->read_only)
        doctor_warn(doctor, "Point database_url at the primary server.",
                    "the server only reads: a standby, or a read-only session");
    if (!health->have_schema && !health->may_create)
        doctor_warn(doctor, "GRANT CREATE ON DATABASE ... TO the user, or let its owner migrate.",
                    "%s may not create the schema in %s", health->user, health->database);
    if (!health->may_write)
        doctor_warn(doctor,
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ordersync.",
                    "%s may not write every table of schema ordersync", health->user);
}

static void report_server(struct doctor *doctor, const struct target_health *health)
{
    doctor_ok(doctor, "PostgreSQL %s, %s as %s, %s, %d of %d connections in use", health->version,
              health->database, health->user, words_bytes(health->bytes).text, health->connections,
              health->max_connections);
    if (!health->fsync || !health->full_page_writes)
        doctor_warn(
            doctor, "Set fsync = on and full_page_writes = on in postgresql.conf.",
            "fsync or full_page_writes is off: a crash of the server loses orders that ordersync "
            "has settled");
    report_rights(doctor, health);
}

static void check_schema(struct doctor *doctor)
{
    struct target *target = NULL;
    struct error err = {0};
    if (database_open(doctor->cli, true, &target, &err) && target_check_schema(target, &err))
        doctor_ok(doctor, "schema is this version's");
    else
        doctor_fail(doctor, &err);
    target_close(target);
}

void doctor_check_target(struct doctor *doctor)
{
    struct target_options options = {
        .database_url = settings_text(doctor->cli->settings, SET_DATABASE_URL),
        .application_name = "ordersync doctor",
        .connect_timeout_s = CONNECT_TIMEOUT_S,
        .statement_timeout_s = CONNECT_TIMEOUT_S,
    };
    struct target_health health;
    struct error err = {0};
    if (!target_read_health(&options, &health, &err)) {
        doctor_fail(doctor, &err);
        return;
    }
    doctor->target_answers = true;
    doctor->skew_us = health.skew_us;
    report_server(doctor, &health);
    check_schema(doctor);
}

/* ---- source ---- */

struct count_answer {
    bool there;
    int64_t count;
    struct error error;
};

static void take_count(void *context, int64_t count, const struct error *err)
{
    struct count_answer *answer = context;
    answer->there = true;
    answer->count = count;
    if (err != NULL)
        answer->error = *err;
}

/* One count: it needs the credentials, the network, the database and the right to read, and costs
 * next to nothing. */
static void ask_count(struct source *source, struct count_answer *answer)
{
    int64_t deadline = clock_monotonic_us() + SOURCE_WAIT_US;
    source_firestore.count(source, take_count, answer);
    while (!answer->there && clock_monotonic_us() < deadline)
        source_firestore.step(source, STEP_US);
    if (answer->there)
        return;
    struct source_meter meter;
    source_firestore.meter(source, &meter);
    if (meter.last_error.id != ERROR_NONE)
        answer->error = meter.last_error;
    else
        (void)error_set(&answer->error, ERROR_SOURCE_TIMEOUT, "no answer within 15 s");
}

void doctor_check_source(struct doctor *doctor)
{
    struct source *source = NULL;
    struct count_answer answer = {0};
    struct error err = {0};
    if (!source_firestore.open(doctor->cli->settings, &source, &err)) {
        doctor_fail(doctor, &err);
        return;
    }
    ask_count(source, &answer);
    if (answer.error.id != ERROR_NONE)
        doctor_fail(doctor, &answer.error);
    else if (answer.count == 0)
        doctor_warn(doctor, "Check `collection`, `project` and `firestore_database`.",
                    "%s holds no document", source_firestore.identity(source));
    else
        doctor_ok(doctor, "%s holds %s documents", source_firestore.identity(source),
                  words_count((uint64_t)answer.count).text);
    source_firestore.close(source);
}

/* ---- Stripe and Printful ---- */

/* An operator is waiting: two tries that failed tell enough. */
#define API_TRIES 2

struct walk_answer {
    bool there;
    struct error error;
};

static void take_walk(void *context, struct lookback_page *take_page, const struct error *err)
{
    struct walk_answer *answer = context;
    answer->there = true;
    if (err != NULL)
        answer->error = *err;
    lookback_page_free(take_page);
}

/* The first page of a list, of this second alone where the source knows dates: it needs the key,
 * its permissions and the network. */
static void ask_walk(const struct source_ops *ops, struct source *source, enum lookback_walk walk,
                     struct walk_answer *answer)
{
    struct source_meter meter;
    int64_t now_s = clock_wall_us() / 1000000;
    int64_t deadline = clock_monotonic_us() + SOURCE_WAIT_US;
    struct lookback_window window = {walk, now_s, now_s};
    ops->lookback->walk(source, &window, NULL, take_walk, answer);
    do {
        ops->step(source, STEP_US);
        ops->meter(source, &meter);
    } while (!answer->there && meter.retries < API_TRIES && clock_monotonic_us() < deadline);
    if (answer->there)
        return;
    if (meter.last_error.id != ERROR_NONE)
        answer->error = meter.last_error;
    else
        (void)error_set(&answer->error, ERROR_SOURCE_TIMEOUT, "no answer within 15 s");
}

static void check_api(struct doctor *doctor, const struct source_ops *ops, enum setting_id key)
{
    struct source *source = NULL;
    struct error err = {0};
    if (!settings_is_set(doctor->cli->settings, key)) {
        doctor_ok(doctor, "not in use: %s is not set", settings_variable(key));
        return;
    }
    if (!ops->open(doctor->cli->settings, &source, &err)) {
        doctor_fail(doctor, &err);
        return;
    }
    for (size_t i = 0; i < ops->lookback->walk_count && err.id == ERROR_NONE; i++) {
        enum lookback_walk walk = ops->lookback->walks[i];
        struct walk_answer answer = {0};
        ask_walk(ops, source, walk, &answer);
        err = answer.error;
        if (err.id == ERROR_NONE)
            doctor_ok(doctor, "%s can be read (%s)", lookback_walk_name(walk),
                      ops->identity(source));
        else
            doctor_fail(doctor, &err);
    }
    ops->close(source); /* cancels a walk that got no answer: `answer` is gone by then */
}

void doctor_check_stripe(struct doctor *doctor)
{
    check_api(doctor, &source_stripe, SET_STRIPE_KEY);
}

void doctor_check_printful(struct doctor *doctor)
{
    check_api(doctor, &source_printful, SET_PRINTFUL_KEY);
}

/* ---- clock ---- */

void doctor_check_clock(struct doctor *doctor)
{
    int64_t skew = llabs(doctor->skew_us);
    if (!doctor->target_answers)
        doctor_ok(doctor, "not compared: the target does not answer");
    else if (skew > SKEW_MAX_US)
        doctor_warn(
            doctor, "Synchronise the clocks (chrony, systemd-timesyncd); tokens and lag need it.",
            "this machine and the target differ by %s", words_seconds((double)skew / 1e6).text);
    else
        doctor_ok(doctor, "within %s of the target's", words_seconds((double)skew / 1e6).text);
}
