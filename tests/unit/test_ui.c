/* The parts of the console that need no terminal. */
#include <curses.h>
#include <locale.h>

#include "lib/check.h"

#include "base/clock.h"
#include "model/personal.h"
#include "ui/bindings.h"
#include "ui/dialog.h"
#include "ui/duration.h"
#include "ui/engine_word.h"
#include "ui/gauge.h"
#include "ui/line_edit.h"
#include "ui/list.h"

#define NOW INT64_C(1795402631000000)

static void durations_are_read(void **state)
{
    (void)state;
    int64_t length = 0;
    assert_true(duration_parse("90s", &length) && length == 90000000);
    assert_true(duration_parse("7d", &length) && length == INT64_C(604800000000));
    static const char *const bad[] = {
        "", "5", "h", "-1h", "0s", "1hh", "1 h", "99999999999999999999d", "9999999d"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(duration_parse(bad[i], &length));
}

static void moments_are_read(void **state)
{
    static const char *const bad[] = {"",      "7:30",      "24:00",      "07:60",
                                      "07:3a", "yesterday", "2020-01-01", "07:30x"};
    int64_t until = 0;
    (void)state;
    assert_true(duration_until("2h", NOW, &until) && until == NOW + INT64_C(7200000000));
    /* It is 02:57:11. */
    assert_true(duration_until("07:30", NOW, &until) && until == NOW + INT64_C(16369000000));
    assert_true(duration_until("02:57", NOW, &until) && until == NOW + INT64_C(86389000000));
    assert_true(duration_until("2026-11-24T00:00:00Z", NOW, &until));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(duration_until(bad[i], NOW, &until));
}

static void numbers_are_short(void **state)
{
    char text[GAUGE_TEXT];
    (void)state;
    assert_string_equal(gauge_count(0, text), "0");
    assert_string_equal(gauge_count(1234567, text), "1,234,567");
    assert_true(strlen(gauge_count(UINT64_MAX, text)) >= 20);
    assert_string_equal(gauge_short(9999, text), "9999");
    assert_string_equal(gauge_short(12345, text), "12.3k");
    assert_string_equal(gauge_short(4.1e6, text), "4.1M");
    assert_string_equal(gauge_age(-1, text), "-");
    assert_string_equal(gauge_age(99000000, text), "99s");
    assert_string_equal(gauge_age(100000000, text), "1m");
    assert_string_equal(gauge_age(INT64_C(172800000000), text), "2d");
    assert_string_equal(gauge_duration(INT64_C(7500000000), text), "2h05m");
    assert_string_equal(gauge_lag(4200000, text), "4.2s");
    assert_string_equal(gauge_lag(120000, text), "120ms");
    assert_string_equal(gauge_bytes(61000000, text), "61 MB");
    assert_string_equal(gauge_clock(NOW, NOW, text), "02:57:11");
    assert_string_equal(gauge_clock(NOW - INT64_C(86400000000), NOW, text), "11-22 02:57");
    assert_string_equal(gauge_clock(TIME_NONE, NOW, text), "-");
}

static void lists_stay_inside(void **state)
{
    (void)state;
    struct list list = {0};
    list_fit(&list, 0, 10);
    assert_true(list_request(&list, REQUEST_DOWN));
    assert_int_equal(list.selected, 0);
    list_fit(&list, 1000000, 10);
    assert_true(list_request(&list, REQUEST_LAST));
    assert_int_equal(list.selected, 999999);
    assert_int_equal(list.top, 999990);
    assert_true(list_request(&list, REQUEST_PAGE_UP));
    assert_int_equal(list.selected, 999990);
    list_fit(&list, 5, 10);
    assert_int_equal(list.selected, 4);
    assert_int_equal(list.top, 0);
    assert_false(list_request(&list, REQUEST_RETRY));
}

static void type(struct line_edit *edit, const char *keys)
{
    for (; *keys != '\0'; keys++)
        (void)line_edit_key(edit, (unsigned char)*keys, false);
}

static void lines_are_edited_by_characters(void **state)
{
    (void)state;
    struct line_edit edit = {0};
    line_edit_set(&edit, "a\303\244b");
    assert_true(line_edit_key(&edit, KEY_LEFT, true));
    assert_true(line_edit_key(&edit, KEY_BACKSPACE, true));
    assert_string_equal(edit.text, "ab");
    type(&edit, "xy z");
    assert_string_equal(edit.text, "axy zb");
    type(&edit, "\027");
    assert_string_equal(edit.text, "axy b");
    type(&edit, "\001\013");
    assert_string_equal(edit.text, "");
    for (int i = 0; i < 1000; i++)
        (void)line_edit_key(&edit, 0x20ac, false);
    assert_int_equal(edit.len, LINE_MAX_BYTES - LINE_MAX_BYTES % 3);
}

static enum dialog_outcome press(struct dialog *dialog, const char *keys)
{
    enum dialog_outcome outcome = DIALOG_OPEN;
    for (; *keys != '\0' && outcome == DIALOG_OPEN; keys++)
        outcome = dialog_key(dialog, (unsigned char)*keys, false);
    return outcome;
}

static struct dialog asking(void)
{
    struct dialog dialog = {.confirm = "Do"};
    dialog_field(&dialog, "reason", "");
    dialog_field(&dialog, "count", "12");
    return dialog;
}

static void dialogs_default_to_cancel(void **state)
{
    (void)state;
    struct dialog dialog = asking();
    assert_int_equal(press(&dialog, "\r\r\r"), DIALOG_CANCELLED);
    dialog = asking();
    assert_int_equal(press(&dialog, "why\r12\r\r"), DIALOG_CANCELLED);
    dialog = asking();
    assert_int_equal(press(&dialog, "why\r12\r\t\r"), DIALOG_CONFIRMED);
    dialog = asking();
    assert_int_equal(press(&dialog, "why\r13\r\t\r"), DIALOG_OPEN);
    assert_int_equal(dialog.focus, 1);
    dialog = asking();
    assert_int_equal(press(&dialog, "   \r12\r\t\r"), DIALOG_OPEN);
    assert_int_equal(press(&dialog, "\033"), DIALOG_CANCELLED);
}

static void bindings_are_consistent(void **state)
{
    (void)state;
    size_t count;
    const struct binding *table = bindings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct request_info *info = request_info(table[i].request);
        assert_true(info->help[0] != '\0');
        for (size_t j = i + 1; j < count; j++)
            assert_false(table[i].context == table[j].context && table[i].key == table[j].key);
        if (info->acts)
            assert_int_equal(bindings_find(table[i].context, table[i].key, true), REQUEST_NONE);
    }
    /* Every request can be reached. */
    for (enum request request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
        bool bound = false;
        for (size_t i = 0; i < count; i++)
            bound |= table[i].request == request;
        if (!bound)
            fail_msg("%s has no key", request_info(request)->name);
    }
}

