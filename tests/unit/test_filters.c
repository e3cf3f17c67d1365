/* The filter languages of the screens Log and Plan, and completion over their words. */
#include <stdio.h>

#include "lib/check.h"

#include "ui/log_filter.h"
#include "ui/plan_filter.h"

static struct log_filter parsed(const char *text)
{
    struct log_filter filter;
    struct error err = {0};
    if (!log_filter_parse(text, LOG_LEVEL_INFO, &filter, &err))
        fail_msg("%s: %s", text, err.message);
    return filter;
}

static struct log_entry entry(enum log_level level, const char *source, const char *order,
                              const char *message)
{
    struct log_entry made = {.level = level};
    STR_FILL(made.source, source);
    STR_FILL(made.order, order);
    STR_FILL(made.message, message);
    STR_FILL(made.code, order[0] == '\0' ? "" : "OS-2103");
    STR_FILL(made.component, "apply");
    return made;
}

static void log_words_match(void **state)
{
    const struct log_entry line =
        entry(LOG_LEVEL_WARNING, "stripe", "cs_live_a1", "rate Limited, waits 41 s");
    static const struct {
        const char *text;
        bool matches;
    } cases[] = {
        {"", true},
        {"  ", true},
        {"level:warning", true},
        {"level:debug", true},
        {"level:error", false},
        {"source:stripe", true},
        {"-source:stripe", false},
        {"source:printful", false},
        {"-source:printful", true},
        {"order:LIVE", true},
        {"order:5123", false},
        {"code:os-21", true},
        {"-code:OS-21", false},
        {"component:app", true},
        {"limited", true},
        {"-limited", false},
        {"OS-2103", true}, /* words are looked for in code and order, too */
        {"cs_live", true},
        {"waits rate", true},
        {"waits -rate", false},
        {"level:error level:info", true}, /* the last one counts */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct log_filter filter = parsed(cases[i].text);
        if (log_filter_matches(&filter, &line) != cases[i].matches)
            fail_msg("\"%s\" should %smatch", cases[i].text, cases[i].matches ? "" : "not ");
    }
    /* Below the level that was there before. */
    struct log_filter filter = parsed("source:stripe");
    const struct log_entry debug = entry(LOG_LEVEL_DEBUG, "stripe", "", "");
    assert_false(log_filter_matches(&filter, &debug));
}

static void wrong_log_words_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"level:loud", "error, warning, info or debug"},
        {"level:", "takes error"},
        {"-level:error", "no minus"},
        {"source:paypal", "firestore, stripe or printful"},
        {"source:", "takes a value"},
        {"words order:", "takes a value"},
        {"a b c d e f g h i", "at most 8"},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "too long"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct log_filter filter = {.count = 77};
        struct error err = {0};
        if (log_filter_parse(cases[i].text, LOG_LEVEL_INFO, &filter, &err))
            fail_msg("\"%s\" was taken", cases[i].text);
        assert_int_equal(err.id, ERROR_CONSOLE_FILTER);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("\"%s\": %s", cases[i].text, err.message);
        assert_int_equal(filter.count, 77); /* untouched */
    }
}

static void plan_words_set_bits(void **state)
{
    struct plan_filter filter;
    struct error err = {0};
    (void)state;
    assert_true(plan_filter_parse("action:create,update state:open source:stripe two words",
                                  &filter, &err));
    assert_int_equal(filter.actions, 1u << PLAN_CREATE | 1u << PLAN_UPDATE);
    assert_int_equal(filter.states, 1u << PLAN_ROW_OPEN);
    assert_int_equal(filter.sources, 1u << SOURCE_STRIPE);
    assert_string_equal(filter.text, "two words");
    assert_false(plan_filter_parse("state:gone", &filter, &err));
    assert_int_equal(err.id, ERROR_CONSOLE_FILTER);
    assert_non_null(strstr(err.message, "state: takes open, applied"));
}

/* "from:common:choices" */
static const char *completed(const struct filter_word *words, size_t count, const char *text)
{
    static char said[256];
    struct search_choices choices;
    filter_words_complete(words, count, text, strlen(text), &choices);
    int len = snprintf(said, sizeof(said), "%zu+%zu", choices.from, choices.common);
    for (size_t i = 0; i < choices.count; i++)
        len += snprintf(said + len, sizeof(said) - (size_t)len, " %s", choices.items[i]);
    return said;
}

static void words_are_completed(void **state)
{
    size_t count;
    const struct filter_word *plan = plan_filter_words(&count);
    (void)state;
    assert_string_equal(completed(plan, count, ""), "0+0 action: state: source:");
    assert_string_equal(completed(plan, count, "s"), "0+1 state: source:");
    assert_string_equal(completed(plan, count, "x st"), "2+6 state:");
    assert_string_equal(completed(plan, count, "state:a"), "6+7 applied");
    assert_string_equal(completed(plan, count, "state:open,mo"), "11+5 moved");
    assert_string_equal(completed(plan, count, "words"), "0+0");
    const struct filter_word *log = log_filter_words(&count);
    assert_string_equal(completed(log, count, "-so"), "1+7 source:");
    assert_string_equal(completed(log, count, "-source:st"), "8+6 stripe");
    assert_string_equal(completed(log, count, "level:"), "6+0 error warning info debug");
    assert_string_equal(completed(log, count, "order:51"), "6+0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_words_match),
        cmocka_unit_test(wrong_log_words_are_refused),
        cmocka_unit_test(plan_words_set_bits),
        cmocka_unit_test(words_are_completed),
    };
    return cmocka_run_group_tests_name("filters", tests, NULL, NULL);
}
