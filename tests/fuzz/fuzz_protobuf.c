/* Fuzz target: any bytes as a Firestore document. Whatever decodes must survive digest, JSON and
 * the loss record, and come back the same; and whatever protobuf-c accepts must not crash us either
 * way. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/digest.h"
#include "model/json.h"
#include "model/loss.h"
#include "source/firestore_decode.h"
#include "source/grpc_frame.h"
#include "source/listen_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct value *content, struct arena *arena)
{
    struct buffer json = {.max = JSON_MAX_BYTES};
    struct buffer again = {.max = JSON_MAX_BYTES};
    struct loss loss;
    struct error err;
    const struct value *stored, *restored;
    loss_init(&loss);
    json_append_jsonb(&json, content, &loss);
    json_append_jsonb(&again, content, NULL);
    require(buffer_ok(&json) && str_equal(buffer_str(&json), buffer_str(&again)));
    struct str lost = loss_finish(&loss, arena);
    require(json_parse(buffer_str(&json), arena, &stored, &err));
    require(loss_restore(stored, lost, arena, &restored, &err));
    struct digest before = digest_value(content), after = digest_value(restored);
    require(value_equal(content, restored));
    require(digest_equal(&before, &after));
    loss_free(&loss);
    buffer_free(&json);
    buffer_free(&again);
}

static bool message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct arena *arena = context;
    struct document document;
    struct str wire = {(const char *)bytes, len};
    if (firestore_decode(wire, 0, arena, &document, err))
        check(document.content, arena);
    else
        require(err->id == ERROR_SOURCE_DECODE);
    return true;
}

/* Whatever a Listen stream brings is refused, or points into what was brought. */
static void listen(struct str bytes)
{
    struct listen_message read;
    if (!listen_message_read(bytes, 1, &read, NULL))
        return;
    const struct str parts[] = {read.name, read.document};
    for (size_t i = 0; i < 2; i++) {
        if (parts[i].data != NULL &&
            (parts[i].data < bytes.data || parts[i].data + parts[i].len > bytes.data + bytes.len))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {.block_size = 4096};
    struct error err = {.id = ERROR_NONE};
    struct value value;
    if (firestore_decode_value((struct str){(const char *)data, size}, &arena, &value, NULL) &&
        value.kind == VALUE_MAP)
        check(&value, &arena);
    message(&arena, data, size, &err);
    listen((struct str){(const char *)data, size});
    struct grpc_reader reader = {.header_len = 0};
    bool ignored = grpc_reader_feed(&reader, data, size, message, &arena, &err);
    (void)ignored;
    grpc_reader_free(&reader);
    arena_free(&arena);
    return 0;
}
