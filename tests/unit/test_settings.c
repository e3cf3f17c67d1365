/* Settings: places and their order, types, secrets, clear messages. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/settings.h"
#include "base/settings_value.h"

/* A home of its own for each test, without any variable of the settings. */
struct home {
    char path[64];
};

static int home_setup(void **state)
{
    struct home *home = memory_zero(1, sizeof(*home));
    snprintf(home->path, sizeof(home->path), "/tmp/ordersync-settings-XXXXXX");
    if (mkdtemp(home->path) == NULL)
        return -1;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char *file AUTO_FREE = memory_format("%s_FILE", settings_variable((enum setting_id)i));
        unsetenv(settings_variable((enum setting_id)i));
        unsetenv(file);
    }
    setenv("HOME", home->path, 1);
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    *state = home;
    return 0;
}

static int home_teardown(void **state)
{
    struct home *home = *state;
    char *file AUTO_FREE = memory_format("%s/file", home->path);
    unlink(file);
    int gone = rmdir(home->path);
    free(home);
    return gone;
}

static char *home_write(void **state, const char *text)
{
    struct home *home = *state;
    char *path = memory_format("%s/file", home->path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static struct settings *load(const char *file, const struct setting_override *flags)
{
    struct settings *settings = NULL;
    struct error err = {0};
    if (!settings_load(file, flags, &settings, &err))
        fail_msg("%s", err.message);
    return settings;
}

static void expect_refused(const char *file, const struct setting_override *flags, enum error_id id,
                           const char *words)
{
    struct settings *settings = NULL;
    struct error err = {0};
    if (settings_load(file, flags, &settings, &err)) {
        settings_free(settings);
        fail_msg("accepted, expected: %s", words);
    }
    assert_int_equal(err.id, id);
    if (strstr(err.message, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err.message, words);
}

static void test_defaults(void **state)
{
    struct home *home = *state;
    struct settings *settings = load(NULL, NULL);
    char *expected AUTO_FREE = memory_format("%s/.local/state/ordersync", home->path);
    assert_string_equal(settings_text(settings, SET_STATE_DIR), expected);
    assert_string_equal(settings_text(settings, SET_COLLECTION), "Orders");
    assert_int_equal(settings_integer(settings, SET_WRITERS), 2);
    assert_int_equal(settings_integer(settings, SET_STATEMENT_TIMEOUT), 120);
    assert_false(settings_boolean(settings, SET_READ_ONLY));
    assert_false(settings_is_set(settings, SET_COLLECTION));
    assert_string_equal(settings_origin(settings, SET_WRITERS), "default");
    settings_free(settings);
}

static void test_order_of_places(void **state)
{
    char *path AUTO_FREE = home_write(state, "writers = 3\nranges = 5\npage_size = 7\n");
    setenv("ORDERSYNC_RANGES", "6", 1);
    setenv("ORDERSYNC_PAGE_SIZE", "8", 1);
    const struct setting_override flags[] = {{"page_size", "9"}, {NULL, NULL}};
    struct settings *settings = load(path, flags);
    assert_int_equal(settings_integer(settings, SET_WRITERS), 3);
    assert_int_equal(settings_integer(settings, SET_RANGES), 6);
    assert_int_equal(settings_integer(settings, SET_PAGE_SIZE), 9);
    assert_string_equal(settings_origin(settings, SET_RANGES), "environment ORDERSYNC_RANGES");
    assert_string_equal(settings_origin(settings, SET_PAGE_SIZE), "flag");
    assert_non_null(strstr(settings_origin(settings, SET_WRITERS), "/file:1"));
    settings_free(settings);
}

static void test_user_file_is_found(void **state)
{
    struct home *home = *state;
    char *path AUTO_FREE = home_write(state, "writers = 4\n");
    char *directory AUTO_FREE = memory_format("%s/ordersync", home->path);
    char *inside AUTO_FREE = memory_format("%s/ordersync.conf", directory);
    setenv("XDG_CONFIG_HOME", home->path, 1);
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(rename(path, inside), 0);
    struct settings *settings = load(NULL, NULL);
    assert_int_equal(settings_integer(settings, SET_WRITERS), 4);
    assert_int_equal(settings_place(settings, SET_WRITERS), ORIGIN_USER_FILE);
    settings_free(settings);
    unlink(inside);
    rmdir(directory);
}

static void test_unknown_names_the_nearest(void **state)
{
    char *path AUTO_FREE = home_write(state, "# comment\n\nwritters = 3\n");
    char *words AUTO_FREE =
        memory_format("%s:3: unknown setting \"writters\"; did you mean \"writers\"?", path);
    expect_refused(path, NULL, ERROR_SETTING_UNKNOWN, words);
    const struct setting_override flags[] = {{"zzzzzzzzzzz", "1"}, {NULL, NULL}};
    expect_refused(NULL, flags, ERROR_SETTING_UNKNOWN, "unknown setting \"zzzzzzzzzzz\"; see");
}

static void test_bad_values(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *words;
    } bad[] = {
        {"writers", "0", "writers: 0 is outside 1..32"},
        {"writers", "33", "writers: 33 is outside 1..32"},
        {"writers", "4x", "\"4x\" is not a whole number"},
        {"writers", "", "is not a whole number"},
        {"writers", "99999999999999999999", "is not a whole number"},
        {"writers", " 4", "is not a whole number"},
        {"give_up", "5 m", "is not a duration"},
        {"give_up", "-5", "is not a duration"},
        {"give_up", "8d", "give_up: 691200 is outside 0..604800 seconds"},
        {"read_only", "maybe", "is neither true nor false"},
        {"environment", "production", "is not one of dev|staging|prod"},
        {"environment", "", "is not one of"},
        {"environment", "dev|staging", "is not one of"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct setting_override flags[] = {{bad[i].name, bad[i].value}, {NULL, NULL}};
        expect_refused(NULL, flags, ERROR_SETTING_INVALID, bad[i].words);
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"0", 0}, {"90", 90}, {"30s", 30}, {"5m", 300}, {"2h", 7200}, {"7d", 604800}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t seconds = -1;
        assert_true(setting_parse_duration(good[i].text, &seconds));
        assert_int_equal(seconds, good[i].seconds);
    }
    int64_t seconds = -1;
    assert_false(setting_parse_duration("9223372036854775807d", &seconds));
    assert_false(setting_parse_duration("", &seconds));
    assert_int_equal(seconds, -1);
}

static void test_bad_files(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"writers 4\n", ":1: not of the form name = value"},
        {"[ordersync]\nwriters = 4\n", ":2: [ordersync]: sections are not used here"},
        {"writers = 4\nranges = 2\nwriters = 5\n", ":3: writers is set twice"},
        {"writers = four\n", "/file:1: writers: \"four\" is not a whole number"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *path AUTO_FREE = home_write(state, bad[i].text);
        expect_refused(path, NULL, ERROR_SETTING_INVALID, bad[i].words);
    }
    expect_refused("/nonexistent/ordersync.conf", NULL, ERROR_SETTING_INVALID,
                   "configuration file /nonexistent/ordersync.conf: No such file");
}

static void test_long_lines(void **state)
{
    char part[151];
    memset(part, 'x', sizeof(part) - 1);
    part[sizeof(part) - 1] = '\0';
    char *one AUTO_FREE = memory_format("writers = 2\ncollection = %s%s\n", part, part);
    char *path AUTO_FREE = home_write(state, one);
    expect_refused(path, NULL, ERROR_SETTING_INVALID, ":2: line longer than");
    char *two AUTO_FREE = memory_format("collection = %s\n  %s\nwriters = 2\n", part, part);
    char *again AUTO_FREE = home_write(state, two);
    struct settings *settings = load(again, NULL);
    assert_int_equal(strlen(settings_text(settings, SET_COLLECTION)), 300);
    assert_int_equal(settings_integer(settings, SET_WRITERS), 2);
    settings_free(settings);
}

static void test_secret_file(void **state)
{
    char *path AUTO_FREE = home_write(state, "sk_test_sesame\n");
    setenv("STRIPE_SECRET_KEY_FILE", path, 1);
    struct settings *settings = load(NULL, NULL);
    assert_string_equal(settings_text(settings, SET_STRIPE_KEY), "sk_test_sesame");
    assert_string_equal(settings_shown(settings, SET_STRIPE_KEY), "********");
    assert_non_null(strstr(settings_origin(settings, SET_STRIPE_KEY), "STRIPE_SECRET_KEY_FILE"));
    settings_free(settings);
    setenv("STRIPE_SECRET_KEY", "sk_test_other", 1);
    expect_refused(NULL, NULL, ERROR_SETTING_INVALID,
                   "both STRIPE_SECRET_KEY and STRIPE_SECRET_KEY_FILE are set");
    unsetenv("STRIPE_SECRET_KEY");
    setenv("STRIPE_SECRET_KEY_FILE", "/nonexistent/key", 1);
    expect_refused(NULL, NULL, ERROR_SETTING_INVALID, "/nonexistent/key: No such file");
}

static void test_masks(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *shown;
    } masks[] = {
        {"", ""},
        {"sk_live_51abc", "********"},
        {"postgres://u:sesame@h:5432/d", "postgres://u:********@h:5432/d"},
        {"postgresql://u:se@same@h/d?x=1", "postgresql://u:********@h/d?x=1"},
        {"postgresql://u:se/same@h/d", "postgresql://u:********@h/d"},
        {"postgresql://u@h/d", "postgresql://u@h/d"},
        {"postgresql://h/d?user=u&password=sesame&x=1",
         "postgresql://h/d?user=u&password=********&x=1"},
        {"postgresql:///d?sslpassword=sesame", "postgresql:///d?sslpassword=********"},
        {"host=h password=sesame dbname=d", "host=h password=******** dbname=d"},
        {"host=h password = 'open \\' sesame' dbname=d", "host=h password = ******** dbname=d"},
        {"host=h PASSWORD=sesame", "host=h PASSWORD=********"},
        {"https://u:sesame@h", "********"},
    };
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        char *shown AUTO_FREE = setting_mask(masks[i].secret);
        assert_string_equal(shown, masks[i].shown);
    }
}

