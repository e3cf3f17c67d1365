/* Values in wire bytes: decoding, Firestore's order of types, field paths, trees that change. */
#include "lib/check.h"

#include <math.h>

#include "model/json.h"
#include "sim/encoder.h"
#include "sim/fieldtree.h"
#include "sim/fieldvalue.h"

/* The fields of a JSON object as wire bytes. */
static struct str body_from(const char *json, struct arena *arena)
{
    const struct value *value;
    struct error err;
    struct encoder encoder;
    assert_true(json_parse(str_from(json), arena, &value, &err));
    encoder_init(&encoder);
    encoder_document(&encoder, value);
    struct str body = arena_copy(arena, buffer_str(&encoder.out));
    encoder_free(&encoder);
    return body;
}

static struct field_value at(struct str body, const char *path)
{
    struct str span;
    if (!field_find(body, path, &span))
        fail_msg("nothing at %s", path);
    return field_value_decode(span);
}

static void test_types_are_ordered(void **state)
{
    struct arena arena = {0};
    struct str body =
        body_from("{\"a\":null,\"b\":false,\"c\":true,\"d\":-1.5,\"e\":2,\"f\":2.5,\"g\":\"\","
                  "\"h\":\"x\",\"i\":\"xy\",\"j\":[1],\"k\":[1,0],\"l\":[2],\"m\":{},"
                  "\"n\":{\"a\":1},\"o\":{\"a\":2},\"p\":{\"b\":0}}",
                  &arena);
    (void)state;
    for (char i = 'a'; i <= 'p'; i++) {
        for (char j = 'a'; j <= 'p'; j++) {
            struct field_value x = at(body, (char[]){i, 0});
            struct field_value y = at(body, (char[]){j, 0});
            int order = field_value_compare(&x, &y);
            if ((order > 0) - (order < 0) != (i > j) - (i < j))
                fail_msg("%c against %c: %d", i, j, order);
        }
    }
    arena_free(&arena);
}

static void test_numbers(void **state)
{
    struct arena arena = {0};
    struct str body = body_from(
        "{\"i\":3,\"d\":3.0,\"big\":9007199254740993,\"bigger\":9007199254740994,\"s\":\"3\"}",
        &arena);
    struct field_value i = at(body, "i"), d = at(body, "d"), s = at(body, "s");
    struct field_value big = at(body, "big"), bigger = at(body, "bigger");
    (void)state;
    assert_true(field_value_equal(&i, &d));
    assert_false(field_value_equal(&i, &s));
    assert_true(field_value_compare(&big, &bigger) < 0); /* no double on the way */
    struct field_value nan = {.rank = RANK_NUMBER, .number = NAN};
    assert_true(field_value_is_nan(&nan));
    assert_true(field_value_equal(&nan, &nan));
    assert_true(field_value_compare(&nan, &i) < 0);
    arena_free(&arena);
}

static void test_paths(void **state)
{
    struct arena arena = {0};
    struct str span;
    struct str body =
        body_from("{\"a\":{\"b\":{\"c\":7}},\"odd.name\":{\"x y\":8},\"tick`\":9}", &arena);
    (void)state;
    assert_int_equal(at(body, "a.b.c").integer, 7);
    assert_int_equal(at(body, "`odd.name`.`x y`").integer, 8);
    assert_int_equal(at(body, "`tick\\``").integer, 9);
    const char *bad[] = {"", "a.c", "a.b.c.d", "b", "`a", "a..b", "`a`b", "a."};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (field_find(body, bad[i], &span))
            fail_msg("\"%s\" found", bad[i]);
    }
    arena_free(&arena);
}

static void test_tree(void **state)
{
    struct arena arena = {0};
    struct str body = body_from("{\"a\":1,\"m\":{\"x\":1,\"y\":{\"z\":2}},\"n\":[1,2]}", &arena);
    struct str other = body_from("{\"v\":\"new\"}", &arena), span;
    struct field_node *tree = field_tree_parse(&arena, body);
    (void)state;
    assert_non_null(tree);
    assert_true(str_equal(field_tree_encode(&arena, tree), body));
    assert_true(field_find(other, "v", &span));
    assert_true(field_tree_set(&arena, tree, "m.y.new", span));
    assert_true(field_tree_set(&arena, tree, "fresh.deep", span));
    assert_true(field_tree_set(&arena, tree, "a", span));
    field_tree_remove(&arena, tree, "m.x");
    field_tree_remove(&arena, tree, "no.such");
    struct str after = field_tree_encode(&arena, tree);
    assert_str(at(after, "m.y.new").bytes, "new");
    assert_str(at(after, "fresh.deep").bytes, "new");
    assert_str(at(after, "a").bytes, "new");
    assert_int_equal(at(after, "m.y.z").integer, 2);
    assert_false(field_find(after, "m.x", &span));
    assert_false(field_tree_set(&arena, tree, "a..b", span));
    arena_free(&arena);
}

static void test_projection(void **state)
{
    struct arena arena = {0};
    struct str body = body_from("{\"a\":1,\"m\":{\"x\":1,\"y\":2},\"n\":3}", &arena), span;
    char *paths[] = {(char[]){"m.y"}, (char[]){"n"}, (char[]){"missing"}};
    struct str part = field_project(&arena, body, paths, 3);
    (void)state;
    assert_int_equal(at(part, "m.y").integer, 2);
    assert_int_equal(at(part, "n").integer, 3);
    assert_false(field_find(part, "m.x", &span));
    assert_false(field_find(part, "a", &span));
    assert_int_equal(field_project(&arena, body, paths, 0).len, 0);
    arena_free(&arena);
}

/* Bytes that are no Document are no crash. */
static void test_malformed(void **state)
{
    struct arena arena = {0};
    struct str body = body_from("{\"a\":{\"b\":[1,{\"c\":2}]}}", &arena), span;
    (void)state;
    for (size_t len = 0; len < body.len; len++) {
        char *copy = memory_alloc(len + 1);
        memcpy(copy, body.data, len);
        struct str cut = {copy, len};
        assert_false(field_find(cut, "a.b.c", &span));
        struct field_value value = field_value_decode(cut);
        field_value_compare(&value, &value);
        struct field_node *tree = field_tree_parse(&arena, cut);
        assert_true(len == 0 ? tree != NULL : tree == NULL);
        free(copy);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_are_ordered),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_projection),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
