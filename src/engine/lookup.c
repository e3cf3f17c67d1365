/* The lookup workers: a slot per kind of request, a queue of commands, a list of replies, an
 * eventfd. One worker has the journal, one the target, one what may take long in the journal; each
 * serves the kinds of its lane, oldest request first. */
#include "engine/boundary.h"

#include <assert.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/answers.h"

#define SENDS_MAX 32
#define REPLIES_MAX (LOOKUP_KIND_COUNT + SENDS_MAX)

enum lane_id { LANE_JOURNAL, LANE_TARGET, LANE_DEEP, LANE_COUNT };

static const struct {
    enum lane_id lane;
    answer_fn *answer;
} kinds[LOOKUP_KIND_COUNT] = {
    [LOOKUP_STATUS] = {LANE_JOURNAL, answer_status},
    [LOOKUP_FAILURES] = {LANE_JOURNAL, answer_failures},
    [LOOKUP_GROUPS] = {LANE_JOURNAL, answer_groups},
    [LOOKUP_FAILURE] = {LANE_JOURNAL, answer_failure},
    [LOOKUP_COMMANDS] = {LANE_JOURNAL, answer_commands},
    [LOOKUP_RUNS] = {LANE_JOURNAL, answer_runs},
    [LOOKUP_SEND] = {LANE_JOURNAL, answer_send},
    [LOOKUP_ROWS] = {LANE_TARGET, answer_rows},
    [LOOKUP_DOCUMENT] = {LANE_TARGET, answer_document},
    [LOOKUP_TIMELINE] = {LANE_TARGET, answer_timeline},
    [LOOKUP_PLANS] = {LANE_JOURNAL, answer_plans},
    [LOOKUP_PLAN] = {LANE_JOURNAL, answer_plan},
    [LOOKUP_PLAN_ROWS] = {LANE_JOURNAL, answer_plan_rows},
    [LOOKUP_PLAN_FIELDS] = {LANE_JOURNAL, answer_plan_fields},
    [LOOKUP_ALERTS] = {LANE_JOURNAL, answer_alerts},
    [LOOKUP_AUDIT] = {LANE_JOURNAL, answer_audit},
    [LOOKUP_HANDOVER] = {LANE_JOURNAL, answer_handover},
    [LOOKUP_INSPECTION] = {LANE_JOURNAL, answer_inspection},
    [LOOKUP_DEEP_GROUPS] = {LANE_DEEP, answer_groups},
    [LOOKUP_DEEP_FAILURES] = {LANE_DEEP, answer_failures},
    [LOOKUP_EXPORT] = {LANE_DEEP, answer_export},
    [LOOKUP_PLAN_EXPORT] = {LANE_DEEP, answer_plan_export},
    [LOOKUP_CUSTOMERS] = {LANE_TARGET, answer_customers},
    [LOOKUP_CUSTOMER] = {LANE_TARGET, answer_customer},
    [LOOKUP_REVIEWS] = {LANE_TARGET, answer_reviews},
    [LOOKUP_LOG] = {LANE_JOURNAL, answer_log},
};

struct ask {
    struct ask *next;
    uint64_t ticket;
    struct lookup_request request;
    char *arguments;
    char *reason;
};

struct lane {
    struct lookup *lookup;
    enum lane_id id;
    pthread_t thread;
    bool started;
    enum lookup_kind running; /* under the mutex; LOOKUP_KIND_COUNT: none */
    struct answerer answerer;
};

struct lookup {
    int wake_fd;
    struct lane lanes[LANE_COUNT];
    pthread_mutex_t mutex; /* protects what follows */
    pthread_cond_t cond;   /* a request came, or closing */
    uint64_t tickets;
    struct ask *slots[LOOKUP_KIND_COUNT]; /* LOOKUP_SEND: the head of its queue */
    size_t sends;
    struct lookup_reply *replies[REPLIES_MAX]; /* oldest first */
    size_t reply_count;
    bool closing;
};

static void ask_free(struct ask *ask)
{
    if (ask == NULL)
        return;
    free(ask->arguments);
    free(ask->reason);
    free(ask);
}

static struct ask *ask_new(const struct lookup_request *request)
{
    struct ask *ask = memory_zero(1, sizeof(*ask));
    ask->request = *request;
    ask->arguments = memory_string(request->arguments);
    ask->reason = memory_string(request->reason);
    ask->request.arguments = ask->arguments;
    ask->request.reason = ask->reason;
    return ask;
}

