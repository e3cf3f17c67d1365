/* The look-back thread: requests in, answers out, two sources and one reading target connection. */
#include "engine/lookback.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "engine/applier.h"
#include "engine/link.h"
#include "model/slice.h"
#include "source/source.h"
#include "target/sales.h"

#define TURN_US 100000
#define TURN_SHARED_US 5000 /* while both sources work: neither waits long for the other */
#define OFFSET_US 60000000  /* the clocks are compared so often */

/* A cursor's first character says what it walks; ids of documents begin with none of these. */
static const char unsettled_marks[UNSETTLED_COUNT] = {
    [UNSETTLED_LISTED] = '+', [UNSETTLED_SALES] = '@'};

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
    struct link link;                /* how Printful's orders find their sale */
    char *metadata_key;              /* link's own, NULL: none */
    int64_t store;                   /* Printful's, of the orders here; 0: not known yet */
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
    struct unsettled_question unsettled;
    char *after; /* where the answer ends */
    int64_t store;
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
    return target_unsettled(target, &question->unsettled, &question->ids, &question->id_count,
                            &question->after, err);
}

static bool ask_store(struct target *target, void *context, struct error *err)
{
    return target_printful_store(target, &((struct question *)context)->store, err);
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

/* ---- whose orders they are ---- */

/* The store of the orders that the target holds; of an empty one, the first that is read. */
static bool lookback_store(struct lookback *lookback, int64_t first, struct error *err)
{
    struct question question = {0};
    if (lookback->store != 0)
        return true;
    if (!lookback_question(lookback, ask_store, &question, err))
        return false;
    lookback->store = question.store != 0 ? question.store : first;
    return true;
}

/* A token of another store would mix its orders in, and take all that is here for gone. Printful
 * names the store in each order; where it does not, there is nothing to compare. */
static bool call_check_store(struct call *call, const struct page *page, struct error *err)
{
    struct lookback *lookback = call->lookback;
    if (call->answer->request.source != SOURCE_PRINTFUL || page == NULL)
        return true;
    for (size_t i = 0; i < page->count; i++) {
        struct str order = {page->raw.data + page->offsets[i],
                            page->offsets[i + 1] - page->offsets[i]};
        int64_t store = 0;
        if (!slice_integer(slice_get(order, "store"), &store) || store <= 0)
            continue;
        if (!lookback_store(lookback, store, err))
            return false;
        if (store != lookback->store)
            return error_set(err, ERROR_TARGET_ORIGIN,
                             "the target is fed by Printful's store %lld, not by %lld, to which "
                             "the token in PRINTFUL_API_KEY leads",
                             (long long)lookback->store, (long long)store);
    }
    return true;
}

/* ---- fetching by id ---- */

/* An id that was made of a sale's own: that Printful has none is no news, and nothing was looked
 * at. */
static void call_drop_guesses(struct lookback_answer *answer)
{
    size_t kept = 0;
    for (size_t i = 0; i < answer->missing_count; i++) {
        if (answer->missing[i][0] == unsettled_marks[UNSETTLED_SALES])
            free(answer->missing[i]);
        else
            answer->missing[kept++] = answer->missing[i];
    }
    answer->checked -= answer->missing_count - kept;
    answer->missing_count = kept;
}

static void call_fetched(void *context, struct page *take_found, char **take_missing,
                         size_t missing, int64_t read_time_ns, const struct error *err)
{
    struct call *call = context;
    struct lookback_answer *answer = call->answer;
    struct error other = {0};
    call->lookback->sources[answer->request.source].busy--;
    if (err == NULL && !call_check_store(call, take_found, &other))
        err = &other;
    answer->page = take_found;
    answer->missing = take_missing;
    answer->missing_count = missing;
    if (answer->request.guesses)
        call_drop_guesses(answer);
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

/* Older than anything here, of a subscription, whose sessions name no payment, or of no session. */
static void call_log_strays(const struct lookback_page *page, size_t sessions)
{
    size_t strays = page->reference_count > sessions ? page->reference_count - sessions : 0;
    if (strays + page->unnamed > 0)
        log_info("sync",
                 "stripe: of the refunds read, those of %zu payments match no sale here, "
                 "and %zu name no payment",
                 strays, page->unnamed);
}

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
        call_log_strays(page, question.id_count);
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
    struct error other = {0};
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
        bool ours = call_check_store(call, answer->page, &other);
        call_end(call, ours ? NULL : &other);
    }
    lookback_page_free(take_page);
}

static enum unsettled unsettled_of(const char *cursor)
{
    for (int i = UNSETTLED_OPEN + 1; cursor != NULL && i < UNSETTLED_COUNT; i++)
        if (cursor[0] == unsettled_marks[i])
            return (enum unsettled)i;
    return UNSETTLED_OPEN;
}

/* What is read next; NULL: that was all. */
static char *unsettled_next(const struct lookback_request *request, enum unsettled what,
                            const char *after)
{
    if (after == NULL && request->source != SOURCE_PRINTFUL)
        return NULL;
    if (after == NULL && ++what == UNSETTLED_LISTED && request->resumed)
        what++;
    if (what >= UNSETTLED_COUNT)
        return NULL;
    if (what == UNSETTLED_OPEN)
        return memory_string(after);
    return memory_format("%c%s", unsettled_marks[what], after == NULL ? "" : after);
}

static void call_unsettled(struct call *call)
{
    struct lookback *lookback = call->lookback;
    struct lookback_answer *answer = call->answer;
    const struct lookback_request *request = &answer->request;
    enum unsettled what = unsettled_of(request->cursor);
    const char *after = what == UNSETTLED_OPEN ? request->cursor : request->cursor + 1;
    struct question question = {
        .unsettled = {.what = what,
                      .source = request->source,
                      .link = lookback->link.link,
                      .metadata_key = lookback->metadata_key,
                      .since_s = clock_wall_us() / 1000000 - LOOKBACK_SALES_DAYS * 86400,
                      .from_s = request->window.from_s,
                      .after = after == NULL || after[0] == '\0' ? NULL : after,
                      .max = ENGINE_FETCH_MAX,
                      .sales_max = LOOKBACK_SALES_MAX}};
    struct error err = {0};
    if (!lookback_question(lookback, ask_unsettled, &question, &err)) {
        call_end(call, &err);
        return;
    }
    answer->ids = question.ids;
    answer->id_count = question.id_count;
    answer->cursor = unsettled_next(request, what, question.after);
    free(question.after);
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

/* A setting that is wrong is refused by the engine, which begins then no look-back. */
static void lookback_link(struct lookback *lookback, const struct settings *settings)
{
    struct error err = {0};
    if (link_parse(settings, &lookback->link, &err) && lookback->link.metadata_key.data != NULL)
        lookback->metadata_key = memory_string_str(lookback->link.metadata_key);
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
    lookback_link(lookback, options->settings);
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
    free(lookback->metadata_key);
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
