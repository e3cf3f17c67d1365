/* Text from outside. */
#include "tests/lib/check.h"

#include <locale.h>

#include "base/text.h"
#include "tests/lib/tree.h"

#define BAD "\xef\xbf\xbd"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void valid_utf8(void **state)
{
    static const char *const good[] = {"", "plain", "Zoë", "😀", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\xff",    "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "plain plain\x80",
        "\xe2\x82"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(text_is_valid_utf8(str_from(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(text_is_valid_utf8(str_from(bad[i])));
}

static void repair(void **state)
{
    bool changed;
    (void)state;
    struct str good = STR("Zoë 😀");
    assert_ptr_equal(text_repair(good, &arena, &changed).data, good.data);
    assert_false(changed);
    assert_str(text_repair((struct str){"a\0b", 3}, &arena, &changed), "a" BAD "b");
    assert_true(changed);
    assert_str(text_repair(STR("\xc3(\xed\xa0\x80\xffz"), &arena, &changed), BAD "(" BAD BAD "z");
    struct str kept = text_make_utf8((struct str){"\0\xff", 2}, &arena, &changed);
    assert_int_equal(kept.len, 4);
    assert_memory_equal(kept.data, "\0" BAD, 4);
    assert_null(text_repair(STR_NULL, &arena, &changed).data);
}

static void repaired_text_is_valid(void **state)
{
    struct tree_random random = {3};
    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        char bytes[24];
        bool changed;
        size_t len = tree_below(&random, sizeof(bytes));
        for (size_t j = 0; j < len; j++)
            bytes[j] = (char)tree_next(&random);
        struct str text = text_repair((struct str){bytes, len}, &arena, &changed);
        assert_true(text_is_valid_utf8(text));
        assert_true(text.len == 0 || memchr(text.data, '\0', text.len) == NULL);
        struct str shown = text_display((struct str){bytes, len}, &arena);
        assert_true(text_is_valid_utf8(shown));
        for (size_t j = 0; j < shown.len; j++)
            assert_true((unsigned char)shown.data[j] >= 0x20 && shown.data[j] != 0x7f);
        arena_reset(&arena);
    }
}

static void nothing_drives_the_terminal(void **state)
{
    static const char *const pairs[][2] = {
        {"plain ~", "plain ~"},
        {"\x1b[31mred\x1b]0;t\x07", "?[31mred?]0;t?"},
        {"a\nb\tc\rd\x7f", "a?b?c?d?"},
        {"\xc2\x9b"
         "31m",
         "?31m"}, /* C1 CSI */
        {"a\xe2\x80\xae"
         "b",
         "a" BAD "b"}, /* right-to-left override */
        {"a\xe2\x81\xa6"
         "b\xe2\x81\xa9",
         "a" BAD "b" BAD}, /* isolates */
        {"a\xe2\x80\x8b"
         "b\xef\xbb\xbf",
         "a" BAD "b" BAD}, /* zero width, byte order mark */
        {"a\xe2\x80\xa8"
         "b",
         "a" BAD "b"},             /* line separator */
        {"\xee\x80\x80", BAD},     /* private use */
        {"\xf3\xa0\x81\x81", BAD}, /* tag */
        {"\xef\xbf\xbf", BAD},     /* no character */
        {"\xe3\x85\xa4", BAD},     /* filler that shows as nothing */
        {"Zo\xc3\xab e\xcc\x81 \xe6\x97\xa5", "Zo\xc3\xab e\xcc\x81 \xe6\x97\xa5"},
        {"\xcc\x81"
         "a",
         BAD "a"}, /* a mark on the frame's border */
        {"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81" BAD},
        {"\xff", BAD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        assert_str(text_display(str_from(pairs[i][0]), &arena), pairs[i][1]);
}

static void widths(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    assert_int_equal(text_width(STR("abc")), 3);
    assert_int_equal(text_width(STR("Zoë")), 3);
    assert_int_equal(text_width(STR("日本")), 4);
    assert_int_equal(text_width(STR("e\xcc\x81")), 1);
    assert_int_equal(text_width(STR("")), 0);
}

static void truncation_keeps_graphemes(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    assert_str(text_truncate(STR("abcdef"), 3), "abc");
    assert_str(text_truncate(STR("abc"), 3), "abc");
    assert_str(text_truncate(STR("日本"), 3), "日");
    assert_str(text_truncate(STR("e\xcc\x81x"), 1), "e\xcc\x81");
    assert_str(text_truncate(STR("abc"), 0), "");
    assert_str(text_truncate(STR("日"), 1), "");
}

static void plain_is_what_json_leaves_alone(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        for (size_t len = 1; len <= 20; len++) {
            char bytes[20];
            memset(bytes, 'x', sizeof(bytes));
            bytes[(c * 7 + len) % len] = (char)c;
            bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
            assert_int_equal(text_is_plain((struct str){bytes, len}), plain);
        }
    }
    assert_true(text_is_plain(STR_NULL));
}

static void json_strings(void **state)
{
    struct buffer out = {.max = 100};
    (void)state;
    text_append_json(&out, STR("a\"\\\n\x01\x1f/ë"));
    assert_str(buffer_str(&out), "\"a\\\"\\\\\\n\\u0001\\u001f/ë\"");
    buffer_clear(&out);
    text_append_json(&out, STR_NULL);
    assert_str(buffer_str(&out), "\"\"");
    buffer_free(&out);
}

static void match_keys(void **state)
{
    (void)state;
    assert_str(text_lower_trim(STR(" \tJane@Example.COM\n"), &arena), "jane@example.com");
    assert_str(text_lower_trim(STR("ÉA"), &arena), "Éa");
    assert_str(text_lower_trim(STR("   "), &arena), "");
    assert_null(text_lower_trim(STR_NULL, &arena).data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(valid_utf8, free_arena),
        cmocka_unit_test_teardown(repair, free_arena),
        cmocka_unit_test_teardown(repaired_text_is_valid, free_arena),
        cmocka_unit_test_teardown(nothing_drives_the_terminal, free_arena),
        cmocka_unit_test_teardown(widths, free_arena),
        cmocka_unit_test_teardown(truncation_keeps_graphemes, free_arena),
        cmocka_unit_test_teardown(plain_is_what_json_leaves_alone, free_arena),
        cmocka_unit_test_teardown(json_strings, free_arena),
        cmocka_unit_test_teardown(match_keys, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