void lookup_reply_free(struct lookup_reply *reply)
{
    if (reply == NULL)
        return;
    arena_free(&reply->arena);
    free(reply);
}

/* ---- workers; functions named _locked hold lookup->mutex ---- */

static struct ask *lane_next_locked(struct lane *lane)
{
    struct lookup *lookup = lane->lookup;
    struct ask **oldest = NULL;
    for (size_t i = 0; i < LOOKUP_KIND_COUNT; i++)
        if (kinds[i].lane == lane->id && lookup->slots[i] != NULL &&
            (oldest == NULL || lookup->slots[i]->ticket < (*oldest)->ticket))
            oldest = &lookup->slots[i];
    if (oldest == NULL)
        return NULL;
    struct ask *ask = *oldest;
    *oldest = ask->next;
    if (ask->request.kind == LOOKUP_SEND)
        lookup->sends--;
    lane->running = ask->request.kind;
    return ask;
}

static struct ask *lane_wait(struct lane *lane)
{
    struct lookup *lookup = lane->lookup;
    struct ask *ask = NULL;
    pthread_mutex_lock(&lookup->mutex);
    lane->running = LOOKUP_KIND_COUNT;
    while (!lookup->closing && (ask = lane_next_locked(lane)) == NULL)
        pthread_cond_wait(&lookup->cond, &lookup->mutex);
    pthread_mutex_unlock(&lookup->mutex);
    return ask;
}

static void replies_remove_locked(struct lookup *lookup, size_t index)
{
    lookup->reply_count--;
    for (size_t i = index; i < lookup->reply_count; i++)
        lookup->replies[i] = lookup->replies[i + 1];
}

/* A reply nobody took yet gives way to a newer one of its kind, so the list stays short; should the
 * console not take the answers to its commands either, the oldest of all goes. */
static struct lookup_reply *replies_make_room_locked(struct lookup *lookup, enum lookup_kind kind)
{
    size_t index = 0;
    if (kind != LOOKUP_SEND)
        while (index < lookup->reply_count && lookup->replies[index]->kind != kind)
            index++;
    else
        index = lookup->reply_count;
    if (index == lookup->reply_count) {
        if (lookup->reply_count < REPLIES_MAX)
            return NULL;
        index = 0;
    }
    struct lookup_reply *dropped = lookup->replies[index];
    replies_remove_locked(lookup, index);
    return dropped;
}

static void lane_deliver(struct lane *lane, struct lookup_reply *take_reply)
{
    struct lookup *lookup = lane->lookup;
    pthread_mutex_lock(&lookup->mutex);
    struct lookup_reply *dropped = replies_make_room_locked(lookup, take_reply->kind);
    lookup->replies[lookup->reply_count++] = take_reply;
    pthread_mutex_unlock(&lookup->mutex);
    lookup_reply_free(dropped);
    uint64_t one = 1;
    ssize_t ignored = write(lookup->wake_fd, &one, sizeof(one));
    (void)ignored; /* EAGAIN only when it is already readable */
}

static void *lane_main(void *context)
{
    struct lane *lane = context;
    struct ask *ask;
    while ((ask = lane_wait(lane)) != NULL) {
        struct lookup_reply *reply = memory_zero(1, sizeof(*reply));
        reply->kind = ask->request.kind;
        reply->ticket = ask->ticket;
        reply->request = ask->request;
        reply->request.arguments = reply->request.reason = NULL;
        reply->ok = kinds[reply->kind].answer(&lane->answerer, &ask->request, reply, &reply->error);
        ask_free(ask);
        lane_deliver(lane, reply);
    }
    answerer_close_journal(&lane->answerer);
    answerer_close_target(&lane->answerer);
    return NULL;
}

/* ---- the console's side ---- */

static bool lane_start(struct lane *lane, struct error *err)
{
    lane->started = worker_start(&lane->thread, lane_main, lane);
    return lane->started || error_set(err, ERROR_INTERNAL, "no thread for the console");
}