static void test_empty_variable_is_unset(void **state)
{
    (void)state;
    setenv("ORDERSYNC_WRITERS", "", 1);
    setenv("FIRESTORE_EMULATOR_HOST", "", 1);
    struct settings *settings = load(NULL, NULL);
    assert_int_equal(settings_integer(settings, SET_WRITERS), 2);
    assert_false(settings_is_set(settings, SET_EMULATOR_HOST));
    settings_free(settings);
}

struct adopted {
    bool taken[SETTING_COUNT];
    bool refused[SETTING_COUNT];
};

static void note_change(void *context, enum setting_id id, bool taken)
{
    struct adopted *adopted = context;
    (taken ? adopted->taken : adopted->refused)[id] = true;
}

static void test_reload(void **state)
{
    struct adopted adopted = {.taken = {false}};
    char *path = home_write(state, "max_attempts = 4\nwriters = 3\nalert_lag = 5m\n");
    struct settings *settings = load(NULL, NULL);
    struct settings *fresh = load(path, NULL);
    settings_adopt(settings, fresh, note_change, &adopted);
    assert_int_equal(settings_integer(settings, SET_MAX_ATTEMPTS), 4);
    assert_int_equal(settings_integer(settings, SET_ALERT_LAG), 300);
    assert_int_equal(settings_integer(settings, SET_WRITERS), 2); /* threads are there already */
    assert_true(adopted.taken[SET_MAX_ATTEMPTS] && adopted.taken[SET_ALERT_LAG]);
    assert_true(adopted.refused[SET_WRITERS]);
    assert_false(adopted.taken[SET_WRITERS] || adopted.taken[SET_LOG_LEVEL]);
    adopted = (struct adopted){.taken = {false}};
    settings_adopt(settings, fresh, note_change, &adopted);
    assert_false(adopted.taken[SET_MAX_ATTEMPTS]); /* told once */
    settings_free(fresh);
    settings_free(settings);
    free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_order_of_places),
        TEST(test_user_file_is_found),
        TEST(test_unknown_names_the_nearest),
        TEST(test_bad_values),
        TEST(test_durations),
        TEST(test_bad_files),
        TEST(test_long_lines),
        TEST(test_secret_file),
        TEST(test_masks),
        TEST(test_empty_variable_is_unset),
        TEST(test_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