static void personal_fields_follow_the_mapping(void **state)
{
    (void)state;
    struct personal root = personal_root();
    assert_false(personal_enter(root, STR("currency")).masked);
    assert_true(personal_enter(root, STR("email")).masked);
    assert_true(personal_enter(root, STR("no_such_field")).masked);
    struct personal line = personal_enter(root, STR("line_items"));
    assert_false(line.masked);
    assert_false(personal_enter(line, STR("quantity")).masked);
    struct personal customer = personal_enter(root, STR("customer"));
    assert_true(personal_enter(customer, STR("first_name")).masked);
    struct personal address = personal_enter(root, STR("shipping_address"));
    assert_true(personal_enter(address, STR("address1")).masked);
}

static void titles_name_the_engine(void **state)
{
    static const struct {
        bool have, local;
        enum engine_state state;
        int64_t silent_us;
        const char *word;
        enum role role;
    } cases[] = {
        {false, false, ENGINE_RUNNING, 0, "STOPPED", ROLE_WARNING},
        {true, true, ENGINE_STOPPED, 0, "STOPPED", ROLE_WARNING},
        {true, false, ENGINE_STOPPED, INT64_C(86400000000), "STOPPED", ROLE_WARNING},
        {true, true, ENGINE_RUNNING, 0, "LIVE", ROLE_OK},
        {true, true, ENGINE_IDLE, 2000000, "LIVE", ROLE_OK},
        {true, false, ENGINE_RUNNING, 0, "ATTACHED", ROLE_OK},
        {true, false, ENGINE_IDLE, 0, "ATTACHED", ROLE_OK},
        {true, true, ENGINE_PAUSED, 0, "PAUSED", ROLE_WARNING},
        {true, false, ENGINE_PAUSED, 0, "PAUSED", ROLE_WARNING},
        {true, false, ENGINE_WAITING, 0, "WAITING", ROLE_ERROR},
        {true, true, ENGINE_STARTING, 0, "STARTING", ROLE_OK},
        {true, true, ENGINE_DRAINING, 0, "DRAINING", ROLE_WARNING},
        {true, true, ENGINE_RUNNING, 2000001, "STALE 2s", ROLE_ERROR},
        {true, false, ENGINE_PAUSED, 14000000, "STALE 14s", ROLE_ERROR},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lookup_status status = {.have_engine = cases[i].have, .local = cases[i].local};
        char word[32];
        enum role role;
        status.engine.state = cases[i].state;
        status.engine.beat_us = NOW - cases[i].silent_us;
        engine_word_choose(&status, NOW, word, &role);
        assert_string_equal(word, cases[i].word);
        assert_int_equal(role, cases[i].role);
    }
    char word[32];
    enum role role;
    engine_word_choose(NULL, NOW, word, &role);
    assert_string_equal(word, "STOPPED");
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(lists_stay_inside),
        cmocka_unit_test(lines_are_edited_by_characters),
        cmocka_unit_test(dialogs_default_to_cancel),
        cmocka_unit_test(bindings_are_consistent),
        cmocka_unit_test(titles_name_the_engine),
        cmocka_unit_test(personal_fields_follow_the_mapping),
    };
    return cmocka_run_group_tests_name("ui", tests, NULL, NULL);
}
