/* The guard: every rule against every state of the stored document. */
#include "tests/lib/check.h"

#include "target/guard.h"

enum { NEWER = 20, SAME = 10, OLDER = 5, MAPPING = 3 };

static const struct header unknown = {.known = false};
static const struct header live = {.known = true, .version = SAME, .mapping_version = MAPPING};
static const struct header tombstone = {
    .known = true, .deleted = true, .version = SAME, .mapping_version = MAPPING};

static enum verdict decide(const struct header *header, int64_t version, bool deleted, bool is_stub,
                           uint8_t digest)
{
    struct change change = {.document = {.version = version, .deleted = deleted}, .stub = is_stub};
    change.digest.bytes[0] = digest;
    return guard_decide(header, &change, MAPPING);
}

static void test_documents(void **state)
{
    (void)state;
    assert_int_equal(decide(&unknown, SAME, false, false, 0), VERDICT_CREATE);
    assert_int_equal(decide(&live, NEWER, false, false, 1), VERDICT_CHANGE);
    assert_int_equal(decide(&live, NEWER, false, false, 0), VERDICT_CHANGE);
    assert_int_equal(decide(&live, OLDER, false, false, 1), VERDICT_STALE);
    assert_int_equal(decide(&live, SAME, false, false, 0), VERDICT_UNCHANGED);
    assert_int_equal(decide(&live, SAME, false, false, 1), VERDICT_STALE);
}

static void test_mapping(void **state)
{
    (void)state;
    struct header old = live;
    struct header future = live;
    old.mapping_version = MAPPING - 1;
    future.mapping_version = MAPPING + 1;
    assert_int_equal(decide(&old, SAME, false, false, 0), VERDICT_CHANGE);
    assert_int_equal(decide(&future, SAME, false, false, 0), VERDICT_STALE);
    assert_int_equal(decide(&future, NEWER, false, false, 1), VERDICT_CHANGE);
}

static void test_deletes(void **state)
{
    (void)state;
    assert_int_equal(decide(&unknown, SAME, true, false, 0), VERDICT_DELETE);
    struct change asked = {.document = {.version = SAME, .deleted = true}, .asked_for = true};
    assert_int_equal(guard_decide(&unknown, &asked, MAPPING), VERDICT_ABSENT);
    assert_int_equal(guard_decide(&live, &asked, MAPPING), VERDICT_DELETE);
    assert_int_equal(decide(&live, OLDER, true, false, 0), VERDICT_STALE);
    assert_int_equal(decide(&live, SAME, true, false, 0), VERDICT_DELETE);
    assert_int_equal(decide(&live, NEWER, true, false, 0), VERDICT_DELETE);
    assert_int_equal(decide(&tombstone, OLDER, true, false, 0), VERDICT_STALE);
    assert_int_equal(decide(&tombstone, SAME, true, false, 0), VERDICT_UNCHANGED);
    assert_int_equal(decide(&tombstone, NEWER, true, false, 0), VERDICT_RAISE);
}

static void test_over_tombstone(void **state)
{
    (void)state;
    assert_int_equal(decide(&tombstone, OLDER, false, false, 0), VERDICT_STALE);
    assert_int_equal(decide(&tombstone, SAME, false, false, 0), VERDICT_STALE);
    assert_int_equal(decide(&tombstone, NEWER, false, false, 0), VERDICT_CREATE);
}

static void test_stubs(void **state)
{
    (void)state;
    assert_int_equal(decide(&live, NEWER, false, true, 1), VERDICT_HOLD);
    assert_int_equal(decide(&live, OLDER, false, true, 1), VERDICT_STALE);
    assert_int_equal(decide(&live, SAME, false, true, 0), VERDICT_UNCHANGED);
    assert_int_equal(decide(&unknown, SAME, false, true, 0), VERDICT_HOLD);
    assert_int_equal(decide(&tombstone, NEWER, false, true, 1), VERDICT_HOLD);
    assert_int_equal(decide(&tombstone, SAME, false, true, 1), VERDICT_STALE);
    assert_int_equal(decide(&live, NEWER, true, true, 0), VERDICT_DELETE);
}

/* What was read by id for a repair stands over everything from before the read. */
static void test_current(void **state)
{
    (void)state;
    struct change change = {.document = {.version = OLDER, .observed_ns = SAME}, .current = true};
    struct header later = live;
    later.version = SAME + 1;
    assert_int_equal(guard_decide(&unknown, &change, MAPPING), VERDICT_CREATE);
    assert_int_equal(guard_decide(&live, &change, MAPPING), VERDICT_CHANGE);
    assert_int_equal(guard_decide(&tombstone, &change, MAPPING), VERDICT_CREATE);
    assert_int_equal(guard_decide(&later, &change, MAPPING), VERDICT_STALE);
    change.document.version = SAME; /* the same version and content: its rows may be gone */
    assert_int_equal(guard_decide(&live, &change, MAPPING), VERDICT_CHANGE);
    change.stub = true;
    assert_int_equal(guard_decide(&live, &change, MAPPING), VERDICT_HOLD);
    change.document.deleted = true;
    assert_int_equal(guard_decide(&live, &change, MAPPING), VERDICT_DELETE);
}

/* A total order: exactly one of a > b, b > a, or neither for equals. */
static void test_newer(void **state)
{
    (void)state;
    struct change all[8];
    for (int i = 0; i < 8; i++)
        all[i] =
            (struct change){.document = {.version = i & 1 ? NEWER : OLDER, .deleted = (i & 2) != 0},
                            .stub = (i & 4) != 0};
    for (int a = 0; a < 8; a++)
        for (int b = 0; b < 8; b++)
            assert_int_equal(guard_newer(&all[a], &all[b]) + guard_newer(&all[b], &all[a]), a != b);
    assert_true(guard_newer(&all[1], &all[0]));
    assert_true(guard_newer(&all[2], &all[0]));
    assert_true(guard_newer(&all[0], &all[5]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents), cmocka_unit_test(test_mapping),
        cmocka_unit_test(test_deletes),   cmocka_unit_test(test_over_tombstone),
        cmocka_unit_test(test_stubs),     cmocka_unit_test(test_newer),
        cmocka_unit_test(test_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
