/* What the command "decide" says, as the customers thread is given it. */
#include <string.h>

#include "engine/decide.h"
#include "engine/state.h"
#include "tests/lib/check.h"

static struct customers_order given; /* by the command; review 0: nothing was */

/* In place of the thread. */
bool customers_decide(struct customers *customers, const struct customers_order *order)
{
    (void)customers;
    given = *order;
    return true;
}

bool customers_decided(struct customers *customers, uint64_t *ret_orders, struct error *ret_error)
{
    (void)customers;
    (void)ret_orders;
    (void)ret_error;
    return false;
}

void engine_fail(struct engine *engine, const struct error *err)
{
    (void)engine;
    fail_msg("%s", err->message);
}

/* The message of a command that was refused; "" taken. */
static const char *decide(const char *arguments)
{
    static char message[400];
    static struct engine engine;
    char text[400];
    struct command command = {.id = 7, .arguments = text};
    const char *result = "";
    memset(&given, 0, sizeof(given));
    engine.customers = (struct customers *)&given;
    message[0] = '\0';
    STR_FILL(text, arguments);
    bool over = command_decide(&engine, &command, message, sizeof(message), &result);
    assert_string_equal(result, over ? "refused" : "");
    return message;
}

#define LEFT "5c1b0a77-0000-5000-8000-000000000001"
#define RIGHT "9e2f4411-0000-5000-8000-000000000002"

static void says_what_was_shown(void **state)
{
    (void)state;
    assert_string_equal(decide("{\"review\":3,\"decision\":\"merge\",\"into\":\"other\","
                               "\"customers\":[\"" LEFT "\",\"" RIGHT "\"]}"),
                        "");
    assert_int_equal(given.decision.review_id, 3);
    assert_int_equal(given.decision.verb, REVIEW_MERGE);
    assert_true(given.decision.into_other);
    assert_string_equal(given.decision.shown[0], LEFT);
    assert_string_equal(given.decision.shown[1], RIGHT);
}

static void need_not_say_it(void **state)
{
    (void)state;
    assert_string_equal(decide("{\"review\":4,\"decision\":\"keep_apart\"}"), "");
    assert_int_equal(given.decision.review_id, 4);
    assert_string_equal(given.decision.shown[0], "");
}

static void half_of_it_is_refused(void **state)
{
    static const char *const shown[] = {"\"" LEFT "\"", "[\"" LEFT "\"]", "[\"" LEFT "\",\"\"]",
                                        "[\"" LEFT "\",2]", "[\"" LEFT "\",\"" RIGHT "\",\"\"]"};
    (void)state;
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        char *text AUTO_FREE =
            memory_format("{\"review\":3,\"decision\":\"merge\",\"customers\":%s}", shown[i]);
        assert_string_equal(decide(text), "\"customers\" are no two ids");
        assert_int_equal(given.decision.review_id, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_shown),
        cmocka_unit_test(need_not_say_it),
        cmocka_unit_test(half_of_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
