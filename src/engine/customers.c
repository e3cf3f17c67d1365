/* When customers are recomputed: soon after live changes, seldom while much is written, at full
 * speed while nothing is. What is recomputed is target/recompute.h's. */
#include "engine/customers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "engine/policy.h"
#include "target/recompute.h"

#define POLL_US 60000000          /* notes that others left: another engine, plain SQL */
#define BUSY_US 1000000           /* another engine recomputes */
#define BACKFILL_PAUSE_US 5000000 /* at least, between two batches in a backfill */
#define LIVE_SHARE 4              /* while documents come, pauses are so many times the work */
#define BACKFILL_SHARE 9
#define QUIET_US 2000000     /* without a document: no pause any more */
#define CUTOFFS_US 600000000 /* how often new cut-offs are thought of */
#define CUTOFFS_SOON_US 30000000
#define CUTOFFS_CUSTOMERS 1000 /* recomputed: then as soon as that */
#define DRAIN_TRIES 20
#define ORDER_TRIES 5

struct customers {
    const struct settings *settings;
    customers_wake_fn *wake;
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wakeup; /* CLOCK_MONOTONIC */

    /* under mutex */
    uint64_t settled;   /* documents since the last batch began */
    bool backfill;      /* some of them were of a backfill */
    int64_t settled_us; /* monotonic: the last of them */
    bool stop;
    bool drain;   /* no pauses until the queue is empty */
    bool drained; /* it was, or could not be emptied */
    enum { ORDER_NONE, ORDER_WAITING, ORDER_DONE } order_state;
    struct customers_order order; /* the thread's own while it waits */
    uint64_t order_moved;
    struct error order_error;
    struct target *target; /* replaced under the mutex, used by the thread alone */

    /* the thread's own */
    bool more;             /* notes are left, or may be */
    int64_t not_before_us; /* monotonic */
    int64_t cutoffs_us;    /* monotonic: not before; 0: now */
    uint64_t recomputed;   /* customers since cut-offs were thought of */
    uint64_t limit;
    unsigned failed;       /* batches in a row */
    unsigned drain_failed; /* batches while draining */
    struct backoff backoff;
    enum error_id told; /* what was logged last */
};

/* ---- waiting ---- */

/* Monotonic, when the next turn is due. Under the mutex. */
static int64_t next_turn_us(const struct customers *customers, int64_t poll_us)
{
    bool draining = customers->drain && !customers->drained;
    if (customers->order_state == ORDER_WAITING)
        return 0;
    if (!draining && !customers->more && customers->settled == 0)
        return poll_us;
    if (customers->failed > 0)
        return customers->not_before_us;
    if (draining)
        return 0;
    int64_t quiet_us = customers->settled_us + QUIET_US;
    return customers->not_before_us < quiet_us ? customers->not_before_us : quiet_us;
}

/* Until there is something to do and the pause is over; false: end. */
static bool wait_for_work(struct customers *customers)
{
    int64_t poll_us = clock_monotonic_us() + POLL_US;
    pthread_mutex_lock(&customers->mutex);
    while (!customers->stop) {
        int64_t until = next_turn_us(customers, poll_us);
        if (until <= clock_monotonic_us())
            break;
        struct timespec deadline = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
        pthread_cond_timedwait(&customers->wakeup, &customers->mutex, &deadline);
    }
    bool stop = customers->stop;
    pthread_mutex_unlock(&customers->mutex);
    return !stop;
}

static void take_settled(struct customers *customers, uint64_t *ret_settled, bool *ret_backfill)
{
    pthread_mutex_lock(&customers->mutex);
    *ret_settled = customers->settled;
    *ret_backfill = customers->backfill;
    customers->settled = 0;
    customers->backfill = false;
    pthread_mutex_unlock(&customers->mutex);
}

