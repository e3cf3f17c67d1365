/* The look-back thread: requests in, answers out, two sources and one reading target connection. */
#include "engine/lookback.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/queue.h"
#include "engine/applier.h"
#include "source/source.h"
#include "target/sales.h"

#define TURN_US 100000
#define TURN_SHARED_US 5000 /* while both sources work: neither waits long for the other */
#define OFFSET_US 60000000  /* the clocks are compared so often */

/* A request under way. */
struct call {
    struct call *next;
    struct lookback *lookback;
    struct lookback_answer *answer;
};

struct lookback_source {
    const struct source_ops *ops;
    struct source *source; /* the thread's, once it runs */
    struct error error;    /* why it is not open */
    unsigned busy;         /* calls that wait for it; the thread's */
    char identity[200];
    struct source_meter meter; /* under the mutex */
};

struct lookback {
    struct lookback_source sources[SOURCE_COUNT];
    struct queue *requests;
    struct queue *answers;
    struct applier_control control;
    struct applier applier;
    pthread_t thread;
    pthread_mutex_t mutex; /* over the meters */
    atomic_bool closing;
    struct call *calls;
    int64_t offset_us, offset_at_us; /* the target's clock minus ours; monotonic, 0: not known */
    lookback_wake_fn *wake;
    void *context;
};

const struct source_ops *lookback_ops(enum source_kind source)
{
    return sources[source];
}

static void ids_free(char **ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(ids[i]);
    free(ids);
}

void lookback_answer_free(struct lookback_answer *answer)
{
    if (answer == NULL)
        return;
    free(answer->request.cursor);
    ids_free(answer->request.ids, answer->request.id_count);
    page_free(answer->page);
    ids_free(answer->ids, answer->id_count);
    ids_free(answer->references, answer->reference_count);
    ids_free(answer->missing, answer->missing_count);
    free(answer->cursor);
    free(answer);
}

/* ---- the target ---- */

struct question {
    const char *const *intents;
    size_t count;
    enum source_kind source;
    const char *after;
    char **ids;
    size_t id_count;
    int64_t offset_us;
};

static bool ask_offset(struct target *target, void *context, struct error *err)
{
    return target_clock_offset(target, &((struct question *)context)->offset_us, err);
}

static bool ask_sessions(struct target *target, void *context, struct error *err)
{
    struct question *question = context;
    return target_sessions_of_intents(target, question->intents, question->count, &question->ids,
                                      &question->id_count, err);
}

static bool ask_unsettled(struct target *target, void *context, struct error *err)
{
    struct question *question = context;
    return target_unsettled(target, question->source, question->after, ENGINE_FETCH_MAX,
                            &question->ids, &question->id_count, err);
}

static bool lookback_question(struct lookback *lookback, applier_fn *ask, struct question *question,
                              struct error *err)
{
    if (applier_run(&lookback->applier, ask, question, err))
        return true;
    bool stopped;
    if (err->id == ERROR_NONE && !applier_waiting(&lookback->applier, err, &stopped))
        error_set(err, ERROR_SYNC_CANCELLED, "the engine ends");
    return false;
}

static bool lookback_offset(struct lookback *lookback, struct error *err)
{
    struct question question = {0};
    int64_t now = clock_monotonic_us();
    if (lookback->offset_at_us != 0 && now - lookback->offset_at_us < OFFSET_US)
        return true;
    if (!lookback_question(lookback, ask_offset, &question, err))
        return false;
    lookback->offset_us = question.offset_us;
    lookback->offset_at_us = now;
    return true;
}

/* ---- answers ---- */

static void call_end(struct call *call, const struct error *err)
{
    struct lookback *lookback = call->lookback;
    struct lookback_answer *answer = call->answer;
    struct call **link = &lookback->calls;
    if (err != NULL)
        answer->error = *err;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    free(call);
    (void)queue_push(lookback->answers, answer, 0, -1);
    lookback->wake(lookback->context);
}

/* The source stamps pages with our clock. */
static int64_t call_time(const struct call *call, int64_t read_time_ns)
{
    return read_time_ns + call->lookback->offset_us * 1000;
}

/* ---- fetching by id ---- */

static void call_fetched(void *context, struct page *take_found, char **take_missing,
                         size_t missing, int64_t read_time_ns, const struct error *err)
{
    struct call *call = context;
    struct lookback_answer *answer = call->answer;
    call->lookback->sources[answer->request.source].busy--;
    answer->page = take_found;
    answer->missing = take_missing;
    answer->missing_count = missing;
    answer->read_time_ns = call_time(call, read_time_ns);
    if (take_found != NULL)
        take_found->read_time_ns = call_time(call, take_found->read_time_ns);
    call_end(call, err);
}

