/* Every edge of the transition table, legal and illegal, against a list written down apart;
 * fingerprints. */
#include <stdio.h>

#include "journal/failure.h"
#include "lib/check.h"

/* from event to; what is not in this list must be refused. */
static const struct edge {
    enum failure_state from;
    enum failure_event event;
    enum failure_state to;
} legal[] = {
    {FAILURE_NONE, EVENT_FAIL_AGAIN, FAILURE_RETRYABLE},
    {FAILURE_NONE, EVENT_FAIL_FOR_GOOD, FAILURE_DEAD},
    {FAILURE_NONE, EVENT_HOLD, FAILURE_HELD},
    {FAILURE_HELD, EVENT_RELEASE, FAILURE_RETRYABLE},
    {FAILURE_HELD, EVENT_REFUSE, FAILURE_SKIPPED},
    {FAILURE_RETRYABLE, EVENT_FAIL_AGAIN, FAILURE_RETRYABLE},
    {FAILURE_RETRYABLE, EVENT_FAIL_FOR_GOOD, FAILURE_DEAD},
    {FAILURE_RETRYABLE, EVENT_HOLD, FAILURE_HELD},
    {FAILURE_RETRYABLE, EVENT_START, FAILURE_IN_PROGRESS},
    {FAILURE_RETRYABLE, EVENT_SUCCEED, FAILURE_RESOLVED},
    {FAILURE_RETRYABLE, EVENT_RETRY, FAILURE_RETRYABLE},
    {FAILURE_RETRYABLE, EVENT_ASK_AGAIN, FAILURE_RETRYABLE},
    {FAILURE_RETRYABLE, EVENT_SKIP, FAILURE_SKIPPED},
    {FAILURE_RETRYABLE, EVENT_SNOOZE, FAILURE_SNOOZED},
    {FAILURE_RETRYABLE, EVENT_NEWER, FAILURE_RETRYABLE},
    {FAILURE_IN_PROGRESS, EVENT_FAIL_AGAIN, FAILURE_RETRYABLE},
    {FAILURE_IN_PROGRESS, EVENT_FAIL_FOR_GOOD, FAILURE_DEAD},
    {FAILURE_IN_PROGRESS, EVENT_HOLD, FAILURE_HELD},
    {FAILURE_IN_PROGRESS, EVENT_SUCCEED, FAILURE_RESOLVED},
    {FAILURE_IN_PROGRESS, EVENT_INTERRUPT, FAILURE_RETRYABLE},
    {FAILURE_IN_PROGRESS, EVENT_NEWER, FAILURE_RETRYABLE},
    {FAILURE_RESOLVED, EVENT_FAIL_AGAIN, FAILURE_RETRYABLE},
    {FAILURE_RESOLVED, EVENT_FAIL_FOR_GOOD, FAILURE_DEAD},
    {FAILURE_RESOLVED, EVENT_HOLD, FAILURE_HELD},
    {FAILURE_RESOLVED, EVENT_SUCCEED, FAILURE_RESOLVED},
    {FAILURE_RESOLVED, EVENT_NEWER, FAILURE_RETRYABLE},
    {FAILURE_DEAD, EVENT_FAIL_AGAIN, FAILURE_RETRYABLE},
    {FAILURE_DEAD, EVENT_FAIL_FOR_GOOD, FAILURE_DEAD},
    {FAILURE_DEAD, EVENT_HOLD, FAILURE_HELD},
    {FAILURE_DEAD, EVENT_SUCCEED, FAILURE_RESOLVED},
    {FAILURE_DEAD, EVENT_RETRY, FAILURE_RETRYABLE},
    {FAILURE_DEAD, EVENT_ASK_AGAIN, FAILURE_HELD},
    {FAILURE_DEAD, EVENT_SKIP, FAILURE_SKIPPED},
    {FAILURE_DEAD, EVENT_SNOOZE, FAILURE_SNOOZED},
    {FAILURE_DEAD, EVENT_NEWER, FAILURE_RETRYABLE},
    {FAILURE_SKIPPED, EVENT_FAIL_AGAIN, FAILURE_SKIPPED},
    {FAILURE_SKIPPED, EVENT_FAIL_FOR_GOOD, FAILURE_SKIPPED},
    {FAILURE_SKIPPED, EVENT_HOLD, FAILURE_SKIPPED},
    {FAILURE_SKIPPED, EVENT_SUCCEED, FAILURE_RESOLVED},
    {FAILURE_SKIPPED, EVENT_RETRY, FAILURE_RETRYABLE},
    {FAILURE_SKIPPED, EVENT_ASK_AGAIN, FAILURE_HELD},
    {FAILURE_SKIPPED, EVENT_NEWER, FAILURE_RETRYABLE},
    {FAILURE_SNOOZED, EVENT_FAIL_AGAIN, FAILURE_SNOOZED},
    {FAILURE_SNOOZED, EVENT_FAIL_FOR_GOOD, FAILURE_SNOOZED},
    {FAILURE_SNOOZED, EVENT_HOLD, FAILURE_SNOOZED},
    {FAILURE_SNOOZED, EVENT_SUCCEED, FAILURE_RESOLVED},
    {FAILURE_SNOOZED, EVENT_RETRY, FAILURE_RETRYABLE},
    {FAILURE_SNOOZED, EVENT_ASK_AGAIN, FAILURE_HELD},
    {FAILURE_SNOOZED, EVENT_SKIP, FAILURE_SKIPPED},
    {FAILURE_SNOOZED, EVENT_SNOOZE, FAILURE_SNOOZED},
    {FAILURE_SNOOZED, EVENT_WAKE, FAILURE_RETRYABLE},
    {FAILURE_SNOOZED, EVENT_NEWER, FAILURE_RETRYABLE},
    {FAILURE_HELD, EVENT_FAIL_AGAIN, FAILURE_RETRYABLE},
    {FAILURE_HELD, EVENT_FAIL_FOR_GOOD, FAILURE_DEAD},
    {FAILURE_HELD, EVENT_HOLD, FAILURE_HELD},
    {FAILURE_HELD, EVENT_SUCCEED, FAILURE_RESOLVED},
    {FAILURE_HELD, EVENT_SKIP, FAILURE_SKIPPED},
    {FAILURE_HELD, EVENT_NEWER, FAILURE_RETRYABLE},
};