/* The writers come first: while documents arrive, this thread works a small share of the time. */
static void pause_after(struct customers *customers, int64_t started_us, uint64_t settled,
                        bool backfill)
{
    int64_t now = clock_monotonic_us();
    int64_t took = now - started_us;
    int64_t pause = settings_integer(customers->settings, SET_CUSTOMERS_INTERVAL) * 1000000;
    if (backfill) {
        pause = pause > BACKFILL_PAUSE_US ? pause : BACKFILL_PAUSE_US;
        pause = pause > BACKFILL_SHARE * took ? pause : BACKFILL_SHARE * took;
    } else if (settled > 0) {
        pause = pause > LIVE_SHARE * took ? pause : LIVE_SHARE * took;
    } else if (customers->more) {
        pause = 0;
    }
    customers->not_before_us = now + pause;
}

static void end_drain(struct customers *customers)
{
    pthread_mutex_lock(&customers->mutex);
    bool told = customers->drain && !customers->drained;
    customers->drained = customers->drain;
    pthread_mutex_unlock(&customers->mutex);
    if (told)
        customers->wake(customers->context);
}

/* ---- working ---- */

static void replace_target(struct customers *customers, struct target *target)
{
    pthread_mutex_lock(&customers->mutex);
    struct target *old = customers->target;
    customers->target = target;
    pthread_mutex_unlock(&customers->mutex);
    target_close(old);
}

static bool connect_target(struct customers *customers, struct error *err)
{
    struct target *target = NULL;
    const struct target_options options = {
        .database_url = settings_text(customers->settings, SET_DATABASE_URL),
        .application_name = "ordersync customers",
        .connect_timeout_s = 10,
        .statement_timeout_s = (int)settings_integer(customers->settings, SET_STATEMENT_TIMEOUT)};
    if (customers->target != NULL && !target_is_broken(customers->target))
        return true;
    if (!target_open(&options, &target, err))
        return false;
    if (!target_check_schema(target, err)) {
        target_close(target);
        return false;
    }
    replace_target(customers, target);
    return true;
}

static const char *currency(const struct customers *customers)
{
    return settings_text(customers->settings, SET_REPORTING_CURRENCY);
}

/* A drain may be all that a one-off run ever does. */
static bool cutoffs_thinkable(struct customers *customers, int64_t now)
{
    int64_t soon = customers->cutoffs_us - CUTOFFS_US + CUTOFFS_SOON_US;
    return now >= customers->cutoffs_us ||
           (customers_draining(customers) && customers->recomputed > 0) ||
           (now >= soon && customers->recomputed >= CUTOFFS_CUSTOMERS);
}

/* Once a night, and when the customers became many more. */
static bool refresh_cutoffs(struct customers *customers, struct error *err)
{
    bool refreshed = false;
    int64_t now = clock_monotonic_us();
    if (!cutoffs_thinkable(customers, now))
        return true;
    if (!target_refresh_cutoffs(customers->target, currency(customers),
                                settings_integer(customers->settings, SET_SEGMENTS_INTERVAL),
                                &refreshed, err))
        return false;
    if (refreshed) {
        log_info("customers", "new cut-offs for segments");
        customers->more = true;
    }
    customers->cutoffs_us = now + CUTOFFS_US;
    customers->recomputed = 0;
    return true;
}

/* Cut-offs only once the queue is empty: they are taken from what was recomputed. */
static bool work(struct customers *customers, bool *ret_busy, struct error *err)
{
    struct recompute_counts counts = {0};
    if (!connect_target(customers, err) ||
        !target_recompute(customers->target, currency(customers), customers->limit, &counts, err))
        return false;
    customers->recomputed += counts.customers;
    customers->more = counts.busy || counts.notes == customers->limit;
    *ret_busy = counts.busy;
    return customers->more || refresh_cutoffs(customers, err);
}

/* A batch that fails twice is made smaller: one that takes too long gets through, and a customer at
 * fault stands alone at last and goes to the end of the queue. */
