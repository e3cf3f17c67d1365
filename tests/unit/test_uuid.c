/* UUIDs. */
#include "tests/lib/check.h"

#include "base/uuid.h"

static void version_5_of_the_standard(void **state)
{
    /* RFC 9562 A.4: www.example.com in the DNS namespace */
    struct uuid dns;
    char text[UUID_TEXT_SIZE];
    (void)state;
    assert_true(uuid_parse(STR("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), &dns));
    struct uuid made = uuid_v5(&dns, STR("www.example.com"));
    uuid_format(&made, text);
    assert_string_equal(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

static void order_ids_never_change(void **state)
{
    char text[UUID_TEXT_SIZE];
    (void)state;
    struct uuid made = uuid_v5(&uuid_namespace_ordersync, STR("firestore/5123456"));
    uuid_format(&made, text);
    assert_string_equal(text, "98e18ba8-328c-54cd-ab21-42338b56d1a9");
}

static void random_ones_are_version_4(void **state)
{
    (void)state;
    struct uuid a = uuid_random(), b = uuid_random();
    assert_int_equal(a.bytes[6] >> 4, 4);
    assert_int_equal(a.bytes[8] >> 6, 2);
    assert_memory_not_equal(a.bytes, b.bytes, 16);
}

static void forms(void **state)
{
    static const char *const bad[] = {
        "", "6ba7b810-9dad-11d1-80b4-00c04fd430c", "6ba7b8109dad11d180b400c04fd430c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "6ba7b810-9dad-11d1-80b4_00c04fd430c8"};
    struct uuid uuid;
    char text[UUID_TEXT_SIZE];
    (void)state;
    assert_true(uuid_parse(STR("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"), &uuid));
    uuid_format(&uuid, text);
    assert_string_equal(text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(uuid_parse(str_from(bad[i]), &uuid));
    assert_false(uuid_parse(STR_NULL, &uuid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_5_of_the_standard),
        cmocka_unit_test(order_ids_never_change),
        cmocka_unit_test(random_ones_are_version_4),
        cmocka_unit_test(forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
