/* Reading ListenResponse byte by byte: kinds, target ids packed and not, what is left out, what is
 * cut. */
#include "lib/check.h"

#include "base/clock.h"
#include "source/grpc_status.h"
#include "source/listen_message.h"

#define OURS 1

static struct listen_message read_good(struct str bytes)
{
    struct listen_message message;
    struct error err;
    if (!listen_message_read(bytes, OURS, &message, &err))
        fail_msg("%s", err.message);
    return message;
}

static void test_target_changes(void **state)
{
    static const struct {
        struct str bytes;
        enum listen_message_kind kind;
        bool global;
    } expected[] = {
        {{"", 0}, LISTEN_MESSAGE_NOTHING, false},
        {{"\x12\x00", 2}, LISTEN_MESSAGE_KEEP, true}, /* empty: NO_CHANGE about all */
        {{"\x12\x02\x08\x01", 4}, LISTEN_MESSAGE_ADD, true},
        {{"\x12\x05\x08\x03\x12\x01\x01", 7}, LISTEN_MESSAGE_CURRENT, false},   /* packed */
        {{"\x12\x06\x08\x04\x12\x02\x07\x01", 8}, LISTEN_MESSAGE_RESET, false}, /* two */
        {{"\x12\x04\x08\x04\x10\x01", 6}, LISTEN_MESSAGE_RESET, false},         /* bare */
        {{"\x12\x05\x08\x04\x12\x01\x07", 7}, LISTEN_MESSAGE_NOTHING, false},   /* other's */
        {{"\x12\x02\x08\x63", 4}, LISTEN_MESSAGE_NOTHING, true},                /* new type */
        {{"\x7a\x02\x08\x01", 4}, LISTEN_MESSAGE_NOTHING, false},               /* new kind */
        {{"\x12\x02\x08\x02", 4}, LISTEN_MESSAGE_REMOVE, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        struct listen_message message = read_good(expected[i].bytes);
        if (message.kind != expected[i].kind || message.global != expected[i].global)
            fail_msg("%zu: kind %d, global %d", i, (int)message.kind, message.global);
        assert_int_equal(message.read_time_ns, TIME_NONE);
        assert_int_equal(message.token.len, 0);
    }
}

static void test_cause(void **state)
{
    (void)state;
    struct listen_message message = read_good(STR("\x12\x02\x08\x02"));
    assert_int_equal(message.cause, GRPC_INTERNAL);
    message = read_good(STR("\x12\x0a\x08\x02\x1a\x06\x08\x09\x12\x02no"));
    assert_int_equal(message.cause, GRPC_FAILED_PRECONDITION);
    assert_str(message.cause_text, "no");
    message = read_good(STR("\x12\x07\x08\x02\x1a\x03\x08\xff\x01"));
    assert_int_equal(message.cause, GRPC_UNKNOWN);
}

static void test_token_and_time(void **state)
{
    (void)state;
    struct listen_message message =
        read_good(STR("\x12\x0a\x22\x02\x0a\x00\x32\x04\x08\x05\x10\x07"));
    assert_int_equal(message.kind, LISTEN_MESSAGE_KEEP);
    assert_int_equal(message.token.len, 2);
    assert_int_equal(message.read_time_ns, 5000000007);
}

/* Document {name: "n"}; target_ids [1], removed_target_ids [1], both, neither. */
static void test_document_change(void **state)
{
    (void)state;
    struct listen_message message = read_good(STR("\x1a\x08\x0a\x03\x0a\x01n\x2a\x01\x01"));
    assert_int_equal(message.kind, LISTEN_MESSAGE_CHANGED);
    assert_str(message.name, "n");
    assert_int_equal(message.document.len, 3);
    message = read_good(STR("\x1a\x08\x0a\x03\x0a\x01n\x32\x01\x01"));
    assert_int_equal(message.kind, LISTEN_MESSAGE_LEFT);
    message = read_good(STR("\x1a\x0b\x0a\x03\x0a\x01n\x2a\x01\x01\x32\x01\x01"));
    assert_int_equal(message.kind, LISTEN_MESSAGE_CHANGED);
    message = read_good(STR("\x1a\x05\x0a\x03\x0a\x01n"));
    assert_int_equal(message.kind, LISTEN_MESSAGE_NOTHING);
}

static void test_gone(void **state)
{
    (void)state;
    struct listen_message message = read_good(STR("\x22\x07\x0a\x01n\x22\x02\x08\x05"));
    assert_int_equal(message.kind, LISTEN_MESSAGE_DELETED);
    assert_int_equal(message.read_time_ns, 5000000000);
    message = read_good(STR("\x32\x0a\x0a\x01n\x12\x01\x01\x22\x02\x08\x06"));
    assert_int_equal(message.kind, LISTEN_MESSAGE_REMOVED);
    assert_int_equal(message.read_time_ns, 6000000000);
    assert_str(message.name, "n");
}

static void test_filter(void **state)
{
    (void)state;
    struct listen_message message = read_good(STR("\x2a\x05\x08\x01\x10\xd2\x09"));
    assert_int_equal(message.kind, LISTEN_MESSAGE_FILTER);
    assert_int_equal(message.count, 1234);
    assert_int_equal(read_good(STR("\x2a\x04\x08\x07\x10\x05")).kind, LISTEN_MESSAGE_NOTHING);
}

static void refuse(struct str bytes)
{
    struct listen_message message;
    struct error err;
    assert_false(listen_message_read(bytes, OURS, &message, &err));
    assert_int_equal(err.id, ERROR_SOURCE_PROTOCOL);
}

static void test_malformed(void **state)
{
    (void)state;
    refuse(STR("\x12\x05\x08")); /* cut */
    refuse(STR("\xff"));
    refuse(STR("\x1a\x00"));                     /* a change without a document */
    refuse(STR("\x1a\x05\x0a\x00\x2a\x01\x01")); /* ... without a name */
    refuse(STR("\x22\x00"));                     /* a delete without a name */
    refuse(STR("\x32\x04\x22\x02\x08\x05"));
    refuse(STR("\x12\x04\x32\x02\x10\xff")); /* a time cut short */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_changes), cmocka_unit_test(test_cause),
        cmocka_unit_test(test_token_and_time), cmocka_unit_test(test_document_change),
        cmocka_unit_test(test_gone),           cmocka_unit_test(test_filter),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