static void narrow(struct customers *customers, const struct error *fault)
{
    struct error err = {0};
    if (customers->failed < 2 || customers->target == NULL || target_is_broken(customers->target))
        return;
    if (customers->limit > 1) {
        customers->limit = customers->limit / 8 + 1;
        customers->failed = 1;
    } else if (policy_action(error_class(fault)) == POLICY_SPLIT) {
        log_error("customers", fault, NULL, NULL);
        if (target_recompute_postpone(customers->target, &err))
            customers->limit = RECOMPUTE_NOTES_MAX;
    }
}

/* A one-off run does not wait for a target that is down: the notes stay for the next engine. */
static void give_up_drain(struct customers *customers, const struct error *err)
{
    if (!customers_draining(customers))
        return;
    bool hopeless = customers->target == NULL || target_is_broken(customers->target) ||
                    policy_action(error_class(err)) == POLICY_STOP;
    if (!hopeless && ++customers->drain_failed < DRAIN_TRIES)
        return;
    log_warning("customers", "some are left to the next engine: %s", err->message);
    end_drain(customers);
}

static void fail(struct customers *customers, const struct error *err)
{
    /* A writer that made a customer with a key which was being given away here: the next try sees
     * it. */
    bool race = err->id == ERROR_TARGET_DUPLICATE && customers->failed == 0;
    if (error_class(err) != CLASS_CANCELLED && customers->told != err->id && !race)
        log_error("customers", err, NULL, NULL);
    customers->told = err->id;
    customers->failed++;
    customers->more = true;
    narrow(customers, err);
    if (policy_action(error_class(err)) == POLICY_STOP)
        backoff_to_cap(&customers->backoff);
    customers->not_before_us = clock_monotonic_us() + backoff_next(&customers->backoff);
    give_up_drain(customers, err);
}

static void turn(struct customers *customers)
{
    struct error err = {0};
    uint64_t settled;
    bool backfill;
    bool busy = false;
    int64_t started = clock_monotonic_us();
    take_settled(customers, &settled, &backfill);
    if (!work(customers, &busy, &err)) {
        fail(customers, &err);
        return;
    }
    customers->failed = 0;
    customers->told = ERROR_NONE;
    if (customers->limit < RECOMPUTE_NOTES_MAX)
        customers->limit =
            2 * customers->limit < RECOMPUTE_NOTES_MAX ? 2 * customers->limit : RECOMPUTE_NOTES_MAX;
    backoff_reset(&customers->backoff);
    pause_after(customers, started, settled, backfill);
    if (busy)
        customers->not_before_us = clock_monotonic_us() + BUSY_US;
    if (busy || !customers->more)
        end_drain(customers);
}

/* ---- a person's word ---- */

static bool order_waits(struct customers *customers)
{
    pthread_mutex_lock(&customers->mutex);
    bool waits = customers->order_state == ORDER_WAITING;
    pthread_mutex_unlock(&customers->mutex);
    return waits;
}

/* Writers may be in the way: what passes by itself is tried a few times. */
static bool order_try(struct customers *customers, uint64_t *ret_moved, struct error *err)
{
    const struct customers_order *order = &customers->order;
    const struct target_actor actor = {.journal_id = "",
                                       .run_id = "",
                                       .plan_id = "",
                                       .command_id = order->command_id,
                                       .operator_name = order->operator_name,
                                       .origin = order->origin};
    for (int tries = 0; tries < ORDER_TRIES; tries++) {
        if (!connect_target(customers, err))
            return false;
        target_set_actor(customers->target, &actor);
        if (target_decide_review(customers->target, &order->decision, ret_moved, err))
            return true;
        if (error_class(err) != CLASS_TRANSIENT)
            return false;
    }
    return false;
}

