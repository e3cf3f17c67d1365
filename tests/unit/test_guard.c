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

/* Plain SQL deleted the order and left its document. Printful's make none of their own. */
static void test_order_is_gone(void **state)
{
    static const struct {
        enum source_kind source;
        enum verdict verdict;
    } rows[] = {{SOURCE_FIRESTORE, VERDICT_CHANGE},
                {SOURCE_STRIPE, VERDICT_CHANGE},
                {SOURCE_PRINTFUL, VERDICT_UNCHANGED}};
    struct header header = live;
    (void)state;
    header.orderless = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct change change = {.document = {.source = rows[i].source, .version = SAME}};
        assert_int_equal(guard_decide(&header, &change, MAPPING), rows[i].verdict);
        change.create_only = rows[i].source == SOURCE_STRIPE;
        assert_int_equal(guard_decide(&header, &change, MAPPING), rows[i].verdict);
    }
    assert_int_equal(decide(&header, OLDER, false, false, 1), VERDICT_STALE);
    header.deleted = true;
    assert_int_equal(decide(&header, SAME, false, false, 0), VERDICT_STALE);
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

/* ---- sources that are read by looking back ---- */

enum { EARLIER = 1000, AT = 2000, LATER = 3000 }; /* microseconds */

static enum verdict decide_from(enum source_kind source, const struct header *header,
                                int64_t version, uint8_t digest, int64_t read_us, bool deleted)
{
    struct change change = {.document = {.source = source,
                                         .version = version,
                                         .observed_ns = read_us * 1000,
                                         .deleted = deleted}};
    change.digest.bytes[0] = digest;
    return guard_decide(header, &change, MAPPING);
}

/* Ranks 0 to 2: 1 stands there, read AT, digest 7. */
static void test_stripe(void **state)
{
    (void)state;
    const struct header one = {.known = true,
                               .version = 1,
                               .mapping_version = MAPPING,
                               .observed_us = AT,
                               .digest = {.bytes = {7}}};
    static const struct {
        int64_t rank;
        uint8_t digest;
        int64_t read_us;
        enum verdict verdict;
    } cases[] = {
        {0, 8, LATER, VERDICT_STALE},     {0, 7, LATER, VERDICT_STALE},
        {1, 7, LATER, VERDICT_UNCHANGED}, {1, 7, EARLIER, VERDICT_UNCHANGED},
        {1, 8, LATER, VERDICT_CHANGE},    {1, 8, AT, VERDICT_STALE},
        {1, 8, EARLIER, VERDICT_STALE},   {2, 8, LATER, VERDICT_CHANGE},
        {2, 8, EARLIER, VERDICT_CHANGE},
    };
    assert_int_equal(decide_from(SOURCE_STRIPE, &unknown, 0, 8, AT, false), VERDICT_CREATE);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(decide_from(SOURCE_STRIPE, &one, cases[i].rank, cases[i].digest,
                                     cases[i].read_us, false),
                         cases[i].verdict);
    struct header old = one;
    old.mapping_version = MAPPING - 1;
    assert_int_equal(decide_from(SOURCE_STRIPE, &old, 1, 7, LATER, false), VERDICT_CHANGE);
    assert_int_equal(decide_from(SOURCE_STRIPE, &old, 1, 8, AT, false), VERDICT_CHANGE);
    old.mapping_version = MAPPING + 1;
    assert_int_equal(decide_from(SOURCE_STRIPE, &old, 1, 7, LATER, false), VERDICT_STALE);
}

static void test_create_only(void **state)
{
    (void)state;
    struct change change = {
        .document = {.source = SOURCE_STRIPE, .version = 2, .observed_ns = LATER * 1000},
        .create_only = true};
    struct header settled = {.known = true, .version = 2, .mapping_version = MAPPING - 1};
    change.digest.bytes[0] = 9;
    assert_int_equal(guard_decide(&unknown, &change, MAPPING), VERDICT_CREATE);
    assert_int_equal(guard_decide(&settled, &change, MAPPING), VERDICT_UNCHANGED);
    settled.version = 1;
    assert_int_equal(guard_decide(&settled, &change, MAPPING), VERDICT_CHANGE);
}

