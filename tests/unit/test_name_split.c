/* Split points between ids. */
#include "lib/check.h"

#include "base/text.h"
#include "source/name_split.h"

#define MOST 64

struct cut {
    struct arena arena;
    struct str points[MOST];
    size_t count;
};

/* Whatever the ids: ascending, inside, possible as ids. */
static void cut(const char *first, const char *last, size_t want, struct cut *ret_cut)
{
    *ret_cut = (struct cut){.count = 0};
    ret_cut->count =
        name_split(str_from(first), str_from(last), want, &ret_cut->arena, ret_cut->points);
    assert_true(want < 2 ? ret_cut->count == 0 : ret_cut->count < want);
    struct str before = str_from(first);
    for (size_t i = 0; i < ret_cut->count; i++) {
        struct str point = ret_cut->points[i];
        assert_true(str_compare(before, point) < 0);
        assert_true(str_compare(point, str_from(last)) <= 0);
        assert_true(text_is_valid_utf8(point));
        assert_null(memchr(point.data, '/', point.len));
        before = point;
    }
}

static void check_count(const char *first, const char *last, size_t want, size_t expected)
{
    struct cut made;
    cut(first, last, want, &made);
    assert_int_equal(made.count, expected);
    arena_free(&made.arena);
}

static void test_digits(void **state)
{
    struct cut made;
    (void)state;
    cut("1000", "5000", 4, &made);
    assert_int_equal(made.count, 3);
    assert_str(made.points[0], "2");
    assert_str(made.points[1], "3");
    assert_str(made.points[2], "4");
    arena_free(&made.arena);
    cut("4507894690000", "4507895090000", 4, &made);
    assert_str(made.points[0], "450789479");
    assert_str(made.points[1], "450789489");
    assert_str(made.points[2], "450789499");
    arena_free(&made.arena);
}

/* Numbers with an even spread fall into ranges of like size. */
static void test_even_spread(void **state)
{
    struct cut made;
    size_t parts[8] = {0};
    (void)state;
    cut("820000000000", "829999999999", 8, &made);
    assert_int_equal(made.count, 7);
    for (size_t i = 0; i < 10000; i++) {
        struct str id = arena_format(&made.arena, "%zu", 820000000000 + i * 1000000);
        size_t part = 0;
        while (part < made.count && str_compare(id, made.points[part]) >= 0)
            part++;
        parts[part]++;
    }
    for (size_t i = 0; i < 8; i++)
        assert_in_range(parts[i], 1240, 1260);
    arena_free(&made.arena);
}

static void test_other_alphabets(void **state)
{
    (void)state;
    check_count("0a3f", "ffff", 16, 15);
    check_count("00XyzAbc", "zzYwvuTs", 32, 31);
    check_count("order one", "order two", 8, 7);
    check_count("450789469", "5123456789012", 8, 7);
    check_count("a", "\xe6\xb3\xa8\xe6\x96\x87", 8, 7);
    check_count("\xe6\xb3\xa8\x31", "\xe6\xb3\xa8\x39", 4, 3);
}

static void test_no_room(void **state)
{
    (void)state;
    check_count("1", "1", 4, 0);
    check_count("2", "1", 4, 0);
    check_count("1", "9", 1, 0);
    check_count("1", "9", 0, 0);
    check_count("", "", 4, 0);
    check_count("same", "samf", 0, 0);
}

/* Any two ids, also with multi-byte characters that share their first byte. */
static void test_any(void **state)
{
    static const char *const ids[] = {"",
                                      " ",
                                      ".",
                                      "..a",
                                      "0",
                                      "0000000000000000000000000",
                                      "123",
                                      "99999999999999999999999999",
                                      "Z",
                                      "_",
                                      "__",
                                      "__x",
                                      "a/b",
                                      "z~~~~~~~~~~~",
                                      "\xc3\xa8",
                                      "\xc3\xa9",
                                      "\xe6\xb3\xa7",
                                      "\xe6\xb3\xa8",
                                      "\xf0\x9f\x98\x80"};
    struct cut made;
    (void)state;
    for (size_t a = 0; a < sizeof(ids) / sizeof(ids[0]); a++) {
        for (size_t b = a + 1; b < sizeof(ids) / sizeof(ids[0]); b++) {
            for (size_t want = 2; want < MOST; want += 7) {
                cut(ids[a], ids[b], want, &made);
                arena_free(&made.arena);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_even_spread),
        cmocka_unit_test(test_other_alphabets),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
