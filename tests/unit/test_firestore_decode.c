/* Decoding documents: what protobuf-c writes is read back exactly; what is malformed is refused
 * with a path. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/firestore_encode.h"
#include "lib/tree.h"
#include "source/firestore_decode.h"

#define NAME "projects/p/databases/(default)/documents/Orders/"
#define CREATED INT64_C(1700000000123456789)
#define UPDATED INT64_C(1700000001000000001)

static void test_round_trip(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct tree_random random = {.state = seed};
        struct arena arena = {.block_size = 0};
        struct arena decoded = {.block_size = 0};
        struct value *tree = (struct value *)(uintptr_t)tree_make(&random, &arena);
        struct document document;
        struct error err;
        struct str bytes =
            firestore_encode_document(tree, NAME "\xe6\xb3\xa8 7", CREATED, UPDATED, &arena);
        if (!firestore_decode(bytes, 42, &decoded, &document, &err))
            fail_msg("seed %zu: %s at %s", (size_t)seed, err.message, err.field);
        if (!value_equal(document.content, tree))
            fail_msg("seed %zu: another tree", (size_t)seed);
        assert_str(document.id, "\xe6\xb3\xa8 7");
        assert_int_equal(document.create_ns, CREATED);
        assert_int_equal(document.update_ns, UPDATED);
        assert_int_equal(document.version, UPDATED);
        assert_int_equal(document.observed_ns, 42);
        assert_int_equal(document.wire_bytes, bytes.len);
        assert_false(document.deleted);
        arena_free(&decoded);
        arena_free(&arena);
    }
}

/* Every prefix is refused or is itself a whole document; nothing is read beyond the end (ASan sees
 * to it). */
static void test_cut_short(void **state)
{
    (void)state;
    struct tree_random random = {.state = 7};
    struct arena arena = {.block_size = 0};
    struct value *tree = (struct value *)(uintptr_t)tree_make(&random, &arena);
    struct str whole = firestore_encode_document(tree, NAME "1", CREATED, UPDATED, &arena);
    size_t refused = 0;
    for (size_t len = 0; len < whole.len; len++) {
        char *copy = memory_alloc(len);
        struct arena decoded = {.block_size = 512};
        struct document document;
        struct error err;
        memcpy(copy, whole.data, len);
        if (!firestore_decode((struct str){copy, len}, 0, &decoded, &document, &err)) {
            assert_int_equal(err.id, ERROR_SOURCE_DECODE);
            refused++;
        }
        arena_free(&decoded);
        free(copy);
    }
    assert_int_equal(refused, whole.len);
    arena_free(&arena);
}

static void refuse_value(struct str bytes, const char *message)
{
    struct arena arena = {.block_size = 0};
    struct value value;
    struct error err = {.id = ERROR_NONE};
    assert_false(firestore_decode_value(bytes, &arena, &value, &err));
    assert_int_equal(err.id, ERROR_SOURCE_DECODE);
    assert_string_equal(err.message, message);
    arena_free(&arena);
}

static void test_refused_values(void **state)
{
    (void)state;
    refuse_value(STR(""), "a malformed or empty value");
    refuse_value(STR("\x08"), "a malformed or empty value");
    refuse_value(STR("\x0b\x01"), "a malformed or empty value");      /* group */
    refuse_value(STR("\x9a\x01\x01x"), "a value of an unknown type"); /* field 19 */
    refuse_value(STR("\x20\x01"), "a value of an unknown type");      /* field 4 */
    refuse_value(STR("\x52\x06\x10\x80\x94\xeb\xdc\x03"), "a timestamp out of range"); /* 1e9 ns */
    refuse_value(STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
                 "a malformed or empty value"); /* varint of 11 bytes */
}

/* Deeper than allowed is refused, and never by the stack: a hundred thousand levels. */
static void test_depth(void **state)
{
    (void)state;
    enum { LEVELS = 100000, ROOM = LEVELS * 12 };
    char *bytes = memory_alloc(ROOM);
    size_t at = ROOM;
    bytes[--at] = 0;
    bytes[--at] = 0x58; /* null_value */
    for (size_t level = 0; level < LEVELS; level++) {
        /* array_value { values: ... }: two lengths and two tags a level */
        for (size_t wrap = 0; wrap < 2; wrap++) {
            uint64_t len = ROOM - at;
            uint8_t varint[10];
            size_t used = 0;
            do {
                varint[used++] = (uint8_t)((len & 0x7f) | (len > 0x7f ? 0x80 : 0));
                len >>= 7;
            } while (len > 0);
            at -= used;
            memcpy(bytes + at, varint, used);
            bytes[--at] = wrap == 0 ? 0x0a : 0x4a;
        }
    }
    struct arena arena = {.block_size = 0};
    struct value value;
    struct error err;
    assert_false(firestore_decode_value((struct str){bytes + at, ROOM - at}, &arena, &value, &err));
    assert_string_equal(err.message, "nesting deeper than Firestore allows");
    arena_free(&arena);
    free(bytes);
}

/* line_items[1].sku is of a type that Firestore does not have: the path says where, the id is
 * known.
 */
static struct str encode_sku(struct str text, struct arena *arena)
{
    struct value_entry sku = {.key = STR("sku"), .value = {.kind = VALUE_STRING}};
    sku.value.text = text;
    struct value items[2] = {{.kind = VALUE_NULL}, {.kind = VALUE_MAP}};
    items[1].map.entries = &sku;
    items[1].map.count = 1;
    struct value_entry lines = {.key = STR("line_items"), .value = {.kind = VALUE_ARRAY}};
    lines.value.array.items = items;
    lines.value.array.count = 2;
    struct value content = {.kind = VALUE_MAP};
    content.map.entries = &lines;
    content.map.count = 1;
    return firestore_encode_document(&content, NAME "77", CREATED, UPDATED, arena);
}