/* Versions are seconds of `updated`. */
static void test_printful(void **state)
{
    (void)state;
    const struct header held = {.known = true,
                                .version = SAME,
                                .mapping_version = MAPPING,
                                .observed_us = AT,
                                .digest = {.bytes = {7}}};
    static const struct {
        int64_t version;
        uint8_t digest;
        int64_t read_us;
        enum verdict verdict;
    } cases[] = {
        {OLDER, 8, LATER, VERDICT_STALE},     {SAME, 7, LATER, VERDICT_UNCHANGED},
        {SAME, 8, LATER, VERDICT_CHANGE},     {SAME, 8, AT, VERDICT_CHANGE},
        {SAME, 8, EARLIER, VERDICT_STALE},    {NEWER, 8, EARLIER, VERDICT_CHANGE},
        {NEWER, 7, LATER, VERDICT_UNCHANGED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(decide_from(SOURCE_PRINTFUL, &held, cases[i].version, cases[i].digest,
                                     cases[i].read_us, false),
                         cases[i].verdict);
}

/* Tombstones and repairs: by the time of reading, whatever the versions. */
static void test_looked_back_times(void **state)
{
    (void)state;
    const struct header held = {
        .known = true, .version = 2, .mapping_version = MAPPING, .observed_us = AT};
    struct header gone = held;
    gone.deleted = true;
    gone.version = INT64_MAX;
    for (enum source_kind source = SOURCE_STRIPE; source <= SOURCE_PRINTFUL; source++) {
        assert_int_equal(decide_from(source, &held, 0, 0, EARLIER, true), VERDICT_STALE);
        assert_int_equal(decide_from(source, &held, 0, 0, AT, true), VERDICT_DELETE);
        assert_int_equal(decide_from(source, &unknown, 0, 0, AT, true), VERDICT_DELETE);
        assert_int_equal(decide_from(source, &gone, 0, 0, EARLIER, true), VERDICT_STALE);
        assert_int_equal(decide_from(source, &gone, 0, 0, AT, true), VERDICT_UNCHANGED);
        assert_int_equal(decide_from(source, &gone, 0, 0, LATER, true), VERDICT_RAISE);
        assert_int_equal(decide_from(source, &gone, 2, 1, AT, false), VERDICT_STALE);
        assert_int_equal(decide_from(source, &gone, 2, 1, LATER, false), VERDICT_CREATE);
        struct change repair = {
            .document = {.source = source, .version = 0, .observed_ns = LATER * 1000},
            .current = true};
        assert_int_equal(guard_decide(&held, &repair, MAPPING), VERDICT_CHANGE);
        repair.document.observed_ns = EARLIER * 1000;
        assert_int_equal(guard_decide(&held, &repair, MAPPING), VERDICT_STALE);
    }
}

/* ---- what a plan saw ---- */

static struct change make_expecting(const struct header *seen)
{
    struct change change = {.document = {.version = NEWER}};
    change.digest.bytes[0] = 5;
    change.expect = (struct expectation){.present = true,
                                         .version = NEWER,
                                         .digest = change.digest,
                                         .known = seen->known,
                                         .target_version = seen->version,
                                         .target_digest = seen->digest};
    return change;
}

static void test_expectation(void **state)
{
    (void)state;
    struct change change = make_expecting(&live);
    struct header other = live;
    assert_int_equal(guard_decide(&live, &change, MAPPING), VERDICT_CHANGE);
    other.version++;
    assert_int_equal(guard_decide(&other, &change, MAPPING), VERDICT_MOVED);
    other = live;
    other.digest.bytes[3] = 1;
    assert_int_equal(guard_decide(&other, &change, MAPPING), VERDICT_MOVED);
    assert_int_equal(guard_decide(&unknown, &change, MAPPING), VERDICT_MOVED);
    struct change moved = change;
    moved.document.version++;
    assert_int_equal(guard_decide(&live, &moved, MAPPING), VERDICT_MOVED);
    moved = change;
    moved.digest.bytes[0]++;
    assert_int_equal(guard_decide(&live, &moved, MAPPING), VERDICT_MOVED);
    moved = change;
    moved.document.deleted = true;
    assert_int_equal(guard_decide(&live, &moved, MAPPING), VERDICT_MOVED);
    /* Written already, by this plan or by another. */
    other = live;
    other.version = NEWER;
    other.digest = change.digest;
    assert_int_equal(guard_decide(&other, &change, MAPPING), VERDICT_MOVED);
    other.mine = true;
    assert_int_equal(guard_decide(&other, &change, MAPPING), VERDICT_UNCHANGED);
    assert_int_equal(guard_decide(&other, &moved, MAPPING), VERDICT_UNCHANGED);
    other.version++;
    assert_int_equal(guard_decide(&other, &change, MAPPING), VERDICT_MOVED);
}

static void test_expected_delete(void **state)
{
    (void)state;
    struct change change = make_expecting(&live);
    memset(&change.digest, 0, sizeof(change.digest));
    change.expect.digest = change.digest;
    change.document.deleted = true;
    change.document.version = NEWER + 5; /* seen gone later than the plan saw it */
    assert_int_equal(guard_decide(&live, &change, MAPPING), VERDICT_DELETE);
    struct header gone = tombstone;
    gone.mine = true;
    assert_int_equal(guard_decide(&gone, &change, MAPPING), VERDICT_UNCHANGED);
    change.document.deleted = false;
    change.digest.bytes[0] = 1;
    assert_int_equal(guard_decide(&live, &change, MAPPING), VERDICT_MOVED);
}

/* Copies of one document in a batch of pages that overlap. */
static void test_newer_looked_back(void **state)
{
    (void)state;
    struct change all[8];
    for (int i = 0; i < 8; i++)
        all[i] = (struct change){.document = {.source = SOURCE_STRIPE,
                                              .version = i & 1,
                                              .observed_ns = i & 2,
                                              .deleted = (i & 4) != 0}};
    for (int a = 0; a < 8; a++)
        for (int b = 0; b < 8; b++)
            assert_int_equal(guard_newer(&all[a], &all[b]) + guard_newer(&all[b], &all[a]), a != b);
    assert_true(guard_newer(&all[2], &all[0]));
    assert_true(guard_newer(&all[1], &all[2]));
    assert_true(guard_newer(&all[4], &all[3]));
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
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_order_is_gone),
        cmocka_unit_test(test_mapping),
        cmocka_unit_test(test_deletes),
        cmocka_unit_test(test_over_tombstone),
        cmocka_unit_test(test_stubs),
        cmocka_unit_test(test_newer),
        cmocka_unit_test(test_current),
        cmocka_unit_test(test_stripe),
        cmocka_unit_test(test_create_only),
        cmocka_unit_test(test_printful),
        cmocka_unit_test(test_looked_back_times),
        cmocka_unit_test(test_expectation),
        cmocka_unit_test(test_expected_delete),
        cmocka_unit_test(test_newer_looked_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
