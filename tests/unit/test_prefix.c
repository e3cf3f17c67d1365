/* The contiguous prefix: checkpoints move only over settled work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/prefix.h"

static void expect_moved(struct prefix *prefix, uint64_t ticket, const char *to, uint64_t weight)
{
    char *position = NULL;
    uint64_t moved = 0;
    assert_true(prefix_settle(prefix, ticket, &position, &moved));
    assert_string_equal(position, to);
    assert_int_equal(moved, weight);
    free(position);
}

static void expect_still(struct prefix *prefix, uint64_t ticket)
{
    char *position = NULL;
    uint64_t moved = 0;
    assert_false(prefix_settle(prefix, ticket, &position, &moved));
    assert_null(position);
}

static void settles_in_order(void **state)
{
    struct prefix prefix = {0};
    (void)state;
    uint64_t a = prefix_open(&prefix, "a", 1);
    uint64_t b = prefix_open(&prefix, "b", 2);
    expect_moved(&prefix, a, "a", 1);
    expect_moved(&prefix, b, "b", 2);
    assert_true(prefix_is_empty(&prefix));
}

static void waits_for_the_oldest(void **state)
{
    struct prefix prefix = {0};
    (void)state;
    uint64_t a = prefix_open(&prefix, "a", 1);
    uint64_t b = prefix_open(&prefix, "b", 2);
    uint64_t c = prefix_open(&prefix, "c", 4);
    expect_still(&prefix, c);
    expect_still(&prefix, b);
    expect_moved(&prefix, a, "c", 7);
    assert_true(prefix_is_empty(&prefix));
}

static void unknown_and_repeated_tickets_change_nothing(void **state)
{
    struct prefix prefix = {0};
    (void)state;
    uint64_t a = prefix_open(&prefix, "a", 1);
    expect_still(&prefix, a + 1);
    expect_moved(&prefix, a, "a", 1);
    expect_still(&prefix, a);
}

static void is_bounded(void **state)
{
    struct prefix prefix = {0};
    (void)state;
    for (int i = 0; i < PREFIX_MAX; i++) {
        assert_int_equal(prefix_room(&prefix), PREFIX_MAX - i);
        prefix_open(&prefix, "x", 1);
    }
    assert_int_equal(prefix_room(&prefix), 0);
    expect_moved(&prefix, 0, "x", 1);
    assert_int_equal(prefix_room(&prefix), 1);
    prefix_free(&prefix);
}

/* Any order of settling ends at the last position with all the weight, and never passes an
 * unsettled one. */
static void any_order_ends_the_same(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 500; round++) {
        struct prefix prefix = {0};
        bool settled[PREFIX_MAX] = {false};
        uint64_t total = 0;
        int reached = 0;
        char name[8];
        for (int i = 0; i < PREFIX_MAX; i++) {
            name[0] = (char)('A' + i / 26);
            name[1] = (char)('a' + i % 26);
            name[2] = '\0';
            prefix_open(&prefix, name, 1);
        }
        for (int left = PREFIX_MAX; left > 0; left--) {
            int pick = rand() % PREFIX_MAX;
            while (settled[pick])
                pick = (pick + 1) % PREFIX_MAX;
            settled[pick] = true;
            char *position = NULL;
            uint64_t weight = 0;
            if (prefix_settle(&prefix, (uint64_t)pick, &position, &weight)) {
                total += weight;
                reached = (position[0] - 'A') * 26 + position[1] - 'a';
                free(position);
            }
            for (int i = 0; i < reached; i++)
                assert_true(settled[i]);
        }
        assert_int_equal(total, PREFIX_MAX);
        assert_int_equal(reached, PREFIX_MAX - 1);
        assert_true(prefix_is_empty(&prefix));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settles_in_order),
        cmocka_unit_test(waits_for_the_oldest),
        cmocka_unit_test(unknown_and_repeated_tickets_change_nothing),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(any_order_ends_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