bool lookup_open(const struct settings *settings, struct local_engine *local,
                 struct lookup **ret_lookup, struct error *err)
{
    struct lookup *lookup = memory_zero(1, sizeof(*lookup));
    pthread_mutex_init(&lookup->mutex, NULL);
    pthread_cond_init(&lookup->cond, NULL);
    lookup->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bool ok = lookup->wake_fd >= 0 || error_set_errno(err, ERROR_INTERNAL, "eventfd");
    for (enum lane_id id = 0; id < LANE_COUNT; id++) {
        struct lane *lane = &lookup->lanes[id];
        lane->lookup = lookup;
        lane->id = id;
        lane->answerer.settings = settings;
        lane->answerer.local = local;
        lane->answerer.counted_version = -1;
        pthread_mutex_init(&lane->answerer.interrupt_mutex, NULL);
        ok = ok && lane_start(lane, err);
    }
    if (!ok) {
        lookup_close(lookup);
        return false;
    }
    *ret_lookup = lookup;
    return true;
}

static void lookup_drop_asks(struct lookup *lookup)
{
    for (size_t i = 0; i < LOOKUP_KIND_COUNT; i++)
        while (lookup->slots[i] != NULL) {
            struct ask *ask = lookup->slots[i];
            lookup->slots[i] = ask->next;
            ask_free(ask);
        }
}

void lookup_close(struct lookup *lookup)
{
    if (lookup == NULL)
        return;
    pthread_mutex_lock(&lookup->mutex);
    lookup->closing = true;
    pthread_cond_broadcast(&lookup->cond);
    pthread_mutex_unlock(&lookup->mutex);
    for (enum lane_id id = 0; id < LANE_COUNT; id++) {
        struct lane *lane = &lookup->lanes[id];
        answerer_end(&lane->answerer);
        if (lane->started)
            pthread_join(lane->thread, NULL);
        pthread_mutex_destroy(&lane->answerer.interrupt_mutex);
    }
    lookup_drop_asks(lookup);
    for (size_t i = 0; i < lookup->reply_count; i++)
        lookup_reply_free(lookup->replies[i]);
    if (lookup->wake_fd >= 0)
        close(lookup->wake_fd);
    pthread_cond_destroy(&lookup->cond);
    pthread_mutex_destroy(&lookup->mutex);
    free(lookup);
}

int lookup_fd(const struct lookup *lookup)
{
    return lookup->wake_fd;
}

static void slot_put_locked(struct lookup *lookup, struct ask *take_ask)
{
    struct ask **slot = &lookup->slots[take_ask->request.kind];
    if (take_ask->request.kind == LOOKUP_SEND) {
        while (*slot != NULL)
            slot = &(*slot)->next;
        lookup->sends++;
    } else {
        ask_free(*slot);
    }
    *slot = take_ask;
}

/* What is being looked for in depth is no longer wanted once it is asked for anew. */
static void deep_interrupt_locked(struct lookup *lookup, enum lookup_kind kind)
{
    bool deep = kind == LOOKUP_DEEP_GROUPS || kind == LOOKUP_DEEP_FAILURES;
    if (deep && lookup->lanes[LANE_DEEP].running == kind)
        answerer_interrupt(&lookup->lanes[LANE_DEEP].answerer);
}

uint64_t lookup_ask(struct lookup *lookup, const struct lookup_request *request)
{
    assert(request->kind < LOOKUP_KIND_COUNT);
    struct ask *ask = ask_new(request);
    pthread_mutex_lock(&lookup->mutex);
    bool full = request->kind == LOOKUP_SEND && lookup->sends == SENDS_MAX;
    uint64_t ticket = 0;
    if (!full) {
        ticket = ask->ticket = ++lookup->tickets;
        slot_put_locked(lookup, ask);
        deep_interrupt_locked(lookup, request->kind);
        pthread_cond_broadcast(&lookup->cond);
    }
    pthread_mutex_unlock(&lookup->mutex);
    if (full)
        ask_free(ask);
    return ticket;
}

struct lookup_reply *lookup_take(struct lookup *lookup)
{
    uint64_t count;
    struct lookup_reply *reply = NULL;
    pthread_mutex_lock(&lookup->mutex);
    if (lookup->reply_count > 0) {
        reply = lookup->replies[0];
        replies_remove_locked(lookup, 0);
    } else {
        ssize_t ignored = read(lookup->wake_fd, &count, sizeof(count));
        (void)ignored; /* EAGAIN: it was not set */
    }
    pthread_mutex_unlock(&lookup->mutex);
    return reply;
}
