/* Reading ListenResponse. Field numbers: facts, wire-fact sheet. */
#include "source/listen_message.h"

#include "base/clock.h"
#include "source/grpc_status.h"
#include "source/wire.h"

/* The fields of the five kinds of content that matter, gathered by number: each kind has its own
 * meaning for them. */
struct content {
    struct str bytes[8]; /* of fields 1 to 7 that are messages, strings or bytes */
    uint64_t scalar[8];  /* of those that are numbers; the last one counts */
    bool ours_in[8];     /* a repeated int32 that holds our target */
    bool any_in[8];      /* ... that holds anything */
};

static void content_take_id(struct content *content, uint32_t number, uint64_t id, int64_t target)
{
    content->any_in[number] = true;
    if ((int64_t)id == target)
        content->ours_in[number] = true;
}

/* Packed: varints back to back, read as far as they are whole. For fields that hold something else
 * the outcome is noise, which nobody looks at. */
static void content_take_packed(struct content *content, const struct wire_field *field,
                                int64_t target)
{
    struct wire wire = wire_of(field->bytes);
    uint64_t id;
    while (wire_varint(&wire, &id))
        content_take_id(content, field->number, id, target);
}

static bool content_read(struct str bytes, uint32_t ids_a, uint32_t ids_b, int64_t target,
                         struct content *content)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.number > 7)
            continue;
        bool ids = field.number == ids_a || field.number == ids_b;
        if (field.type == WIRE_BYTES)
            content->bytes[field.number] = field.bytes;
        else
            content->scalar[field.number] = field.scalar;
        if (ids && field.type == WIRE_BYTES)
            content_take_packed(content, &field, target);
        else if (ids && field.type == WIRE_VARINT)
            content_take_id(content, field.number, field.scalar, target);
    }
    return !wire.bad;
}

static bool take_read_time(const struct content *content, uint32_t number,
                           struct listen_message *message)
{
    return content->bytes[number].data == NULL ||
           wire_time_ns(content->bytes[number], &message->read_time_ns);
}

/* google.rpc.Status: code 1, message 2. */
static bool take_cause(struct str bytes, struct listen_message *message)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    message->cause = GRPC_INTERNAL;
    message->cause_text = STR("no cause given");
    while (wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == WIRE_VARINT && field.scalar != 0)
            message->cause = field.scalar < GRPC_CODE_COUNT ? (int)field.scalar : GRPC_UNKNOWN;
        else if (field.number == 2 && field.type == WIRE_BYTES)
            message->cause_text = field.bytes;
    }
    return !wire.bad;
}

static bool read_target_change(struct str bytes, int64_t target, struct listen_message *message)
{
    static const enum listen_message_kind kinds[] = {
        LISTEN_MESSAGE_KEEP,    LISTEN_MESSAGE_ADD,   LISTEN_MESSAGE_REMOVE,
        LISTEN_MESSAGE_CURRENT, LISTEN_MESSAGE_RESET,
    };
    struct content content = {.scalar = {0}};
    if (!content_read(bytes, 2, 2, target, &content))
        return false;
    message->global = !content.any_in[2];
    uint64_t type = content.scalar[1];
    if (type < sizeof(kinds) / sizeof(kinds[0]) && (message->global || content.ours_in[2]))
        message->kind = kinds[type];
    if (content.bytes[4].data != NULL)
        message->token = content.bytes[4];
    return take_read_time(&content, 6, message) && take_cause(content.bytes[3], message);
}

/* The name is needed also when a document leaves. */
static bool document_name(struct str document, struct str *ret_name)
{
    struct wire wire = wire_of(document);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.number != 1 || field.type != WIRE_BYTES)
            continue;
        *ret_name = field.bytes;
        return true;
    }
    return false;
}

static bool read_document_change(struct str bytes, int64_t target, struct listen_message *message)
{
    struct content content = {.scalar = {0}};
    if (!content_read(bytes, 5, 6, target, &content))
        return false;
    if (content.ours_in[5])
        message->kind = LISTEN_MESSAGE_CHANGED;
    else if (content.ours_in[6])
        message->kind = LISTEN_MESSAGE_LEFT;
    message->document = content.bytes[1];
    return document_name(content.bytes[1], &message->name);
}

/* One target a stream: whose target ids are named does not matter. */
static bool read_document_delete(struct str bytes, int64_t target, struct listen_message *message)
{
    struct content content = {.scalar = {0}};
    message->kind = LISTEN_MESSAGE_DELETED;
    bool ok = content_read(bytes, 6, 6, target, &content);
    message->name = content.bytes[1];
    return ok && message->name.data != NULL && take_read_time(&content, 4, message);
}

static bool read_document_remove(struct str bytes, int64_t target, struct listen_message *message)
{
    struct content content = {.scalar = {0}};
    message->kind = LISTEN_MESSAGE_REMOVED;
    bool ok = content_read(bytes, 2, 2, target, &content);
    message->name = content.bytes[1];
    return ok && message->name.data != NULL && take_read_time(&content, 4, message);
}

static bool read_filter(struct str bytes, int64_t target, struct listen_message *message)
{
    struct content content = {.scalar = {0}};
    if (!content_read(bytes, 0, 0, target, &content))
        return false;
    if ((int64_t)content.scalar[1] == target || content.scalar[1] == 0)
        message->kind = LISTEN_MESSAGE_FILTER;
    message->count = (int64_t)content.scalar[2];
    return message->count >= 0;
}

static const struct {
    uint32_t number;
    bool (*read)(struct str bytes, int64_t target, struct listen_message *message);
} contents[] = {
    {2, read_target_change},   {3, read_document_change}, {4, read_document_delete},
    {6, read_document_remove}, {5, read_filter},
};

static bool read_content(const struct wire_field *field, int64_t target,
                         struct listen_message *message)
{
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        if (contents[i].number == field->number && field->type == WIRE_BYTES)
            return contents[i].read(field->bytes, target, message);
    }
    return true;
}

bool listen_message_read(struct str bytes, int64_t target, struct listen_message *ret_message,
                         struct error *err)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    struct listen_message message = {
        .kind = LISTEN_MESSAGE_NOTHING, .token = STR(""), .read_time_ns = TIME_NONE};
    bool ok = true;
    while (ok && wire_next(&wire, &field))
        ok = read_content(&field, target, &message);
    if (!ok || wire.bad)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "Listen: a malformed response");
    *ret_message = message;
    return true;
}
