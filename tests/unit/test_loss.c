/* document + loss are the tree; digests tell trees apart. */
#include "tests/lib/check.h"

#include <math.h>

#include "base/clock.h"
#include "model/digest.h"
#include "model/json.h"
#include "model/loss.h"
#include "tests/lib/tree.h"

#define TREES 1000

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* The document as stored, its record in *ret_loss. */
static struct str store(const struct value *value, struct str *ret_loss)
{
    struct buffer out = {.max = 64u << 20};
    struct loss loss;
    loss_init(&loss);
    json_append_jsonb(&out, value, &loss);
    assert_true(buffer_ok(&out));
    struct str text = arena_copy(&arena, buffer_str(&out));
    *ret_loss = loss_finish(&loss, &arena);
    loss_free(&loss);
    buffer_free(&out);
    return text;
}

static const struct value *restore(struct str document, struct str loss)
{
    struct error err = {0};
    const struct value *stored, *value = NULL;
    if (!json_parse(document, &arena, &stored, &err) ||
        !loss_restore(stored, loss, &arena, &value, &err))
        fail_msg("%s\n%.*s\n%.*s", err.message, STR_ARG(document), STR_ARG(loss));
    return value;
}

static void random_trees_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= TREES; seed++) {
        struct tree_random random = {seed};
        const struct value *tree = tree_make(&random, &arena);
        struct digest before = digest_value(tree);
        struct str loss, document = store(tree, &loss);
        const struct value *again = restore(document, loss);
        struct digest after = digest_value(again);
        if (!value_equal(tree, again) || !digest_equal(&before, &after))
            fail_msg("seed %llu:\n%.*s\n%.*s", (unsigned long long)seed, STR_ARG(document),
                     STR_ARG(loss));
        /* the record itself is as jsonb prints it */
        if (loss.data != NULL) {
            struct str none, printed = store(restore(loss, STR_NULL), &none);
            assert_true(str_equal(printed, loss));
            assert_null(none.data);
        }
        arena_reset(&arena);
    }
}

static void trees_differ_in_digest(void **state)
{
    struct tree_random random = {42};
    enum { COUNT = 300 };
    struct digest digests[COUNT];
    const struct value *trees[COUNT];
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        trees[i] = tree_make(&random, &arena);
        digests[i] = digest_value(trees[i]);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(value_equal(trees[i], trees[j]),
                             digest_equal(&digests[i], &digests[j]));
    }
}

static const struct value *parse(const char *text)
{
    return restore(str_from(text), STR_NULL);
}

static bool same_digest(const struct value *a, const struct value *b)
{
    struct digest left = digest_value(a), right = digest_value(b);
    assert_int_equal(value_equal(a, b), digest_equal(&left, &right));
    return digest_equal(&left, &right);
}

static void digests_of_numbers(void **state)
{
    struct value tenth = {.kind = VALUE_DOUBLE, .real.number = 0.1};
    struct value one = {.kind = VALUE_DOUBLE, .real.number = 1.0};
    struct value minus_zero = {.kind = VALUE_DOUBLE, .real.number = -0.0};
    struct value big = {.kind = VALUE_DOUBLE, .real.number = 1e23};
    (void)state;
    assert_true(same_digest(parse("0.1"), &tenth));
    assert_true(same_digest(parse("1.0"), &one));
    assert_false(same_digest(parse("1"), &one));
    assert_true(same_digest(parse("-0.0"), &minus_zero));
    assert_false(same_digest(parse("0.0"), &minus_zero));
    assert_false(same_digest(parse("1.00"), &one));
    assert_false(same_digest(parse("0.10000000000000001"), &tenth));
    assert_false(same_digest(parse("100000000000000000000000"), &big));
    assert_false(same_digest(parse("100000000000000000000000"), parse("100000000000000000000001")));
    assert_false(same_digest(parse("820982911946154508"), parse("820982911946154500")));
}

static void digest_is_pinned(void **state)
{
    /* A change of this value means that every stored digest is void: raise DIGEST_VERSION. */
    static const uint8_t expected[4] = {0xdf, 0xcb, 0x57, 0x67};
    (void)state;
    struct digest digest =
        digest_value(parse("{\"id\":820982911946154508,\"a\":[null,true,0.1,\"x\"],\"m\":{}}"));
    assert_memory_equal(digest.bytes, expected, sizeof(expected));
}

static void nothing_lost_no_record(void **state)
{
    struct str loss;
    (void)state;
    store(parse("{\"a\":[1,2.5,\"x\",null,{\"b\":1.0}]}"), &loss);
    assert_null(loss.data);
}

static void keys_that_collide_once_mended(void **state)
{
    struct str loss;
    (void)state;
    const struct value *map =
        parse("{\"a\\u0000\":1,\"a\xef\xbf\xbd\":2,\"a\\u0000\xef\xbf\xbd\":{\"/~\":-0.0}}");
    struct str document = store(map, &loss);
    assert_non_null(loss.data);
    assert_true(value_equal(map, restore(document, loss)));
}

static void invalid_bytes_come_back(void **state)
{
    struct value value = {.kind = VALUE_STRING, .text = {"\xff\\x41\0\xc3", 7}};
    struct str loss;
    (void)state;
    struct str document = store(&value, &loss);
    assert_true(value_equal(&value, restore(document, loss)));
}

static void foreign_records_are_refused(void **state)
{
    static const char *const records[] = {
        "{\"/b\": [\"double\", \"NaN\"]}",
        "{\"/a\": [\"nonsense\"]}",
        "{\"/a\": []}",
        "[1]",
        "{\"/a\": [\"timestamp\", 1]}",
        "{\"/a\": [\"bytes\"]}",
        "{\"/a\": [\"keys\", {}]}",
        "{\"/a\": [\"string\", 1]}",
        "{\"/a\": [\"geo\", 1]}",
        "{\"/a\": [\"number\", 1]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        struct error err = {0};
        const struct value *value = NULL;
        assert_false(
            loss_restore(parse("{\"a\": \"x\"}"), str_from(records[i]), &arena, &value, &err));
        assert_int_equal(err.id, ERROR_LOSS_MISMATCH);
        assert_null(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(random_trees_come_back, free_arena),
        cmocka_unit_test_teardown(trees_differ_in_digest, free_arena),
        cmocka_unit_test_teardown(digests_of_numbers, free_arena),
        cmocka_unit_test_teardown(digest_is_pinned, free_arena),
        cmocka_unit_test_teardown(nothing_lost_no_record, free_arena),
        cmocka_unit_test_teardown(keys_that_collide_once_mended, free_arena),
        cmocka_unit_test_teardown(invalid_bytes_come_back, free_arena),
        cmocka_unit_test_teardown(foreign_records_are_refused, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
