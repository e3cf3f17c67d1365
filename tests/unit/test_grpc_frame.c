/* Length-prefixed messages: the stream may be cut anywhere. */
#include "lib/check.h"

#include "source/grpc_frame.h"

struct collected {
    struct buffer text; /* messages, each closed by '|' */
    size_t count;
    size_t stop_at; /* refuse this one */
};

static bool collect(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct collected *collected = context;
    if (++collected->count == collected->stop_at)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "stop");
    buffer_append(&collected->text, bytes, len);
    buffer_append_char(&collected->text, '|');
    return true;
}

static void append_message(struct buffer *stream, const char *text)
{
    uint8_t header[GRPC_FRAME_HEADER];
    grpc_frame_header(strlen(text), header);
    buffer_append(stream, header, sizeof(header));
    buffer_append_text(stream, text);
}

static void feed(struct grpc_reader *reader, const char *bytes, size_t len,
                 struct collected *collected)
{
    struct error err;
    /* A copy of its own, so that ASan sees a read beyond. */
    uint8_t *copy = memory_alloc(len);
    memcpy(copy, bytes, len);
    assert_true(grpc_reader_feed(reader, copy, len, collect, collected, &err));
    free(copy);
}

static void test_every_cut(void **state)
{
    (void)state;
    struct buffer stream = {.max = 1u << 16};
    append_message(&stream, "first");
    append_message(&stream, "");
    append_message(&stream, "a longer third message");
    append_message(&stream, "");
    for (size_t a = 0; a <= stream.len; a++) {
        for (size_t b = a; b <= stream.len; b++) {
            struct grpc_reader reader = {.header_len = 0};
            struct collected collected = {.text = {.max = 1u << 16}};
            feed(&reader, stream.data, a, &collected);
            feed(&reader, stream.data + a, b - a, &collected);
            feed(&reader, stream.data + b, stream.len - b, &collected);
            assert_string_equal(collected.text.data, "first||a longer third message||");
            assert_true(grpc_reader_at_boundary(&reader));
            buffer_free(&collected.text);
            grpc_reader_free(&reader);
        }
    }
    buffer_free(&stream);
}

static void test_cut_message_is_no_boundary(void **state)
{
    (void)state;
    struct buffer stream = {.max = 100};
    append_message(&stream, "abc");
    for (size_t len = 1; len < stream.len; len++) {
        struct grpc_reader reader = {.header_len = 0};
        struct collected collected = {.text = {.max = 100}};
        feed(&reader, stream.data, len, &collected);
        assert_false(grpc_reader_at_boundary(&reader));
        assert_int_equal(collected.count, 0);
        grpc_reader_free(&reader);
    }
    buffer_free(&stream);
}

static void refuse(const char *bytes, size_t len, enum error_id id)
{
    struct grpc_reader reader = {.header_len = 0};
    struct collected collected = {.text = {.max = 100}};
    struct error err;
    assert_false(grpc_reader_feed(&reader, (const uint8_t *)bytes, len, collect, &collected, &err));
    assert_int_equal(err.id, id);
    grpc_reader_free(&reader);
}

static void test_refused(void **state)
{
    (void)state;
    refuse("\0\x01\x10\0\x01", 5, ERROR_SOURCE_TOO_LARGE); /* 17 MiB and one byte */
    refuse("\0\xff\xff\xff\xff", 5, ERROR_SOURCE_TOO_LARGE);
    refuse("\1\0\0\0\1x", 6, ERROR_SOURCE_PROTOCOL); /* compressed */
}

static void test_largest_is_taken(void **state)
{
    (void)state;
    uint8_t header[GRPC_FRAME_HEADER];
    struct grpc_reader reader = {.header_len = 0};
    struct collected collected = {.text = {.max = GRPC_MAX_MESSAGE + 2}};
    char *part = memory_zero(1, 1u << 20);
    grpc_frame_header(GRPC_MAX_MESSAGE, header);
    feed(&reader, (const char *)header, sizeof(header), &collected);
    for (int i = 0; i < 17; i++)
        feed(&reader, part, 1u << 20, &collected);
    assert_int_equal(collected.text.len, GRPC_MAX_MESSAGE + 1);
    assert_true(buffer_ok(&collected.text));
    buffer_free(&collected.text);
    grpc_reader_free(&reader);
    free(part);
}

static void test_handler_stops(void **state)
{
    (void)state;
    struct buffer stream = {.max = 100};
    struct grpc_reader reader = {.header_len = 0};
    struct collected collected = {.text = {.max = 100}, .stop_at = 2};
    struct error err;
    append_message(&stream, "a");
    append_message(&stream, "b");
    append_message(&stream, "c");
    assert_false(grpc_reader_feed(&reader, (const uint8_t *)stream.data, stream.len, collect,
                                  &collected, &err));
    assert_int_equal(collected.count, 2);
    assert_string_equal(err.message, "stop");
    buffer_free(&collected.text);
    buffer_free(&stream);
    grpc_reader_free(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),     cmocka_unit_test(test_cut_message_is_no_boundary),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_largest_is_taken),
        cmocka_unit_test(test_handler_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
