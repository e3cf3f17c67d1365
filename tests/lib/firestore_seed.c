/* Commit requests of up to 200 writes. */
#include "lib/firestore_seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "source/firestore.pb-c.h"
#include "source/grpc.h"

#define AT_ONCE 200

typedef Google__Firestore__V1__Document__FieldsEntry pb_entry;
typedef Google__Firestore__V1__Value pb_value;

struct written {
    Google__Firestore__V1__Write write;
    Google__Firestore__V1__Document document;
    pb_entry entries[2];
    pb_entry *list[2];
    pb_value number;
    pb_value text;
};

struct commit {
    bool ended;
    enum grpc_code code;
    struct error error;
};

static ProtobufCBinaryData binary(const char *text)
{
    return (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)(uintptr_t)text};
}

static void written_init(struct written *written, char *name, size_t index, const char *text)
{
    google__firestore__v1__write__init(&written->write);
    google__firestore__v1__document__init(&written->document);
    google__firestore__v1__value__init(&written->number);
    google__firestore__v1__value__init(&written->text);
    written->number.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_INTEGER_VALUE;
    written->number.integer_value = (int64_t)index;
    written->text.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_STRING_VALUE;
    written->text.string_value = binary(text == NULL ? "" : text);
    for (size_t i = 0; i < 2; i++) {
        google__firestore__v1__document__fields_entry__init(&written->entries[i]);
        written->entries[i].key = binary(i == 0 ? "n" : "text");
        written->entries[i].value = i == 0 ? &written->number : &written->text;
        written->list[i] = &written->entries[i];
    }
    written->document.name = name;
    written->document.n_fields = 2;
    written->document.fields = written->list;
    written->write.operation_case = text == NULL ? GOOGLE__FIRESTORE__V1__WRITE__OPERATION_DELETE
                                                 : GOOGLE__FIRESTORE__V1__WRITE__OPERATION_UPDATE;
    if (text == NULL)
        written->write.delete_ = name;
    else
        written->write.update = &written->document;
}

static bool commit_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    (void)context;
    (void)bytes;
    (void)len;
    (void)err;
    return true;
}

static void commit_end(void *context, enum grpc_code code, const struct error *err)
{
    struct commit *commit = context;
    commit->ended = true;
    commit->code = code;
    if (err != NULL)
        commit->error = *err;
}

static enum grpc_code commit_try(struct http *http, struct grpc_channel *channel,
                                 const struct buffer *message, struct error *ret_error)
{
    struct commit commit = {.ended = false};
    struct grpc_call *call;
    struct grpc_request request = {.method = "Commit",
                                   .authorization = "Bearer owner",
                                   .message = message->data,
                                   .message_len = message->len,
                                   .deadline_us = 60000000};
    struct grpc_handler handler = {commit_message, commit_end, &commit};
    if (!grpc_start(channel, &request, &handler, &call, &commit.error))
        abort();
    while (!commit.ended)
        http_step(http, 1000000);
    *ret_error = commit.error;
    return commit.code;
}

/* A server that has just opened its port may not serve yet. */
static void commit_run(struct http *http, struct grpc_channel *channel,
                       const Google__Firestore__V1__CommitRequest *commit)
{
    struct buffer message = {.max = 16u << 20};
    struct error error;
    char *into = buffer_reserve(&message, protobuf_c_message_get_packed_size(&commit->base));
    message.len = protobuf_c_message_pack(&commit->base, (uint8_t *)into);
    for (int tries = 0; commit_try(http, channel, &message, &error) != GRPC_OK; tries++) {
        fprintf(stderr, "seeding: %s\n", error.message);
        if (tries == 20 || error_class(&error) != CLASS_TRANSIENT)
            abort();
        usleep(200000);
    }
    buffer_free(&message);
}

static void commit_part(struct http *http, struct grpc_channel *channel, char *database,
                        const char *collection, const char *const *ids, size_t from, size_t count,
                        const char *text)
{
    struct written *written = memory_zero(count, sizeof(*written));
    Google__Firestore__V1__Write **writes = memory_zero(count, sizeof(*writes));
    struct arena arena = {.block_size = 0};
    for (size_t i = 0; i < count; i++) {
        struct str name =
            arena_format(&arena, "%s/documents/%s/%s", database, collection, ids[from + i]);
        written_init(&written[i], (char *)(uintptr_t)name.data, from + i, text);
        writes[i] = &written[i].write;
    }
    Google__Firestore__V1__CommitRequest message;
    google__firestore__v1__commit_request__init(&message);
    message.database = database;
    message.n_writes = count;
    message.writes = writes;
    commit_run(http, channel, &message);
    arena_free(&arena);
    free(writes);
    free(written);
}

void firestore_seed(const char *host, const char *project, const char *collection,
                    const char *const *ids, size_t count, const char *text)
{
    char *endpoint = memory_format("http://%s", host);
    char *database = memory_format("projects/%s/databases/(default)", project);
    struct grpc_channel_options options = {.endpoint = endpoint,
                                           .cleartext_allowed = true,
                                           .service = "google.firestore.v1.Firestore",
                                           .resource_prefix = database};
    struct http *http;
    struct grpc_channel *channel;
    struct error err;
    if (!http_new(&http, &err) || !grpc_channel_new(http, &options, &channel, &err))
        abort();
    for (size_t from = 0; from < count; from += AT_ONCE) {
        size_t part = count - from < AT_ONCE ? count - from : AT_ONCE;
        commit_part(http, channel, database, collection, ids, from, part, text);
    }
    grpc_channel_free(channel);
    http_free(http);
    free(database);
    free(endpoint);
}
