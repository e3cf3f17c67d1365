/* A world for requests to a JSON API: a server that answers by a list, and a client toward it. The
 * list is read on the server's threads and stays as it is while the world is open; everything else
 * is of the test's own thread. */
#ifndef ORDERSYNC_TESTS_REST_WORLD_H
#define ORDERSYNC_TESTS_REST_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"
#include "lib/api_server.h"
#include "source/rest.h"

#define REST_WORLD_GOOD "{\"object\":\"list\",\"data\":[]}"
#define REST_WORLD_KEY "rk_test_sesame"

/* An API with errors in the shape of Stripe's and waits that a test can afford; and one whose rate
 * limit is one counter for all requests. */
extern const struct rest_api rest_world_api;
extern const struct rest_api rest_world_api_shared;

struct rest_world {
    struct api_server *server;
    struct rest *rest;
    struct settings *settings;
    char base[64];
    const struct api_answer *answers;
    size_t answer_count;
};

/* The answers are borrowed; beyond their end the last one repeats. `give_up` is the setting; 100
 * requests a second. Fails the test when it cannot. The struct must not move until it is closed. */
void rest_world_open(struct rest_world *world, const struct rest_api *kind,
                     const struct api_answer *answers, size_t count, const char *give_up);
void rest_world_close(struct rest_world *world);

struct rest_result {
    bool done;
    struct error error;
    char body[128];
    int64_t at_us;
};
/* A rest_done_fn; `context` is the struct rest_result, which is called once. */
void rest_result_take(void *context, const struct rest_reply *reply, const struct error *err);

/* Begins a request, whose owner is `outcome`; it must stay where it is until it is done. */
void rest_world_ask(struct rest_world *world, const char *path, struct rest_result *outcome);
/* Steps the client until it is done; fails the test after 30 s. */
void rest_world_wait(struct rest_world *world, const struct rest_result *outcome);

#endif
