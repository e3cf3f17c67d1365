/* The simulated Firestore as a process. */
#include "sim/serve.h"

#include <stdio.h>
#include <unistd.h>

#include "sim/firestore.h"
#include "sim/load.h"
#include "sim/process.h"
#include "sim/verbs.h"

struct loading {
    struct store *store;
    struct store_collection *collection;
};

static bool load_one(void *context, struct str id, struct str fields, int64_t update_us,
                     struct error *err)
{
    struct loading *loading = context;
    (void)err;
    store_load(loading->store, loading->collection, id, fields, update_us);
    return true;
}

static bool serve_fill(struct databases *databases, const struct sim_options *options,
                       struct loading *ret_data, size_t *ret_loaded, struct error *err)
{
    char *name AUTO_FREE = memory_format("projects/%s/databases/(default)", options->project);
    struct loading loading = {.store = databases_find(databases, name)};
    if (loading.store == NULL)
        return error_set(err, ERROR_USAGE, "--project %s: not a project id", options->project);
    loading.collection = store_collection(loading.store, str_from(options->collection), true);
    store_give_generator(loading.collection, generator_new((size_t)options->generate, options->seed,
                                                           (size_t)options->broken));
    size_t loaded = 0;
    for (size_t i = 0; i < options->load_count; i++) {
        size_t count;
        if (!load_path(options->load[i], load_one, &loading, &count, err))
            return false;
        loaded += count;
    }
    *ret_data = loading;
    *ret_loaded = loaded;
    return true;
}

/* Everything that lives as long as the server. */
struct serving {
    const struct sim_options *options;
    struct call_service service;
    struct loading data;
    struct changes *changes;
    struct control *control;
};

static void changes_ready(void *context)
{
    struct serving *serving = context;
    if (changes_run(serving->changes) > 0)
        call_wake_streams(&serving->service);
}

static bool serve_run(struct serving *serving, size_t loaded, struct error *err)
{
    const struct sim_options *options = serving->options;
    struct http2_handlers handlers = call_handlers;
    struct http2_server *server;
    const struct http2_watch watches[] = {
        {changes_fd(serving->changes), changes_ready, serving},
        {control_fd(serving->control), control_ready, serving->control}};
    int signals = process_signals();
    struct http2_options listening = {.port = options->port,
                                      .watch_fd = signals,
                                      .parent = options->parent,
                                      .max_seconds = options->max_seconds,
                                      .watches = watches,
                                      .watch_count = options->control != NULL ? 2 : 1};
    handlers.context = &serving->service;
    bool good = http2_open(&listening, &handlers, &server, err);
    if (good) {
        good = process_publish_port(options->port_file, http2_port(server), err);
        if (good) {
            printf("listening on 127.0.0.1:%u\n", http2_port(server));
            printf("project %s, collection %s: %lld generated, %zu loaded\n", options->project,
                   options->collection, (long long)options->generate, loaded);
            fflush(stdout);
            changes_start(serving->changes, &options->changes);
            http2_run(server);
        }
        http2_close(server);
    }
    close(signals);
    return good;
}

/* Commands of the control file may use all that was filled. */
static bool serve_with_changes(struct serving *serving, size_t loaded, struct error *err)
{
    struct loading *data = &serving->data;
    serving->changes = changes_new(data->store, data->collection, serving->options->seed);
    struct verbs verbs = {&serving->service, data->store, data->collection, serving->changes};
    serving->control =
        control_new(serving->service.faults, verbs_firestore, VERBS_FIRESTORE, &verbs);
    fault_set_commands(serving->service.faults, control_command, serving->control);
    bool good = serve_run(serving, loaded, err);
    control_free(serving->control);
    changes_free(serving->changes);
    return good;
}

bool serve_firestore(const struct sim_options *options, struct error *err)
{
    struct serving serving = {
        .options = options,
        .service = {.prefix = FIRESTORE_PREFIX,
                    .methods = firestore_methods,
                    .method_count = firestore_method_count,
                    .databases = databases_new((size_t)options->history),
                    .faults = fault_set_new(options->seed, options->control, FAULT_OF_FIRESTORE),
                    .listen = options->listen}};
    size_t loaded = 0;
    bool good = process_faults(serving.service.faults, options, err) &&
                serve_fill(serving.service.databases, options, &serving.data, &loaded, err) &&
                serve_with_changes(&serving, loaded, err);
    databases_free(serving.service.databases);
    fault_set_free(serving.service.faults);
    return good;
}
