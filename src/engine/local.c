/* An engine inside the console's process: a thread that starts it, waits for its end and keeps its
 * result, so that the console's own thread never waits for a target or a lock. */
#include "engine/boundary.h"

#include <pthread.h>
#include <signal.h>

#include "base/memory.h"
#include "engine/answers.h"

#define LOCAL_POLL_US 100000

struct local_engine {
    const struct settings *settings;
    struct engine_options options;
    char *operator_name;
    char *origin;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; /* protects what follows */
    enum local_state state;
    struct engine *engine; /* NULL before its start and after its end */
    struct error error;
    bool stop;
};

static void local_set_state(struct local_engine *local, enum local_state state,
                            struct engine *engine, const struct error *err)
{
    pthread_mutex_lock(&local->mutex);
    local->state = state;
    local->engine = engine;
    if (err != NULL)
        local->error = *err;
    pthread_mutex_unlock(&local->mutex);
}

static bool local_stop_wanted(struct local_engine *local)
{
    pthread_mutex_lock(&local->mutex);
    bool stop = local->stop;
    pthread_mutex_unlock(&local->mutex);
    return stop;
}

static void local_run(struct local_engine *local, struct engine *engine)
{
    bool stopping = false;
    while (!engine_wait(engine, LOCAL_POLL_US)) {
        if (stopping || !local_stop_wanted(local))
            continue;
        stopping = true;
        local_set_state(local, LOCAL_DRAINING, engine, NULL);
        engine_stop(engine);
    }
}

static void *local_main(void *context)
{
    struct local_engine *local = context;
    struct engine *engine = NULL;
    struct error err = {0};
    if (!engine_start(local->settings, &local->options, &engine, &err)) {
        local_set_state(local, LOCAL_ENDED, NULL, &err);
        return NULL;
    }
    local_set_state(local, LOCAL_RUNNING, engine, NULL);
    local_run(local, engine);
    struct run_counts counts;
    if (engine_result(engine, &counts, &err))
        err = (struct error){0};
    local_set_state(local, LOCAL_ENDED, NULL, &err);
    engine_free(engine);
    return NULL;
}

bool worker_start(pthread_t *ret_thread, void *(*run)(void *), void *context)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t mask;
    sigset_t old;
    sigfillset(&mask);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigdelset(&mask, crashes[i]);
    pthread_sigmask(SIG_BLOCK, &mask, &old);
    int failed = pthread_create(ret_thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return failed == 0;
}

struct local_engine *local_engine_start(const struct settings *settings,
                                        const struct engine_options *options)
{
    struct local_engine *local = memory_zero(1, sizeof(*local));
    local->settings = settings;
    local->options = *options;
    local->operator_name = memory_string(options->operator_name);
    local->origin = memory_string(options->origin);
    local->options.operator_name = local->operator_name;
    local->options.origin = local->origin;
    pthread_mutex_init(&local->mutex, NULL);
    local->started = worker_start(&local->thread, local_main, local);
    if (!local->started) {
        local->state = LOCAL_ENDED;
        (void)error_set(&local->error, ERROR_INTERNAL, "no thread for the engine");
    }
    return local;
}

enum local_state local_engine_state(struct local_engine *local, struct error *ret_error)
{
    pthread_mutex_lock(&local->mutex);
    enum local_state state = local->state;
    if (ret_error != NULL)
        *ret_error = local->error;
    pthread_mutex_unlock(&local->mutex);
    return state;
}

bool local_engine_status(struct local_engine *local, struct engine_status *ret_status)
{
    pthread_mutex_lock(&local->mutex);
    bool there = local->engine != NULL;
    if (there)
        engine_read_status(local->engine, ret_status);
    pthread_mutex_unlock(&local->mutex);
    return there;
}

void local_engine_stop(struct local_engine *local)
{
    pthread_mutex_lock(&local->mutex);
    local->stop = true;
    pthread_mutex_unlock(&local->mutex);
}

void local_engine_free(struct local_engine *local)
{
    if (local == NULL)
        return;
    local_engine_stop(local);
    if (local->started)
        pthread_join(local->thread, NULL);
    pthread_mutex_destroy(&local->mutex);
    free(local->operator_name);
    free(local->origin);
    free(local);
}
