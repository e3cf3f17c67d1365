/* Stripe keys and environments. */
#include "tests/lib/check.h"

#include "source/stripe_key.h"
#include "tests/lib/fake_settings.h"

static void test_modes(void **state)
{
    static const struct {
        const char *key;
        enum stripe_mode mode;
    } keys[] = {{"sk_live_x", STRIPE_LIVE},    {"rk_live_x", STRIPE_LIVE},
                {"sk_test_x", STRIPE_TEST},    {"rk_test_x", STRIPE_TEST},
                {"", STRIPE_UNKNOWN},          {"sk_", STRIPE_UNKNOWN},
                {"pk_live_x", STRIPE_UNKNOWN}, {"sk_lively", STRIPE_UNKNOWN}};
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_int_equal(stripe_key_mode(keys[i].key), keys[i].mode);
}

static void test_fits(void **state)
{
    static const struct {
        const char *environment, *key;
        bool fits;
    } pairs[] = {{"dev", "sk_live_sesame", false},
                 {"dev", "rk_live_sesame", false},
                 {"dev", "sk_test_sesame", true},
                 {"prod", "sk_test_sesame", false},
                 {"prod", "rk_test_sesame", false},
                 {"prod", "rk_live_sesame", true},
                 {"staging", "sk_live_x", true},
                 {"staging", "sk_test_x", true},
                 {"prod", "", true},
                 {"dev", "odd", true}};
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct error err = {0};
        struct setting_override overrides[] = {{"environment", pairs[i].environment},
                                               {"stripe_secret_key", pairs[i].key},
                                               {NULL, NULL}};
        struct settings *settings = fake_settings(overrides);
        assert_int_equal(stripe_key_fits(settings, &err), pairs[i].fits);
        if (!pairs[i].fits) {
            assert_int_equal(err.id, ERROR_STRIPE_ENVIRONMENT);
            assert_int_equal(error_exit_code(&err), 78);
            assert_null(strstr(err.message, "sesame"));
        }
        settings_free(settings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_modes), cmocka_unit_test(test_fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
