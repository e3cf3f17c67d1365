/* What SQLSTATEs stand for, by the class that decides what happens next. */
#include "tests/lib/check.h"

#include "target/pg.h"

static void test_classes(void **state)
{
    (void)state;
    static const struct {
        const char *sqlstate;
        enum error_class class;
    } expected[] = {
        {"40P01", CLASS_TRANSIENT},    {"40001", CLASS_TRANSIENT},    {"40003", CLASS_TRANSIENT},
        {"57014", CLASS_TRANSIENT},    {"55P03", CLASS_TRANSIENT},    {"57P01", CLASS_TRANSIENT},
        {"57P03", CLASS_TRANSIENT},    {"08006", CLASS_TRANSIENT},    {"53300", CLASS_TRANSIENT},
        {"53200", CLASS_TRANSIENT},    {"25006", CLASS_TRANSIENT},    {"99999", CLASS_TRANSIENT},
        {"53100", CLASS_STORAGE},      {"58030", CLASS_STORAGE},      {"XX001", CLASS_STORAGE},
        {"28P01", CLASS_AUTH},         {"28000", CLASS_AUTH},         {"42501", CLASS_AUTH},
        {"3D000", CLASS_CONFIG},       {"42P01", CLASS_CONFIG},       {"3F000", CLASS_CONFIG},
        {"22P02", CLASS_INVALID_DATA}, {"22003", CLASS_INVALID_DATA}, {"23502", CLASS_INVALID_DATA},
        {"23514", CLASS_INVALID_DATA}, {"54000", CLASS_INVALID_DATA}, {"23505", CLASS_CONFLICT},
        {"42601", CLASS_BUG},
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        enum error_class class = error_info(pg_error_id(expected[i].sqlstate))->class;
        if (class != expected[i].class)
            fail_msg("%s is %s, not %s", expected[i].sqlstate, error_class_name(class),
                     error_class_name(expected[i].class));
    }
}

static void test_no_sqlstate(void **state)
{
    (void)state;
    assert_int_equal(pg_error_id(NULL), ERROR_TARGET_SERVER);
    assert_int_equal(pg_error_id(""), ERROR_TARGET_SERVER);
    assert_int_equal(pg_error_id("40"), ERROR_TARGET_SERVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_no_sqlstate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
