/* Versions, read times, merged walks and the log of changes. */
#include "lib/check.h"

#include <stdio.h>

#include "sim/databases.h"
#include "sim/store.h"

#define DATABASE STR("projects/p/databases/(default)")

static struct str body_text(const struct store_view *view, struct buffer *buffer)
{
    buffer_clear(buffer);
    store_view_append(view, buffer);
    return buffer_str(buffer);
}

static void expect(struct store_collection *collection, struct str id, int64_t read_us,
                   const char *body)
{
    struct store_view view;
    struct buffer buffer = {.max = 1000};
    bool found = store_get(collection, id, read_us, &view);
    if (body == NULL) {
        assert_false(found);
        return;
    }
    assert_true(found);
    assert_str(body_text(&view, &buffer), body);
    buffer_free(&buffer);
}

static int64_t put(struct store *store, struct store_collection *collection, struct str id,
                   struct str body)
{
    int64_t at = store_commit_time(store);
    store_write(store, collection, id, body, at);
    return at;
}

static void test_versions_and_read_time(void **state)
{
    struct store *store = store_new(DATABASE, 0);
    struct store_collection *orders = store_collection(store, STR("Orders"), true);
    struct store_view view;
    (void)state;
    int64_t t1 = put(store, orders, STR("a"), STR("one"));
    int64_t t2 = put(store, orders, STR("a"), STR("two"));
    int64_t t3 = put(store, orders, STR("a"), STR_NULL);
    int64_t t4 = put(store, orders, STR("a"), STR("four"));
    assert_true(t1 < t2 && t2 < t3 && t3 < t4);
    expect(orders, STR("a"), t1 - 1, NULL);
    expect(orders, STR("a"), t1, "one");
    expect(orders, STR("a"), t2, "two");
    expect(orders, STR("a"), t3, NULL);
    expect(orders, STR("a"), INT64_MAX, "four");
    assert_true(store_get(orders, STR("a"), t2, &view));
    assert_int_equal(view.create_us, t1);
    assert_int_equal(view.update_us, t2);
    assert_true(store_get(orders, STR("a"), t4, &view));
    assert_int_equal(view.create_us, t4); /* made anew after the delete */
    assert_true(store_now(store) >= t4);
    store_free(store);
}

static void test_history_is_bounded(void **state)
{
    struct store *store = store_new(DATABASE, 3);
    struct store_collection *orders = store_collection(store, STR("Orders"), true);
    int64_t times[5];
    (void)state;
    assert_true(store_floor(store) <= store_now(store));
    for (int i = 0; i < 5; i++) {
        char text[2] = {(char)('0' + i), 0};
        times[i] = put(store, orders, STR("a"), str_from(text));
    }
    assert_int_equal(store_floor(store), times[1]);
    for (int i = 1; i < 5; i++) {
        char text[2] = {(char)('0' + i), 0};
        expect(orders, STR("a"), times[i], text);
    }
    assert_int_equal(store_change_end(store) - store_change_first(store), 3);
    store_free(store);
}

static void test_change_log(void **state)
{
    struct store *store = store_new(DATABASE, 10);
    struct store_collection *orders = store_collection(store, STR("Orders"), true);
    (void)state;
    int64_t t1 = put(store, orders, STR("a"), STR("1"));
    int64_t t2 = put(store, orders, STR("a"), STR_NULL);
    put(store, orders, STR("missing"), STR_NULL); /* no document, no change */
    assert_int_equal(store_change_first(store), 0);
    assert_int_equal(store_change_end(store), 2);
    struct store_change change = store_change_at(store, 0);
    assert_int_equal(change.commit_us, t1);
    assert_str(change.id, "a");
    assert_false(change.deleted);
    change = store_change_at(store, 1);
    assert_int_equal(change.commit_us, t2);
    assert_true(change.deleted);
    assert_ptr_equal(change.collection, orders);
    store_free(store);
}

static size_t walk(struct store_collection *collection, struct str from, bool inclusive,
                   bool reverse, int64_t read_us, struct buffer *out)
{
    struct store_cursor cursor;
    struct store_view view;
    size_t count = 0;
    buffer_clear(out);
    store_cursor_open(&cursor, collection, from, inclusive, reverse);
    while (store_cursor_next(&cursor, read_us, &view)) {
        buffer_append_str(out, view.id);
        buffer_append_char(out, ' ');
        count++;
    }
    return count;
}

