/* Copying. Requests are written as bytes: a document's fields already are. */
#include "sim/copy.h"

#include <stdio.h>

#include "sim/client.h"
#include "sim/load.h"
#include "sim/wire.h"

#define COPY_WRITES 100 /* per commit */
#define COPY_BYTES (4u << 20)

struct copying {
    const struct sim_options *options;
    struct client *client;
    char *database;
    struct buffer request;
    size_t writes;
};

static bool copy_flush(struct copying *copying, struct error *err)
{
    struct client_reply reply = {0};
    if (copying->writes == 0)
        return true;
    bool good = client_call(copying->client, "Commit", buffer_str(&copying->request), &reply, err);
    if (good && reply.status != 0)
        good =
            error_set(err, ERROR_SIM_CLIENT, "Commit: status %d %s", reply.status, reply.message);
    client_reply_free(&reply);
    buffer_clear(&copying->request);
    copying->writes = 0;
    return good;
}

static bool copy_one(void *context, struct str id, struct str fields, int64_t update_us,
                     struct error *err)
{
    struct copying *copying = context;
    struct buffer document = {.max = 4u << 20}, write = {.max = 5u << 20};
    char *name AUTO_FREE = memory_format("%s/documents/%s/%.*s", copying->database,
                                         copying->options->collection, STR_ARG(id));
    (void)update_us;
    wire_append_bytes(&document, 1, str_from(name));
    buffer_append_str(&document, fields);
    wire_append_bytes(&write, 1, buffer_str(&document));
    if (copying->writes == 0)
        wire_append_bytes(&copying->request, 1, str_from(copying->database));
    wire_append_bytes(&copying->request, 2, buffer_str(&write));
    copying->writes++;
    buffer_free(&document);
    buffer_free(&write);
    if (copying->writes < COPY_WRITES && copying->request.len < COPY_BYTES)
        return true;
    return copy_flush(copying, err);
}

static bool copy_all(struct copying *copying, size_t *ret_count, struct error *err)
{
    size_t total = 0;
    for (size_t i = 0; i < copying->options->load_count; i++) {
        size_t count;
        if (!load_path(copying->options->load[i], copy_one, copying, &count, err))
            return false;
        total += count;
    }
    *ret_count = total;
    return copy_flush(copying, err);
}

bool copy_documents(const struct sim_options *options, struct error *err)
{
    struct copying copying = {.options = options, .request = {.max = 16u << 20}};
    size_t count = 0;
    if (options->to == NULL || options->load_count == 0)
        return error_set(err, ERROR_USAGE, "copy needs --load and --to");
    if (!client_open(options->to, &copying.client, err))
        return false;
    copying.database = memory_format("projects/%s/databases/(default)", options->project);
    bool good = copy_all(&copying, &count, err);
    if (good)
        printf("%zu documents copied to %s\n", count, options->to);
    client_close(copying.client);
    buffer_free(&copying.request);
    free(copying.database);
    return good;
}