static void order_carry_out(struct customers *customers)
{
    struct error err = {0};
    uint64_t moved = 0;
    bool done = order_try(customers, &moved, &err);
    pthread_mutex_lock(&customers->mutex);
    customers->order_state = ORDER_DONE;
    customers->order_moved = moved;
    customers->order_error = done ? (struct error){0} : err;
    pthread_mutex_unlock(&customers->mutex);
    customers->more = true; /* both are noted */
    customers->wake(customers->context);
}

static void *customers_main(void *context)
{
    struct customers *customers = context;
    while (wait_for_work(customers)) {
        if (order_waits(customers))
            order_carry_out(customers);
        else
            turn(customers);
    }
    return NULL;
}

/* ---- from other threads ---- */

struct customers *customers_start(const struct settings *settings, customers_wake_fn *wake,
                                  void *context)
{
    struct customers *customers = memory_zero(1, sizeof(*customers));
    pthread_condattr_t attributes;
    sigset_t all;
    sigset_t old;
    *customers = (struct customers){.settings = settings,
                                    .wake = wake,
                                    .context = context,
                                    .more = true, /* what the engine before left */
                                    .limit = RECOMPUTE_NOTES_MAX,
                                    .backoff = {.policy = &backoff_target}};
    pthread_mutex_init(&customers->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&customers->wakeup, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&customers->thread, NULL, customers_main, customers);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed != 0)
        abort();
    return customers;
}

void customers_note(struct customers *customers, uint64_t settled, bool backfill)
{
    if (settled == 0)
        return;
    pthread_mutex_lock(&customers->mutex);
    bool first = customers->settled == 0;
    customers->settled += settled;
    customers->backfill |= backfill;
    customers->settled_us = clock_monotonic_us();
    customers->drain = customers->drained = false; /* asked for again when these are the last */
    if (first)
        pthread_cond_signal(&customers->wakeup);
    pthread_mutex_unlock(&customers->mutex);
}

bool customers_decide(struct customers *customers, const struct customers_order *order)
{
    pthread_mutex_lock(&customers->mutex);
    bool free_now = customers->order_state == ORDER_NONE;
    if (free_now) {
        customers->order = *order;
        customers->order.decision.reason = customers->order.reason;
        customers->order_state = ORDER_WAITING;
        customers->drain = customers->drained = false; /* asked for again after it */
        pthread_cond_signal(&customers->wakeup);
    }
    pthread_mutex_unlock(&customers->mutex);
    return free_now;
}

bool customers_decided(struct customers *customers, uint64_t *ret_orders, struct error *ret_error)
{
    pthread_mutex_lock(&customers->mutex);
    bool done = customers->order_state == ORDER_DONE;
    if (done) {
        *ret_orders = customers->order_moved;
        *ret_error = customers->order_error;
        customers->order_state = ORDER_NONE;
    }
    pthread_mutex_unlock(&customers->mutex);
    return done;
}

bool customers_drained(struct customers *customers)
{
    pthread_mutex_lock(&customers->mutex);
    bool drained = customers->drained;
    if (!customers->drain) {
        customers->drain = true;
        pthread_cond_signal(&customers->wakeup);
    }
    pthread_mutex_unlock(&customers->mutex);
    return drained;
}

bool customers_draining(struct customers *customers)
{
    pthread_mutex_lock(&customers->mutex);
    bool draining = customers->drain && !customers->drained;
    pthread_mutex_unlock(&customers->mutex);
    return draining;
}

void customers_free(struct customers *customers)
{
    if (customers == NULL)
        return;
    pthread_mutex_lock(&customers->mutex);
    customers->stop = true;
    pthread_cond_signal(&customers->wakeup);
    if (customers->target != NULL)
        target_interrupt(customers->target);
    pthread_mutex_unlock(&customers->mutex);
    pthread_join(customers->thread, NULL);
    target_close(customers->target);
    pthread_cond_destroy(&customers->wakeup);
    pthread_mutex_destroy(&customers->mutex);
    free(customers);
}