static const struct edge *legal_edge(unsigned from, unsigned event)
{
    for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++) {
        if (legal[i].from == (enum failure_state)from &&
            legal[i].event == (enum failure_event)event)
            return &legal[i];
    }
    return NULL;
}

static void every_edge_is_as_written(void **state)
{
    (void)state;
    size_t found = 0;
    for (unsigned from = 0; from < FAILURE_STATE_COUNT; from++) {
        for (unsigned event = 0; event < FAILURE_EVENT_COUNT; event++) {
            enum failure_state to = FAILURE_STATE_COUNT;
            const struct edge *edge = legal_edge(from, event);
            bool possible =
                failure_transition((enum failure_state)from, (enum failure_event)event, &to);
            if (possible != (edge != NULL))
                fail_msg("%s with event %u", failure_state_name((enum failure_state)from), event);
            assert_int_equal(to, edge == NULL ? FAILURE_STATE_COUNT : edge->to);
            found += possible ? 1 : 0;
        }
    }
    assert_int_equal(found, sizeof(legal) / sizeof(legal[0]));
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    enum failure_state to = FAILURE_DEAD;
    assert_false(failure_transition(FAILURE_STATE_COUNT, EVENT_SUCCEED, &to));
    assert_false(failure_transition((enum failure_state) - 1, EVENT_SUCCEED, &to));
    assert_false(failure_transition(FAILURE_DEAD, FAILURE_EVENT_COUNT, &to));
    assert_int_equal(to, FAILURE_DEAD);
}

static void undo_goes_back_to_where_a_person_acted(void **state)
{
    (void)state;
    for (unsigned from = 0; from < FAILURE_STATE_COUNT; from++) {
        for (unsigned before = 0; before < FAILURE_STATE_COUNT; before++) {
            enum failure_state to = FAILURE_NONE;
            bool acted =
                from == FAILURE_RETRYABLE || from == FAILURE_SKIPPED || from == FAILURE_SNOOZED;
            bool kept = before != FAILURE_NONE && before != FAILURE_IN_PROGRESS &&
                        before != FAILURE_RESOLVED;
            bool possible =
                failure_undo_state((enum failure_state)from, (enum failure_state)before, &to);
            assert_int_equal(possible, acted && kept);
            assert_int_equal(to, possible ? before : FAILURE_NONE);
        }
    }
}

