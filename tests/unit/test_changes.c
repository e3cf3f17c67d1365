/* Live changes: plans, the mix, repeatability, and what a change makes of an order. */
#include "lib/check.h"

#include "base/clock.h"
#include "sim/changes.h"
#include "sim/hash.h"

struct fixture {
    struct store *store;
    struct store_collection *orders;
    struct changes *changes;
};

static void fixture_open(struct fixture *f, size_t count, uint64_t seed)
{
    f->store = store_new(STR("projects/p/databases/(default)"), 0);
    f->orders = store_collection(f->store, STR("Orders"), true);
    store_give_generator(f->orders, generator_new(count, 1, 0));
    f->changes = changes_new(f->store, f->orders, seed);
}

static void fixture_close(struct fixture *f)
{
    changes_free(f->changes);
    store_free(f->store);
}

static size_t count_live(struct fixture *f)
{
    struct store_cursor cursor;
    struct store_view view;
    size_t count = 0;
    store_cursor_open(&cursor, f->orders, STR_NULL, true, false);
    while (store_cursor_next(&cursor, INT64_MAX, &view))
        count++;
    return count;
}

/* A number for the sequence of changes: which documents, which kinds. */
static uint64_t sequence(size_t count, uint64_t seed)
{
    struct fixture f;
    uint64_t sum = 0;
    fixture_open(&f, 100, seed);
    for (size_t i = 0; i < count; i++)
        changes_make(f.changes);
    for (uint64_t i = store_change_first(f.store); i < store_change_end(f.store); i++) {
        struct store_change change = store_change_at(f.store, i);
        for (size_t at = 0; at < change.id.len; at++)
            sum = hash_mix(sum ^ (uint64_t)(uint8_t)change.id.data[at]);
        sum = hash_mix(sum ^ change.deleted);
    }
    fixture_close(&f);
    return sum;
}

static void test_sequence_repeats(void **state)
{
    (void)state;
    assert_true(sequence(500, 7) == sequence(500, 7));
    assert_true(sequence(500, 7) != sequence(500, 8));
}

static void test_mix(void **state)
{
    struct fixture f;
    struct changes_plan plan = CHANGES_PLAN_DEFAULT;
    struct error err;
    size_t deletes = 0;
    int64_t before = 0;
    (void)state;
    fixture_open(&f, 1000, 3);
    assert_true(changes_parse("0 mix=50:20:30", &plan, &err));
    changes_start(f.changes, &plan);
    for (int i = 0; i < 2000; i++)
        changes_make(f.changes);
    assert_int_equal(store_change_end(f.store), 2000); /* none was for nothing */
    for (uint64_t i = 0; i < 2000; i++) {
        struct store_change change = store_change_at(f.store, i);
        deletes += change.deleted;
        assert_true(change.commit_us > before);
        before = change.commit_us;
    }
    assert_in_range(deletes, 540, 660);
    size_t live = count_live(&f);
    assert_in_range(live, 1300, 1500);
    assert_true(clock_wall_us() - before < 10000000);
    fixture_close(&f);
}

static void test_from_nothing(void **state)
{
    struct fixture f;
    struct changes_plan plan = CHANGES_PLAN_DEFAULT;
    struct error err;
    (void)state;
    fixture_open(&f, 0, 3);
    assert_true(changes_parse("0 mix=0:0:100", &plan, &err));
    changes_start(f.changes, &plan);
    for (int i = 0; i < 10; i++)
        changes_make(f.changes); /* nothing to delete: it creates */
    assert_int_equal(store_change_end(f.store), 10);
    assert_int_equal(count_live(&f), 0);
    fixture_close(&f);
}

static struct str body(const struct store_view *view, struct buffer *buffer)
{
    buffer_clear(buffer);
    store_view_append(view, buffer);
    assert_int_equal(buffer->len, store_view_size(view));
    return buffer_str(buffer);
}

static void test_what_a_change_makes(void **state)
{
    struct fixture f;
    struct store_view view;
    struct buffer one = {.max = 1u << 20}, two = {.max = 1u << 20};
    char id[GENERATOR_ID_LENGTH + 1];
    (void)state;
    fixture_open(&f, 10, 3);
    store_generated_id(f.orders, 4, id);
    struct str name = str_from(id);
    assert_true(store_get(f.orders, name, INT64_MAX, &view));
    int64_t created = view.create_us;
    body(&view, &one);
    int64_t at = store_commit_time(f.store);
    store_write_revision(f.store, f.orders, 4, 17, at);
    assert_true(store_get(f.orders, name, INT64_MAX, &view));
    assert_int_equal(view.update_us, at);
    assert_int_equal(view.create_us, created);
    assert_false(str_equal(body(&view, &two), buffer_str(&one)));
    body(&view, &one);
    assert_true(str_equal(body(&view, &two), buffer_str(&one))); /* every time the same */
    assert_true(store_get(f.orders, name, at - 1, &view));
    assert_false(str_equal(body(&view, &two), buffer_str(&one))); /* the old one is there still */
    assert_int_equal(count_live(&f), 10);
    store_write_revision(f.store, f.orders, 12, 18, store_commit_time(f.store));
    assert_int_equal(count_live(&f), 11);
    store_generated_id(f.orders, 12, id);
    assert_true(store_get(f.orders, name, INT64_MAX, &view));
    assert_true(store_view_size(&view) > 1000);
    buffer_free(&one);
    buffer_free(&two);
    fixture_close(&f);
}

static void test_plans(void **state)
{
    static const char *const bad[] = {
        "x",         "1 2x",   "1 mix=1:2:3",       "1 mix=50:50", "1 count=-1",
        "1 often=3", "100001", "1 mix=200:-50:-50", "1 count=",    "1 mix=10:10:80x"};
    struct changes_plan plan = CHANGES_PLAN_DEFAULT;
    struct error err;
    (void)state;
    assert_true(changes_parse("200 count=5 seconds=6 delay_ms=7 mix=1:2:97", &plan, &err));
    assert_int_equal(plan.rate, 200);
    assert_int_equal(plan.count, 5);
    assert_int_equal(plan.seconds, 6);
    assert_int_equal(plan.delay_ms, 7);
    assert_int_equal(plan.create, 1);
    assert_int_equal(plan.update, 2);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (changes_parse(bad[i], &plan, &err))
            fail_msg("\"%s\" accepted", bad[i]);
        assert_int_equal(err.id, ERROR_USAGE);
    }
}

static void test_pace(void **state)
{
    struct fixture f;
    struct changes_plan plan = CHANGES_PLAN_DEFAULT;
    struct error err;
    (void)state;
    fixture_open(&f, 100, 3);
    assert_int_equal(changes_run(f.changes), 0);
    assert_true(changes_parse("1000 count=100", &plan, &err));
    int64_t started = clock_monotonic_us();
    changes_start(f.changes, &plan);
    while (changes_made(f.changes) < 100 && clock_monotonic_us() < started + 20000000) {
        changes_run(f.changes);
        clock_sleep_us(1000);
    }
    assert_true(clock_monotonic_us() - started >= 99000);
    assert_int_equal(changes_made(f.changes), 100);
    clock_sleep_us(10000);
    assert_int_equal(changes_run(f.changes), 0); /* ended */
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequence_repeats),    cmocka_unit_test(test_mix),
        cmocka_unit_test(test_from_nothing),        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_what_a_change_makes), cmocka_unit_test(test_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