/* The request's ids are what is fetched, also where others were asked for. */
static void call_fetch(struct call *call)
{
    struct lookback_request *request = &call->answer->request;
    struct lookback_source *from = &call->lookback->sources[request->source];
    call->answer->checked = request->id_count;
    if (request->id_count == 0) {
        call_end(call, NULL);
        return;
    }
    from->busy++;
    from->ops->fetch(from->source, (const char *const *)request->ids, request->id_count,
                     call_fetched, call);
}

/* ---- walking ---- */

static void call_sessions(struct call *call, struct lookback_page *page)
{
    struct lookback_answer *answer = call->answer;
    struct question question = {
        .intents = (const char *const *)page->references,
        .count = page->reference_count,
    };
    struct error err = {0};
    if (question.count > 0 && !lookback_question(call->lookback, ask_sessions, &question, &err)) {
        call_end(call, &err);
        return;
    }
    if (!answer->request.named) {
        answer->request.ids = question.ids;
        answer->request.id_count = question.id_count;
        call_fetch(call);
        return;
    }
    answer->ids = question.ids;
    answer->id_count = question.id_count;
    answer->references = page->references;
    answer->reference_count = page->reference_count;
    answer->checked = 0; /* refunds are no documents */
    page->references = NULL;
    page->reference_count = 0;
    call_end(call, NULL);
}

static void call_walked(void *context, struct lookback_page *take_page, const struct error *err)
{
    struct call *call = context;
    struct lookback_answer *answer = call->answer;
    call->lookback->sources[answer->request.source].busy--;
    if (err != NULL) {
        lookback_page_free(take_page);
        call_end(call, err);
        return;
    }
    answer->checked = take_page->checked;
    answer->cursor = take_page->cursor;
    take_page->cursor = NULL;
    if (answer->request.window.walk == LOOKBACK_REFUNDS) {
        call_sessions(call, take_page);
    } else {
        answer->page = take_page->page;
        take_page->page = NULL;
        if (answer->page != NULL)
            answer->page->read_time_ns = call_time(call, answer->page->read_time_ns);
        call_end(call, NULL);
    }
    lookback_page_free(take_page);
}

static void call_unsettled(struct call *call)
{
    struct lookback_answer *answer = call->answer;
    struct question question = {.source = answer->request.source, .after = answer->request.cursor};
    struct error err = {0};
    if (!lookback_question(call->lookback, ask_unsettled, &question, &err)) {
        call_end(call, &err);
        return;
    }
    answer->ids = question.ids;
    answer->id_count = question.id_count;
    if (question.id_count == ENGINE_FETCH_MAX)
        answer->cursor = memory_string(question.ids[question.id_count - 1]);
    call_end(call, NULL);
}

/* ---- the thread ---- */

static void call_begin(struct lookback *lookback, struct lookback_answer *take_answer)
{
    struct call *call = memory_zero(1, sizeof(*call));
    struct lookback_request *request = &take_answer->request;
    struct lookback_source *from = &lookback->sources[request->source];
    struct error err = {0};
    call->lookback = lookback;
    call->answer = take_answer;
    call->next = lookback->calls;
    lookback->calls = call;
    if (from->source == NULL) {
        call_end(call, &from->error);
    } else if (!lookback_offset(lookback, &err)) {
        call_end(call, &err);
    } else if (request->kind == LOOKBACK_UNSETTLED) {
        call_unsettled(call);
    } else if (request->kind == LOOKBACK_FETCH) {
        take_answer->cursor = request->cursor;
        request->cursor = NULL;
        call_fetch(call);
    } else {
        from->busy++;
        from->ops->lookback->walk(from->source, &request->window, request->cursor, call_walked,
                                  call);
    }
}

static void lookback_publish_meters(struct lookback *lookback)
{
    pthread_mutex_lock(&lookback->mutex);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        struct lookback_source *source = &lookback->sources[i];
        if (source->source != NULL)
            source->ops->meter(source->source, &source->meter);
    }
    pthread_mutex_unlock(&lookback->mutex);
}

static void lookback_turn(struct lookback *lookback)
{
    unsigned working = 0;
    for (int i = 0; i < SOURCE_COUNT; i++)
        working += lookback->sources[i].busy > 0;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        struct lookback_source *source = &lookback->sources[i];
        if (source->busy > 0)
            source->ops->step(source->source, working > 1 ? TURN_SHARED_US : TURN_US);
    }
    lookback_publish_meters(lookback);
}

static void *lookback_main(void *context)
{
    struct lookback *lookback = context;
    while (!atomic_load(&lookback->closing)) {
        void *item;
        int64_t wait_us = lookback->calls == NULL ? -1 : 0;
        while (queue_pop(lookback->requests, &item, wait_us) == QUEUE_OK) {
            wait_us = 0;
            call_begin(lookback, item);
        }
        lookback_turn(lookback);
    }
    return NULL;
}