static void names_come_back(void **state)
{
    (void)state;
    for (unsigned i = FAILURE_RETRYABLE; i < FAILURE_STATE_COUNT; i++) {
        enum failure_state parsed;
        assert_true(failure_state_parse(failure_state_name((enum failure_state)i), &parsed));
        assert_int_equal(parsed, i);
    }
    enum failure_state parsed;
    assert_false(failure_state_parse("none", &parsed));
    assert_false(failure_state_parse("DEAD", &parsed));
}

/* ---- fingerprints ---- */

static void fingerprint_of(const char *message, char ret_fingerprint[9])
{
    struct error error;
    error_set(&error, ERROR_USAGE, "%s", message);
    failure_fingerprint(SOURCE_FIRESTORE, "transform", &error, ret_fingerprint);
}

static void same_shape_same_fingerprint(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"money \"12,90\" is not a number", "money \"n/a\" is not a number"},
        {"money \"\" is not a number", "money \"12 \\\"x\\\" 3\" is not a number"},
        {"line_items[3].price is missing", "line_items[127].price is missing"},
        {"429, try again in 41 s", "503, try again in 7 s"},
        {"no such session cs_test_a1B2c3D4e5", "no such session cs_live_Zz9Yy8Xx7W"},
        {"order 123e4567-e89b-12d3-a456-426614174000 is taken",
         "order 00000000-0000-5000-8000-00000000abcd is taken"},
        {"at 2026-11-23T04:32:36Z too late", "at 2025-01-01T00:00:00Z too late"},
        {"order PF-88190 is late", "order PF-1 is late"},
        {"7 orders wait", "12345678 orders wait"},
        {"digest 0123456789abcdef0123456789abcdef differs",
         "digest ffffffffffffffffffffffffffffffff differs"},
        {"key 'a' of 'b' is bad", "key 'some other' of 'thing' is bad"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char a[9], b[9];
        fingerprint_of(pairs[i][0], a);
        fingerprint_of(pairs[i][1], b);
        if (strcmp(a, b) != 0)
            fail_msg("%s / %s", pairs[i][0], pairs[i][1]);
        assert_int_equal(strspn(a, "0123456789abcdef"), 8);
        assert_int_equal(a[8], '\0');
    }
}

static void another_shape_another_fingerprint(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"money \"1\" is not a number", "date \"1\" is not a number"},
        {"total_price is missing", "subtotal_price is missing"},
        {"billing_address.address1 is missing", "shipping_address.address1 is missing"},
        {"address1 is missing", "zip is missing"},
        {"can't read it, won't try", "can't read it, don't try"},
        {"an unclosed \"quote here", "an unclosed \"quote there"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char a[9], b[9];
        fingerprint_of(pairs[i][0], a);
        fingerprint_of(pairs[i][1], b);
        if (strcmp(a, b) == 0)
            fail_msg("%s / %s", pairs[i][0], pairs[i][1]);
    }
}

static void source_stage_and_code_count(void **state)
{
    (void)state;
    struct error usage, bug;
    char base[9], other[9];
    error_set(&usage, ERROR_USAGE, "the same text");
    error_set(&bug, ERROR_INTERNAL, "the same text");
    failure_fingerprint(SOURCE_FIRESTORE, "decode", &usage, base);
    failure_fingerprint(SOURCE_STRIPE, "decode", &usage, other);
    assert_string_not_equal(base, other);
    failure_fingerprint(SOURCE_FIRESTORE, "apply", &usage, other);
    assert_string_not_equal(base, other);
    failure_fingerprint(SOURCE_FIRESTORE, "decode", &bug, other);
    assert_string_not_equal(base, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_is_as_written),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(undo_goes_back_to_where_a_person_acted),
        cmocka_unit_test(names_come_back),
        cmocka_unit_test(same_shape_same_fingerprint),
        cmocka_unit_test(another_shape_another_fingerprint),
        cmocka_unit_test(source_stage_and_code_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