static void test_error_path(void **state)
{
    (void)state;
    struct arena arena = {.block_size = 0};
    struct document document;
    struct error err;
    struct str bytes = arena_copy(&arena, encode_sku(STR("abc"), &arena));
    char *tag = memmem(bytes.data, bytes.len,
                       "\x8a\x01\x03"
                       "abc",
                       6);
    assert_non_null(tag);
    *tag = '\x9a'; /* field 19 */
    assert_false(firestore_decode(bytes, 0, &arena, &document, &err));
    assert_string_equal(err.field, "line_items[].sku");
    assert_str(document.id, "77");
    arena_free(&arena);
}

/* Rule 23: bad bytes and halves of surrogate pairs become U+FFFD, and the first place is told. */
static void test_repaired(void **state)
{
    (void)state;
    struct arena arena = {.block_size = 0};
    struct document document;
    struct error err;
    struct str bytes = encode_sku(STR("a\xff"
                                      "b\xed\xa0\xbd"),
                                  &arena);
    assert_true(firestore_decode(bytes, 0, &arena, &document, &err));
    const struct value *lines = value_get(document.content, "line_items");
    assert_str(value_get(&lines->array.items[1], "sku")->text, "a\xef\xbf\xbd"
                                                               "b\xef\xbf\xbd");
    assert_str(document.repaired, "line_items[].sku");
    assert_true(
        firestore_decode(encode_sku(STR("\xf0\x9f\x98\x80"), &arena), 0, &arena, &document, &err));
    assert_null(document.repaired.data); /* a real pair survives */
    arena_free(&arena);
}

static void test_repaired_key(void **state)
{
    (void)state;
    struct value_entry entry = {.key = STR("no\xffte"), .value = {.kind = VALUE_NULL}};
    struct value content = {.kind = VALUE_MAP};
    content.map.entries = &entry;
    content.map.count = 1;
    struct arena arena = {.block_size = 0};
    struct document document;
    struct error err;
    struct str bytes = firestore_encode_document(&content, NAME "77", CREATED, UPDATED, &arena);
    assert_true(firestore_decode(bytes, 0, &arena, &document, &err));
    assert_non_null(value_get(document.content, "no\xef\xbf\xbdte"));
    assert_str(document.repaired, "no\xef\xbf\xbdte");
    arena_free(&arena);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "Orders/1", NAME, "projects/p/databases/d/documents"};
    struct value content = {.kind = VALUE_MAP};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct arena arena = {.block_size = 0};
        struct document document;
        struct error err;
        struct str bytes = firestore_encode_document(&content, bad[i], CREATED, UPDATED, &arena);
        assert_false(firestore_decode(bytes, 0, &arena, &document, &err));
        assert_int_equal(err.id, ERROR_SOURCE_DECODE);
        arena_free(&arena);
    }
}

/* Of a key that comes twice the last one counts; keys come out sorted. */
static void test_keys(void **state)
{
    (void)state;
    struct value_entry entries[3] = {{.key = STR("b"), .value = {.kind = VALUE_INT}},
                                     {.key = STR("a"), .value = {.kind = VALUE_INT}},
                                     {.key = STR("b"), .value = {.kind = VALUE_INT}}};
    for (size_t i = 0; i < 3; i++)
        entries[i].value.integer = (int64_t)i;
    struct value content = {.kind = VALUE_MAP};
    content.map.entries = entries;
    content.map.count = 3;
    struct arena arena = {.block_size = 0};
    struct document document;
    struct error err;
    struct str bytes = firestore_encode_document(&content, NAME "1", CREATED, UPDATED, &arena);
    assert_true(firestore_decode(bytes, 0, &arena, &document, &err));
    assert_int_equal(document.content->map.count, 2);
    assert_str(document.content->map.entries[0].key, "a");
    assert_int_equal(value_get(document.content, "b")->integer, 2);
    arena_free(&arena);
}

/* 8 KB with 300 values: the budget is 60 us on a quiet machine; the bound here only catches a
 * blunder. */
static void test_speed(void **state)
{
    (void)state;
    enum { VALUES = 300, ROUNDS = 2000 };
    static char keys[VALUES][16];
    struct value_entry entries[VALUES];
    for (size_t i = 0; i < VALUES; i++) {
        snprintf(keys[i], sizeof(keys[i]), "field_%03zu", i * 7 % VALUES);
        entries[i].key = str_from(keys[i]);
        entries[i].value = (struct value){.kind = i % 3 == 0 ? VALUE_INT : VALUE_STRING};
        if (i % 3 == 0)
            entries[i].value.integer = 5123456789012;
        else
            entries[i].value.text = STR("some text of an order");
    }
    struct value content = {.kind = VALUE_MAP};
    content.map.entries = entries;
    content.map.count = VALUES;
    struct arena arena = {.block_size = 0};
    struct arena decoded = {.block_size = 0};
    struct str bytes = firestore_encode_document(&content, NAME "1", CREATED, UPDATED, &arena);
    int64_t begin = clock_monotonic_us();
    for (int i = 0; i < ROUNDS; i++) {
        struct document document;
        assert_true(firestore_decode(bytes, 0, &decoded, &document, NULL));
        arena_reset(&decoded);
    }
    double each = (double)(clock_monotonic_us() - begin) / ROUNDS;
    print_message("%zu bytes, %d values: %.1f us a document\n", bytes.len, VALUES, each);
    assert_true(each < 2000);
    arena_free(&decoded);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_refused_values), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_error_path),     cmocka_unit_test(test_repaired),
        cmocka_unit_test(test_repaired_key),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_keys),           cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