/* ---- the engine's side ---- */

static void lookback_open(struct lookback *lookback, const struct settings *settings,
                          enum source_kind kind)
{
    struct lookback_source *source = &lookback->sources[kind];
    source->ops = sources[kind];
    if (!source->ops->open(settings, &source->source, &source->error)) {
        source->source = NULL;
        return;
    }
    source->error = (struct error){0};
    STR_FILL(source->identity, source->ops->identity(source->source));
}

struct lookback *lookback_start(const struct lookback_options *options)
{
    struct lookback *lookback = memory_zero(1, sizeof(*lookback));
    struct applier_setup setup = {
        .name = "ordersync look-back",
        .settings = options->settings,
        .journal_id = "",
        .read_only = true,
    };
    lookback->wake = options->wake;
    lookback->context = options->context;
    lookback->requests = queue_new(SIZE_MAX, SIZE_MAX); /* as many as the engine asks at once */
    lookback->answers = queue_new(SIZE_MAX, SIZE_MAX);
    lookback_open(lookback, options->settings, SOURCE_STRIPE);
    lookback_open(lookback, options->settings, SOURCE_PRINTFUL);
    applier_control_init(&lookback->control);
    lookback->control.impatient = options->impatient;
    lookback->control.give_up_us = options->give_up_us;
    applier_init(&lookback->applier, &lookback->control, &setup);
    pthread_mutex_init(&lookback->mutex, NULL);
    if (pthread_create(&lookback->thread, NULL, lookback_main, lookback) != 0)
        abort();
    return lookback;
}

static void lookback_wake_thread(struct lookback *lookback)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        struct lookback_source *source = &lookback->sources[i];
        if (source->source != NULL)
            source->ops->wake(source->source);
    }
}

void lookback_free(struct lookback *lookback)
{
    void *item;
    if (lookback == NULL)
        return;
    atomic_store(&lookback->closing, true);
    applier_control_cancel(&lookback->control);
    applier_interrupt(&lookback->applier);
    queue_close(lookback->requests);
    lookback_wake_thread(lookback);
    pthread_join(lookback->thread, NULL);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (lookback->sources[i].source != NULL)
            lookback->sources[i].ops->close(lookback->sources[i].source);
    }
    while (lookback->calls != NULL) {
        struct call *call = lookback->calls;
        lookback->calls = call->next;
        lookback_answer_free(call->answer);
        free(call);
    }
    while (queue_pop(lookback->requests, &item, 0) == QUEUE_OK)
        lookback_answer_free(item);
    while (queue_pop(lookback->answers, &item, 0) == QUEUE_OK)
        lookback_answer_free(item);
    queue_free(lookback->requests);
    queue_free(lookback->answers);
    applier_free(&lookback->applier);
    applier_control_free(&lookback->control);
    pthread_mutex_destroy(&lookback->mutex);
    free(lookback);
}

bool lookback_has(const struct lookback *lookback, enum source_kind source, struct error *ret_error)
{
    if (lookback == NULL || source == SOURCE_FIRESTORE) {
        error_set(ret_error, ERROR_SYNC_NO_SOURCE, "%s is not read here", source_kind_name(source));
        return false;
    }
    const struct lookback_source *from = &lookback->sources[source];
    bool open = from->error.id == ERROR_NONE;
    if (!open && ret_error != NULL)
        *ret_error = from->error;
    return open;
}

const char *lookback_identity(const struct lookback *lookback, enum source_kind source)
{
    return lookback == NULL ? "" : lookback->sources[source].identity;
}

void lookback_meter(struct lookback *lookback, enum source_kind source,
                    struct source_meter *ret_meter)
{
    pthread_mutex_lock(&lookback->mutex);
    *ret_meter = lookback->sources[source].meter;
    pthread_mutex_unlock(&lookback->mutex);
}

bool lookback_waiting(struct lookback *lookback, struct error *ret_error, bool *ret_stopped)
{
    return applier_waiting(&lookback->applier, ret_error, ret_stopped);
}

void lookback_ask(struct lookback *lookback, const struct lookback_request *take_request)
{
    struct lookback_answer *answer = memory_zero(1, sizeof(*answer));
    answer->request = *take_request;
    (void)queue_push(lookback->requests, answer, 0, -1);
    lookback_wake_thread(lookback);
}

struct lookback_answer *lookback_take(struct lookback *lookback)
{
    void *item;
    if (queue_pop(lookback->answers, &item, 0) != QUEUE_OK)
        return NULL;
    return item;
}
