/* Opening the Firestore source: what the settings must say, and what it calls itself. */
#include "lib/check.h"

#include "lib/fake_settings.h"
#include "source/source.h"

static const struct source_ops *const ops = &source_firestore;

static bool open_with(const char *emulator, const char *project, const char *database,
                      const char *collection, struct source **source, struct error *err)
{
    struct setting_override overrides[] = {{"firestore_emulator_host", emulator},
                                           {"project", project},
                                           {"firestore_database", database},
                                           {"collection", collection},
                                           {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    bool ok = ops->open(settings, source, err);
    settings_free(settings);
    return ok;
}

static void test_identity(void **state)
{
    static const char *const expected[][2] = {
        {"Orders", "shop-1/(default)/Orders"},
        {"shops/acme/Orders", "shop-1/(default)/shops/acme/Orders"},
        {"\xe6\xb3\xa8\xe6\x96\x87 7", "shop-1/(default)/\xe6\xb3\xa8\xe6\x96\x87 7"}};
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        struct source *source;
        struct error err;
        if (!open_with("127.0.0.1:1", "shop-1", "(default)", expected[i][0], &source, &err))
            fail_msg("%s", err.message);
        assert_string_equal(ops->identity(source), expected[i][1]);
        ops->close(source);
    }
}

static void refuse(const char *emulator, const char *project, const char *database,
                   const char *collection, enum error_id id, const char *words)
{
    struct source *source;
    struct error err;
    assert_false(open_with(emulator, project, database, collection, &source, &err));
    assert_int_equal(err.id, id);
    if (strstr(err.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
}

static void test_refused(void **state)
{
    (void)state;
    refuse("127.0.0.1:1", "", "(default)", "Orders", ERROR_SETTING_MISSING, "GOOGLE_CLOUD_PROJECT");
    refuse("127.0.0.1:1", "a/b", "(default)", "Orders", ERROR_SETTING_INVALID, "project");
    refuse("127.0.0.1:1", "a\r\nx: y", "(default)", "Orders", ERROR_SETTING_INVALID, "project");
    refuse("127.0.0.1:1", "p", "a b", "Orders", ERROR_SETTING_INVALID, "firestore_database");
    refuse("127.0.0.1:1", "p", "(default)", "a/b", ERROR_SETTING_INVALID, "collection");
    refuse("127.0.0.1:1", "p", "(default)", "/a/b", ERROR_SETTING_INVALID, "collection");
    refuse("127.0.0.1:1", "p", "(default)", "a//b", ERROR_SETTING_INVALID, "collection");
    refuse("user@127.0.0.1:1", "p", "(default)", "Orders", ERROR_SOURCE_ADDRESS,
           "firestore_emulator_host");
    refuse("http://127.0.0.1:1", "p", "(default)", "Orders", ERROR_SOURCE_ADDRESS, "HOST:PORT");
    refuse("", "p", "(default)", "Orders", ERROR_CREDENTIALS_MISSING,
           "GOOGLE_APPLICATION_CREDENTIALS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