static void test_walks(void **state)
{
    struct store *store = store_new(DATABASE, 0);
    struct store_collection *c = store_collection(store, STR("c"), true);
    struct buffer out = {.max = 100000};
    (void)state;
    put(store, c, STR("b"), STR("1"));
    put(store, c, STR("d"), STR("1"));
    put(store, c, STR("a"), STR("1"));
    int64_t early = put(store, c, STR("c"), STR("1"));
    put(store, c, STR("c"), STR_NULL);
    put(store, c, STR("e"), STR("1"));
    walk(c, STR_NULL, true, false, INT64_MAX, &out);
    assert_str(buffer_str(&out), "a b d e ");
    walk(c, STR_NULL, true, true, INT64_MAX, &out);
    assert_str(buffer_str(&out), "e d b a ");
    walk(c, STR_NULL, true, false, early, &out);
    assert_str(buffer_str(&out), "a b c d ");
    walk(c, STR("b"), true, false, INT64_MAX, &out);
    assert_str(buffer_str(&out), "b d e ");
    walk(c, STR("b"), false, false, INT64_MAX, &out);
    assert_str(buffer_str(&out), "d e ");
    walk(c, STR("d"), false, true, INT64_MAX, &out);
    assert_str(buffer_str(&out), "b a ");
    walk(c, STR("c"), true, true, INT64_MAX, &out); /* there is none now: the next lower */
    assert_str(buffer_str(&out), "b a ");
    buffer_free(&out);
    store_free(store);
}

static void test_walk_over_generator(void **state)
{
    struct store *store = store_new(DATABASE, 0);
    struct store_collection *c = store_collection(store, STR("Orders"), true);
    struct generator *generator = generator_new(10, 1, 0);
    char id[GENERATOR_ID_LENGTH + 1];
    struct buffer out = {.max = 100000};
    struct store_view view;
    (void)state;
    store_give_generator(c, generator);
    int64_t before = store_now(store);
    assert_int_equal(walk(c, STR_NULL, true, false, INT64_MAX, &out), 10);
    generator_id_text(generator, 4, id);
    put(store, c, str_from(id), STR_NULL);
    put(store, c, STR("zzz"), STR("new"));
    put(store, c, STR("000"), STR("new"));
    generator_id_text(generator, 5, id);
    int64_t changed = put(store, c, str_from(id), STR("changed"));
    assert_int_equal(walk(c, STR_NULL, true, false, INT64_MAX, &out), 11);
    assert_int_equal(strncmp(out.data, "000 ", 4), 0);
    assert_int_equal(walk(c, STR_NULL, true, true, INT64_MAX, &out), 11);
    assert_int_equal(strncmp(out.data, "zzz ", 4), 0);
    assert_int_equal(walk(c, str_from(id), true, false, INT64_MAX, &out), 6);
    assert_int_equal(walk(c, STR_NULL, true, false, before, &out), 10); /* the past is whole */
    expect(c, str_from(id), INT64_MAX, "changed");
    assert_true(store_get(c, str_from(id), INT64_MAX, &view));
    assert_int_equal(view.update_us, changed);
    assert_int_equal(view.create_us, generator_update_us(generator, 5) - 90000ll * 1000000);
    assert_true(store_get(c, str_from(id), before, &view));
    assert_int_equal(store_view_size(&view), generator_size(generator, 5));
    buffer_free(&out);
    store_free(store);
}

/* A walk goes on where it was when documents come and go under it. */
static void test_walk_survives_writes(void **state)
{
    struct store *store = store_new(DATABASE, 0);
    struct store_collection *c = store_collection(store, STR("c"), true);
    struct store_cursor cursor;
    struct store_view view;
    (void)state;
    put(store, c, STR("b"), STR("1"));
    put(store, c, STR("d"), STR("1"));
    int64_t read_us = store_now(store);
    store_cursor_open(&cursor, c, STR_NULL, true, false);
    assert_true(store_cursor_next(&cursor, read_us, &view));
    assert_str(view.id, "b");
    for (char i = 0; i < 40; i++) {
        char id[3] = {(char)('a' + i % 26), (char)('a' + i), 0};
        put(store, c, str_from(id), STR("1"));
    }
    assert_true(store_cursor_next(&cursor, read_us, &view));
    assert_str(view.id, "d");
    assert_false(store_cursor_next(&cursor, read_us, &view));
    store_free(store);
}

static void test_paths(void **state)
{
    struct str collection, id;
    (void)state;
    assert_true(store_path_split(STR("Orders/1"), &collection, &id));
    assert_str(collection, "Orders");
    assert_str(id, "1");
    assert_true(store_path_split(STR("a/b/c/d"), &collection, &id));
    assert_str(collection, "a/b/c");
    const char *bad[] = {"", "Orders", "Orders/", "/x", "a/b/c", "a//b/c", "a/b/c/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(store_path_split(str_from(bad[i]), &collection, &id));
}

static void test_databases_are_apart(void **state)
{
    struct databases *databases = databases_new(0);
    (void)state;
    struct store *a =
        databases_find(databases, "projects/a/databases/(default)/documents/Orders/1");
    struct store *b = databases_find(databases, "projects/b/databases/(default)");
    assert_non_null(a);
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(a, databases_find(databases, "projects/a/databases/(default)"));
    assert_string_equal(store_root(a), "projects/a/databases/(default)/documents");
    const char *bad[] = {"", "projects/a", "projects//databases/x", "projects/a/databases/", "x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(databases_find(databases, bad[i]));
    databases_free(databases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_and_read_time),
        cmocka_unit_test(test_history_is_bounded),
        cmocka_unit_test(test_change_log),
        cmocka_unit_test(test_walks),
        cmocka_unit_test(test_walk_over_generator),
        cmocka_unit_test(test_walk_survives_writes),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_databases_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
