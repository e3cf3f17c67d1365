/* Status codes: what each means, and which are tried again. */
#include "lib/check.h"

#include "source/grpc_status.h"

static void test_table(void **state)
{
    static const struct {
        int code;
        const char *name;
        enum error_class class;
        bool retried;
    } expected[] = {
        {0, "OK", CLASS_NONE, false},
        {1, "CANCELLED", CLASS_TRANSIENT, true},
        {2, "UNKNOWN", CLASS_TRANSIENT, true},
        {3, "INVALID_ARGUMENT", CLASS_CONFIG, false},
        {4, "DEADLINE_EXCEEDED", CLASS_TRANSIENT, true},
        {5, "NOT_FOUND", CLASS_CONFIG, false},
        {6, "ALREADY_EXISTS", CLASS_CONFIG, false},
        {7, "PERMISSION_DENIED", CLASS_AUTH, false},
        {8, "RESOURCE_EXHAUSTED", CLASS_RATE_LIMITED, true},
        {9, "FAILED_PRECONDITION", CLASS_CONFIG, false},
        {10, "ABORTED", CLASS_TRANSIENT, true},
        {11, "OUT_OF_RANGE", CLASS_CONFIG, false},
        {12, "UNIMPLEMENTED", CLASS_CONFIG, false},
        {13, "INTERNAL", CLASS_TRANSIENT, true},
        {14, "UNAVAILABLE", CLASS_TRANSIENT, true},
        {15, "DATA_LOSS", CLASS_CONFIG, false},
        {16, "UNAUTHENTICATED", CLASS_AUTH, false},
        {17, "UNKNOWN", CLASS_TRANSIENT, true},
        {-1, "UNKNOWN", CLASS_TRANSIENT, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        int code = expected[i].code;
        assert_string_equal(grpc_code_name(code), expected[i].name);
        assert_int_equal(error_info(grpc_code_error(code))->class, expected[i].class);
        assert_int_equal(grpc_code_is_retried(code), expected[i].retried);
    }
}

static void test_parse(void **state)
{
    (void)state;
    assert_int_equal(grpc_code_parse(STR("0")), GRPC_OK);
    assert_int_equal(grpc_code_parse(STR("14")), GRPC_UNAVAILABLE);
    assert_int_equal(grpc_code_parse(STR("16")), GRPC_UNAUTHENTICATED);
    assert_int_equal(grpc_code_parse(STR("17")), GRPC_UNKNOWN);
    assert_int_equal(grpc_code_parse(STR("")), GRPC_UNKNOWN);
    assert_int_equal(grpc_code_parse(STR("x")), GRPC_UNKNOWN);
    assert_int_equal(grpc_code_parse(STR("-1")), GRPC_UNKNOWN);
    assert_int_equal(grpc_code_parse(STR("004")), GRPC_UNKNOWN);
}

static void test_http(void **state)
{
    (void)state;
    assert_int_equal(grpc_code_from_http(0), GRPC_UNAVAILABLE);
    assert_int_equal(grpc_code_from_http(200), GRPC_UNAVAILABLE);
    assert_int_equal(grpc_code_from_http(503), GRPC_UNAVAILABLE);
    assert_int_equal(grpc_code_from_http(401), GRPC_UNAUTHENTICATED);
    assert_int_equal(grpc_code_from_http(403), GRPC_PERMISSION_DENIED);
    assert_int_equal(grpc_code_from_http(404), GRPC_UNIMPLEMENTED);
    assert_int_equal(grpc_code_from_http(418), GRPC_UNKNOWN);
}

static void decode(const char *encoded, const char *expected)
{
    char text[32];
    grpc_message_decode(str_from(encoded), text, sizeof(text));
    assert_string_equal(text, expected);
}

static void test_message(void **state)
{
    char small[4];
    (void)state;
    decode("plain words", "plain words");
    decode("caf%C3%a9 100%25", "caf\xc3\xa9 100%");
    decode("%", "%");
    decode("%4", "%4");
    decode("%zz", "%zz");
    decode("a%00b", "a b");
    decode("0123456789012345678901234567890123456789", "0123456789012345678901234567890");
    grpc_message_decode(STR("abcdef"), small, sizeof(small));
    assert_string_equal(small, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
