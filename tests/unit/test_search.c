/* The language of filters: what it reads, what it refuses and where, that what is printed reads
 * back as the same, what Tab offers. */
#include <stdio.h>

#include "base/clock.h"
#include "journal/search.h"
#include "lib/check.h"

#define NOW INT64_C(1795402631000000)

static struct failure_filter parsed(const char *text)
{
    struct failure_filter filter = search_all();
    struct error err = {0};
    if (!search_parse(text, NOW, &filter, NULL, &err))
        fail_msg("%s: %s", text, err.message);
    return filter;
}

static void prints_as(const char *text, const char *expected)
{
    struct failure_filter filter = parsed(text);
    struct buffer printed = {0};
    search_print(&filter, NOW, &printed);
    if (strcmp(printed.data, expected) != 0)
        fail_msg("%s is printed as %s, not %s", text, printed.data, expected);
    buffer_free(&printed);
}

static void words_are_read(void **state)
{
    (void)state;
    struct failure_filter filter = parsed("state:dead source:stripe age:<2h code:OS-2103 text "
                                          "field:total_price label:#1042 note:yes -negation");
    assert_int_equal(filter.states, 1u << FAILURE_DEAD);
    assert_int_equal(filter.sources, 1u << SOURCE_STRIPE);
    assert_int_equal(filter.since_us, NOW - INT64_C(7200000000));
    assert_int_equal(filter.until_us, TIME_NONE);
    assert_string_equal(filter.code, "OS-2103");
    assert_int_equal(filter.term_count, 5);
    assert_int_equal(filter.terms[0].key, TERM_TEXT);
    assert_string_equal(filter.terms[0].value, "text");
    assert_int_equal(filter.terms[1].key, TERM_FIELD);
    assert_string_equal(filter.terms[2].value, "#1042");
    assert_int_equal(filter.terms[3].key, TERM_NOTE);
    assert_true(filter.terms[4].negated);
    assert_string_equal(filter.terms[4].value, "negation");
}

static void printed_in_one_way(void **state)
{
    (void)state;
    prints_as("", "");
    prints_as("   ", "");
    prints_as("state:retryable,dead", "state:retryable,dead");
    prints_as("state:dead state:held", "state:dead,held");
    prints_as("-state:dead", "state:retryable,in_progress,skipped,snoozed,held");
    prints_as("state:all -state:resolved", "");
    prints_as("-source:stripe", "source:firestore,printful");
    prints_as("code:os-2103 fp:a91f", "code:OS-2103 fp:a91f");
    prints_as("code:OS-2103,OS-4031", "code:OS-2103,OS-4031");
    prints_as("-code:OS-2103", "-code:OS-2103");
    prints_as("age:<90m", "age:<90m");
    prints_as("age:<120m", "age:<2h");
    prints_as("-age:<7d", "age:>7d");
    prints_as("age:<2h age:<1h age:<3h", "age:<1h");
    prints_as("since:2026-11-23T02:00:00.5Z", "since:2026-11-23T02:00:00.500000Z");
    prints_as("\"state:dead\"", "\"state:dead\"");
    prints_as("\"two words\" plain", "\"two words\" plain");
    prints_as("text:plain", "plain");
    prints_as("text:\"a,b\",c", "text:\"a,b\",c");
    prints_as("\"say \\\"hi\\\" \\\\ there\"", "\"say \\\"hi\\\" \\\\ there\"");
    prints_as("note:no -note:yes -note:no", "note:no note:no note:yes");
    prints_as("-note:\"asked the shop\"", "-note:\"asked the shop\"");
    prints_as("-", "\"-\"");
    prints_as("label:1042,#1043 -id:7", "label:1042,#1043 -id:7");
}

/* Points of time mean the same later. */
static void absolute_form(void **state)
{
    struct failure_filter filter = parsed("age:<2h kaputt");
    struct buffer printed = {0};
    (void)state;
    search_print(&filter, TIME_NONE, &printed);
    assert_string_equal(printed.data, "since:2026-11-23T00:57:11Z kaputt");
    buffer_free(&printed);
}

