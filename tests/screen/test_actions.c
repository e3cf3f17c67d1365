/* What the console's keys and words do: few at once, many after a question, nothing without its
 * confirmation, nothing where only looking is allowed; looked at where the engine would get it. */
#include "lib/check.h"
#include "lib/console.h"

/* The Failed screen's rows, with the first group's line selected, and what is sent from now on. */
static struct screen *start(const char *option)
{
    const char *options[] = {console_keeps_sent(), option, NULL};
    struct screen *screen = console_start(options, 24, 80, NULL, "MINUTE");
    PRESS(screen, "2", "j");
    return screen;
}

static void few_are_done_at_once(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, " ", " ", "r");
    assert_true(screen_shows(screen, "queued as command 18"));
    console_expect_sent("retry {\"ids\":[1,2]} \n");
    PRESS(screen, "s", "spam\r");
    console_expect_sent("skip {\"ids\":[3]} spam\n");
    PRESS(screen, "s", "\r");
    assert_true(screen_shows(screen, "nothing typed, nothing done"));
    console_expect_sent("");
    PRESS(screen, "z",
          "\025"
          "2x\r");
    assert_true(screen_shows(screen, "is not a time"));
    PRESS(screen, "z", "\r");
    console_expect_sent("snooze {\"ids\":[3],\"until\":1795406231000000} \n");
    PRESS(screen, "n", "say \"hi\"\r");
    console_expect_sent("note {\"ids\":[3],\"note\":\"say \\\"hi\\\"\"} \n");
    PRESS(screen, "k", "k", "k", "r");
    console_expect_sent("retry {\"filter\":\"fp:a91f03c2\",\"count\":7} \n");
    PRESS(screen, "u");
    console_expect_sent("undo {\"command\":18} \n");
    console_end(screen);
}

static void many_are_asked_about(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, "A", "s");
    assert_true(screen_shows(screen, "Skip: 12 orders"));
    /* A run of Enters ends on Cancel. */
    PRESS(screen, "\r", "\r", "\r");
    assert_true(screen_shows(screen, "nothing was done"));
    console_expect_sent("");
    PRESS(screen, "A", "s", "junk\r", "11\r", "\t", "\r");
    assert_true(screen_shows(screen, "type 12"));
    console_expect_sent("");
    PRESS(screen,
          "\025"
          "12",
          "\t", "\t", "\r");
    assert_true(screen_shows(screen, "queued as command 18"));
    char *text = console_sent();
    assert_non_null(strstr(text, "skip {\"filter\":\"\",\"count\":12}"));
    assert_non_null(strstr(text, "junk"));
    free(text);
    console_forget_sent();
    console_end(screen);
}

static void typed_ahead_does_not_answer(void **state)
{
    (void)state;
    struct screen *screen = start("--environment=prod");
    PRESS(screen, "r");
    assert_true(screen_shows(screen, "type the environment"));
    PRESS(screen, "\033");
    /* All in one burst: what came with the key that asks is dropped. */
    PRESS(screen, "rwhy\tprod\t\t\r");
    assert_true(screen_shows(screen, "type the environment"));
    console_expect_sent("");
    PRESS(screen, "why\t", "prod\t", "\t", "\r");
    console_expect_sent("retry {\"ids\":[1]} why\n");
    console_end(screen);
}

/* What deletes is asked about even where one order is meant, and a retry is none of it. */
static void held_ones_are_released_by_word(void **state)
{
    (void)state;
    struct screen *screen = start("--held");
    PRESS(screen, "R");
    assert_true(screen_shows(screen, "this order is not held"));
    PRESS(screen, "k", "R");
    assert_true(screen_shows(screen, "first / with state:held alone"));
    PRESS(screen, "/", "state:held\r", "<", "R");
    assert_true(screen_shows(screen, "Release: 2 orders (group 6f00) in dev"));
    assert_true(screen_shows(screen, "DELETED"));
    PRESS(screen, "\r", "\r", "\r");
    assert_true(screen_shows(screen, "nothing was done"));
    console_expect_sent("");
    PRESS(screen, "R", "gone\t", "dev\t", "\t", "\r");
    console_expect_sent("release {\"filter\":\"state:held fp:6f00d1e5\",\"count\":2} gone\n");
    PRESS(screen, "l", "j", "r");
    assert_true(screen_shows(screen, "held: R releases it"));
    console_expect_sent("");
    PRESS(screen, "F", "kept\t", "dev\t", "\t", "\r");
    console_expect_sent("refuse {\"ids\":[20000001]} kept\n");
    PRESS(screen, "u");
    assert_true(screen_shows(screen, "undo refuse #1242"));
    console_expect_sent("undo {\"command\":18} \n");
    console_end(screen);
}

