/* Records by time and by id. */
#include "lib/check.h"

#include <stdio.h>

#include "sim/shelf.h"

static void put(struct shelf *shelf, const char *id, int64_t created_s)
{
    struct record record = {.id = arena_copy(shelf_arena(shelf), str_from(id)).data,
                            .link = "link",
                            .created_s = created_s};
    shelf_put(shelf, &record);
}

static void test_order(void **state)
{
    struct shelf *shelf = shelf_new();
    char text[16] = "";
    (void)state;
    put(shelf, "b", 20);
    put(shelf, "a", 10);
    put(shelf, "d", 30);
    put(shelf, "c", 20); /* the same second: later arrivals are newer */
    for (size_t i = 0; i < shelf_count(shelf); i++)
        snprintf(text + i, sizeof(text) - i, "%s", shelf_at(shelf, i)->id);
    assert_string_equal(text, "abcd");
    assert_int_equal(shelf_lower_bound(shelf, 0), 0);
    assert_int_equal(shelf_lower_bound(shelf, 20), 1);
    assert_int_equal(shelf_lower_bound(shelf, 21), 3);
    assert_int_equal(shelf_lower_bound(shelf, 31), 4);
    assert_int_equal(shelf_place(shelf, shelf_find(shelf, STR("c"))), 2);
    shelf_free(shelf);
}

static void test_replaced_and_removed(void **state)
{
    struct shelf *shelf = shelf_new();
    (void)state;
    put(shelf, "a", 10);
    put(shelf, "b", 20);
    put(shelf, "a", 30);
    assert_int_equal(shelf_count(shelf), 2);
    assert_string_equal(shelf_at(shelf, 1)->id, "a");
    assert_string_equal(shelf_find_link(shelf, STR("link"))->id, "a");
    shelf_find(shelf, STR("a"))->hidden = true;
    assert_null(shelf_find(shelf, STR("a")));
    assert_string_equal(shelf_find_link(shelf, STR("link"))->id, "b");
    put(shelf, "a", 5); /* and is back */
    assert_non_null(shelf_find(shelf, STR("a")));
    assert_string_equal(shelf_at(shelf, 0)->id, "a");
    shelf_free(shelf);
}

static void test_many(void **state)
{
    struct shelf *shelf = shelf_new();
    char id[16];
    (void)state;
    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof(id), "id%d", i);
        put(shelf, id, (i * 7919) % 5000);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof(id), "id%d", i);
        const struct record *record = shelf_find(shelf, str_from(id));
        assert_non_null(record);
        assert_ptr_equal(shelf_at(shelf, shelf_place(shelf, record)), record);
    }
    assert_null(shelf_find(shelf, STR("id5000")));
    shelf_free(shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_replaced_and_removed),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