static void refused_with_the_place(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"state:dea", "column 7: \"dea\" is no state"},
        {"state:dead,gone", "column 12: \"gone\""},
        {"state:", "column 7: a value is missing"},
        {"state:dead,", "column 12: a value is missing"},
        {"sate:dead", "column 1: \"sate:\" is no key"},
        {"ok -https://x", "column 5: \"https:\" is no key"},
        {"source:etsy", "is no source"},
        {"code:2103", "column 6: \"2103\" is no code"},
        {"fp:xyz", "is no fingerprint"},
        {"fp:a91f03c2a", "is no fingerprint"},
        {"age:2h", "is no age"},
        {"age:<2w", "is no age"},
        {"age:<0s", "is no age"},
        {"age:<1h,<2h", "one moment"},
        {"since:yesterday", "is no time"},
        {"-since:2026-11-23", "no minus"},
        {"class:bad", "is no class"},
        {"\"open", "column 1: the quote is not closed"},
        {"half\"quoted\"", "a quote inside a word"},
        {"\"a\"b", "column 4: a blank is missing"},
        {"\"\"", "an empty text"},
        {"note:yes,no", "stand alone"},
        {"\"a\",b", "a comma after a text"},
        {"state:resolved -state:resolved", "no state is left"},
        {"a b c d e f g h i j k l m n o p q", "too many words"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct failure_filter filter = parsed("untouched");
        struct error err = {0};
        size_t at = 999;
        if (search_parse(bad[i].text, NOW, &filter, &at, &err))
            fail_msg("%s was read", bad[i].text);
        if (strstr(err.message, bad[i].words) == NULL)
            fail_msg("%s: %s", bad[i].text, err.message);
        assert_true(at <= strlen(bad[i].text));
        assert_string_equal(filter.terms[0].value, "untouched");
    }
}

/* ---- properties ---- */

static unsigned random_below(unsigned bound)
{
    static uint32_t seed = 20261123;
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % bound;
}

static void same(const struct failure_filter *a, const struct failure_filter *b, const char *text)
{
    bool equal = a->states == b->states && a->sources == b->sources &&
                 strcmp(a->fingerprint, b->fingerprint) == 0 && strcmp(a->code, b->code) == 0 &&
                 strcmp(a->text, b->text) == 0 && a->since_us == b->since_us &&
                 a->until_us == b->until_us && a->term_count == b->term_count;
    for (size_t i = 0; equal && i < a->term_count; i++)
        equal = a->terms[i].key == b->terms[i].key && a->terms[i].negated == b->terms[i].negated &&
                a->terms[i].or_next == b->terms[i].or_next &&
                strcmp(a->terms[i].value, b->terms[i].value) == 0;
    if (!equal)
        fail_msg("%s does not come back as the same", text);
}

static void comes_back(const char *text)
{
    struct failure_filter filter = search_all();
    const int64_t moments[] = {NOW, TIME_NONE};
    if (!search_parse(text, NOW, &filter, NULL, NULL))
        return;
    for (size_t i = 0; i < 2; i++) {
        struct buffer printed = {0};
        struct failure_filter again = search_all();
        struct error err = {0};
        search_print(&filter, moments[i], &printed);
        assert_true(buffer_ok(&printed));
        if (!search_parse(printed.data, NOW, &again, NULL, &err))
            fail_msg("%s was printed as %s: %s", text, printed.data, err.message);
        same(&filter, &again, printed.data);
        buffer_free(&printed);
    }
}

static const char *const pieces[] = {
    "state:",
    "dead",
    "retryable",
    ",",
    " ",
    "-",
    "\"",
    "\\",
    "source:",
    "code:",
    "OS-2103",
    "fp:",
    "a91f03c2",
    "age:<",
    "age:>",
    "17m",
    "text:",
    "note:",
    "yes",
    "no",
    "label:",
    "#1042",
    "field:",
    "line_items[3].price",
    "\303\251",
    "\t",
    "id:",
    "all",
    "since:",
    "2026-11-23T02:57:11.25Z",
    "class:conflict",
    "stage:",
    "n/a",
    " ",
    " ",
    "stripe",
    "total_price: \\\"x\\\"",
    "until:",
    "\377",
};

static void what_is_printed_reads_the_same(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 100000; round++) {
        char text[512] = "";
        size_t len = 0;
        for (unsigned n = random_below(12) + 1; n > 0; n--)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
                                    pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))]);
        comes_back(text);
    }
}

/* ---- completion ---- */

static void offers(const char *text, size_t from, const char *first, size_t count, size_t common)
{
    struct search_choices choices;
    search_complete(text, strlen(text), &choices);
    if (choices.count != count || choices.from != from || choices.common != common ||
        (count > 0 && strcmp(choices.items[0], first) != 0))
        fail_msg("%s: %zu choices from %zu, %zu common, first %s", text, choices.count,
                 choices.from, choices.common, choices.items[0]);
}

static void tab_offers(void **state)
{
    (void)state;
    offers("st", 0, "state:", 2, 3);
    offers("state:d", 6, "dead", 1, 4);
    offers("state:dead,re", 11, "retryable", 2, 2);
    offers("state:dead -so", 12, "source:", 1, 7);
    offers("class:inv", 6, "invalid_data", 1, 12);
    offers("code:OS-2103", 5, "OS-2103", 1, 7);
    offers("\"state:d", 8, "", 0, 0);
    offers("zz", 0, "", 0, 0);
    offers("note:", 5, "yes", 2, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read),
        cmocka_unit_test(printed_in_one_way),
        cmocka_unit_test(absolute_form),
        cmocka_unit_test(refused_with_the_place),
        cmocka_unit_test(what_is_printed_reads_the_same),
        cmocka_unit_test(tab_offers),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