static void words_take_a_source(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, ":", "pause str\t\r");
    assert_true(screen_shows(screen, "Only stripe: Nothing of it is read or written"));
    PRESS(screen, "odd\t", "\t", "\r");
    console_expect_sent("pause {\"source\":\"stripe\"} odd\n");
    PRESS(screen, ":", "sync-dry-run printful\r");
    PRESS(screen, "odd\t", "\t", "\r");
    console_expect_sent("sync {\"dry_run\":true,\"sources\":4} odd\n");
    PRESS(screen, ":", "verify \t\r");
    assert_true(screen_shows(screen, "Source and target are compared now"));
    PRESS(screen, "odd\t", "\t", "\r");
    console_expect_sent("verify {\"deep\":true} odd\n");
    PRESS(screen, ":", "sync firestore\r");
    assert_true(screen_shows(screen, "takes stripe, printful, or nothing for both"));
    console_expect_sent("");
    console_end(screen);
}

static void read_only_changes_nothing(void **state)
{
    (void)state;
    struct screen *screen = start("--read-only");
    assert_true(screen_shows(screen, "RO"));
    assert_false(screen_shows(screen, "r retry"));
    PRESS(screen, "r", "s", "z", "n", "u", "M");
    assert_true(screen_shows(screen, "read-only"));
    PRESS(screen, ":", "pause\r");
    assert_true(screen_shows(screen, "read-only"));
    console_expect_sent("");
    console_end(screen);
}

static void personal_data_is_masked(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, "\r", "[", "[", "+");
    assert_true(screen_shows(screen, "email: "));
    PRESS(screen, "/", "jo@example\r");
    assert_true(screen_shows(screen, "nothing here holds")); /* nor does search tell */
    assert_false(screen_shows(screen, "example.test"));
    PRESS(screen, "M");
    assert_true(screen_shows(screen, "jo@example.test"));
    assert_true(screen_shows(screen, "UNMASKED"));
    console_expect_sent("unmask {} \n");
    console_end(screen);
}

static void one_order_is_read_again_and_applied(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, "\r", "a");
    assert_true(screen_shows(screen, "nothing to apply"));
    console_expect_sent("");
    PRESS(screen, "f");
    console_expect_sent("inspect {\"source\":\"firestore\",\"source_id\":\"512345670000000\"} \n");
    assert_true(screen_wait(screen, "If retried now: would update it, 4 fields", 30000));
    PRESS(screen, "a", "\r", "\r");
    console_expect_sent(""); /* a run of Enters ends on Cancel */
    PRESS(screen, "a", "why\t", "\t", "\r");
    console_expect_sent("apply {\"plan\":\"9c0d2f11-aa\",\"ids\":[71]} why\n");
    console_end(screen);
    screen = start("--read-only");
    PRESS(screen, "\r", "f", "a");
    assert_true(screen_shows(screen, "read-only"));
    console_expect_sent("");
    console_end(screen);
}

int main(void)
{
    if (!screen_available())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_are_done_at_once),
        cmocka_unit_test(many_are_asked_about),
        cmocka_unit_test(typed_ahead_does_not_answer),
        cmocka_unit_test(held_ones_are_released_by_word),
        cmocka_unit_test(words_take_a_source),
        cmocka_unit_test(read_only_changes_nothing),
        cmocka_unit_test(personal_data_is_masked),
        cmocka_unit_test(one_order_is_read_again_and_applied),
    };
    return cmocka_run_group_tests_name("actions", tests, NULL, NULL);
}
