/* What keys lead to from each view: orders opened in the Inspector, lines copied, filters mended,
 * and no key on a hint line that does nothing. */
#include <stdio.h>

#include "lib/abreast.h"
#include "lib/check.h"
#include "lib/console.h"

#define ROWS 24

static struct screen *start_sized(const char *option1, const char *option2, int rows)
{
    const char *options[] = {console_keeps_sent(), option1, option1 == NULL ? NULL : option2, NULL};
    return console_start(options, rows, 80, NULL, "failed ");
}

static struct screen *start(const char *option1, const char *option2)
{
    return start_sized(option1, option2, ROWS);
}

/* ---- orders are opened from everywhere ---- */

static void a_customers_order_opens(void **state)
{
    (void)state;
    struct screen *screen = start(NULL, NULL);
    PRESS(screen, "4", "\r");
    console_expect(screen, "Enter open");
    PRESS(screen, "j", "\r");
    console_expect(screen, " cs_live_a1  Diff  Document");
    PRESS(screen, "\033");
    console_expect(screen, "orders of 5c1b0a77"); /* back to where it was opened */
    PRESS(screen, "\033");
    console_expect(screen, "2 customers");
    console_end(screen);
}

static void a_plans_row_opens(void **state)
{
    (void)state;
    struct screen *screen = start(NULL, NULL);
    PRESS(screen, "3", "\r", "j", "i");
    console_expect(screen, " #1043  Diff  Document");
    PRESS(screen, "\033", "\r");
    console_expect(screen, "before  ");
    PRESS(screen, "i");
    console_expect(screen, " #1043  Diff  Document");
    console_end(screen);
}

static void a_log_lines_order_opens(void **state)
{
    (void)state;
    struct screen *screen = start("--attached", NULL);
    PRESS(screen, "5");
    console_expect(screen, "24,012 of 50,000 documents");
    console_expect_not(screen, "Enter open");
    PRESS(screen, "\r");
    console_expect(screen, "this line names no order");
    PRESS(screen, "e");
    console_expect(screen, ">02:37:01 !error");
    console_expect(screen, "Enter open");
    PRESS(screen, "\r");
    console_expect(screen, "  Diff  Document");
    PRESS(screen, "\033");
    console_expect(screen, ">02:37:01 !error");
    console_end(screen);
}

/* ---- the log ---- */

static void a_log_line_is_copied_as_json(void **state)
{
    (void)state;
    size_t len;
    struct screen *screen = start("--attached", NULL);
    PRESS(screen, "5", "e");
    screen_forget_bytes(screen);
    PRESS(screen, "y");
    console_expect(screen, "sent to terminal: {\"");
    const char *bytes = screen_bytes(screen, &len);
    assert_non_null(memmem(bytes, len, "\033]52;c;eyJ", 10)); /* {" in base64 */
    console_end(screen);
}

static void the_level_is_one_thing(void **state)
{
    (void)state;
    struct screen *screen = start("--attached", NULL);
    PRESS(screen, "5", "/", "level:error source:stripe\r");
    console_expect(screen, "error and above  filter: source:stripe  1 of 24");
    PRESS(screen, "v");
    console_expect(screen, "warning and above  filter: source:stripe");
    PRESS(screen, "\033");
    console_expect(screen, "warning and above  filter: -  8 of 24");
    console_end(screen);
}

/* A change of what is shown leaves the selection on its line. */
static void the_line_stays_selected(void **state)
{
    (void)state;
    struct screen *screen = start("--attached", NULL);
    PRESS(screen, "5", "e", "e", "e");
    console_expect(screen, ">02:38:51 !error");
    PRESS(screen, "v");
    console_expect(screen, "debug and above");
    console_expect(screen, ">02:38:51 !error");
    PRESS(screen, "v");
    console_expect(screen, "error and above");
    console_expect(screen, ">02:38:51 !error");
    PRESS(screen, "s", "no such\r");
    console_expect(screen, ">02:46:31 !error"); /* back in time, then from the newest on */
    console_end(screen);
}

/* ---- matches ---- */

static void a_merge_says_what_merges(void **state)
{
    (void)state;
    struct screen *screen = start(NULL, NULL);
    PRESS(screen, "4");
    console_expect(screen, "1 match waits: Tab");
    PRESS(screen, "\t", "m");
    console_expect(screen, "9e2f4411 ••• (1 order, 12.90 EUR)");
    console_expect(screen, "goes into 5c1b0a77 ••• (12 orders, 1489.50 EUR)");
    PRESS(screen, "same phone\t", "\t", "\r");
    char *text = console_sent();
    assert_string_equal(text, "decide {\"review\":3,\"decision\":\"merge\",\"customers\":["
                              "\"5c1b0a77-0000-5000-8000-000000000001\","
                              "\"9e2f4411-0000-5000-8000-000000000002\"]} same phone\n");
    free(text);
    console_end(screen);
}

static void nobody_merges_blindly(void **state)
{
    (void)state;
    struct screen *screen = start_sized(NULL, NULL, 18);
    PRESS(screen, "4", "\t");
    console_expect_not(screen, "keeps 5c1b0a77");
    console_expect_not(screen, "m merge");
    PRESS(screen, "m");
    console_expect(screen, "make the terminal higher");
    console_expect_not(screen, "[ Cancel ]");
    screen_resize(screen, ROWS, 80);
    screen_settle(screen);
    PRESS(screen, "m");
    console_expect(screen, "[ Cancel ]");
    PRESS(screen, "\033");
    console_end(screen);
}

/* ---- what is typed wrong can be mended ---- */

static void wrong_filters_can_be_mended(void **state)
{
    static const struct {
        const char *option, *open, *open_row, *wrong, *says, *better, *then;
    } cases[] = {
        {NULL, "3", "\r", "state:gone", "state: takes open", "\025state:op\t\r",
         "filter: state:open"},
        {NULL, "7", "", "state:dead", "no such key: state:", "\025result:don\t\r",
         "filter: result:done"},
        {"--attached", "5", "", "source:paypal", "source: takes firestore", "\025sou\tst\t\r",
         "filter: source:stripe"},
        {NULL, "7", "h", "\0258x", "is not a time", "\0258h\r", "Handover 2026"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct screen *screen = start(cases[i].option, NULL);
        PRESS(screen, cases[i].open);
        if (cases[i].open_row[0] != '\0')
            PRESS(screen, cases[i].open_row);
        if (cases[i].open_row[0] != 'h')
            PRESS(screen, "/");
        PRESS(screen, cases[i].wrong, "\r");
        console_expect(screen, cases[i].says);
        console_expect(screen, cases[i].wrong[0] == '\025' ? cases[i].wrong + 1 : cases[i].wrong);
        PRESS(screen, cases[i].better);
        console_expect(screen, cases[i].then);
        PRESS(screen, "\033");
        console_end(screen);
    }
}

/* ---- a console that may not act names no key that would ---- */

static void read_only_promises_nothing(void **state)
{
    static const struct {
        const char *option;
        const char *keys[6];
        const char *shows, *hides;
    } cases[] = {
        {"--empty", {"3"}, "ordersync sync --dry-run", ":sync-dry-run"},
        {"--idle", {"2", "j", "\r", "d"}, "this console may not", "f reads"},
        {"--idle", {"4", "\r", "\r", "[", NULL}, "No notes.", "writes one"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct screen *screen = start("--read-only", cases[i].option);
        console_press(screen, cases[i].keys);
        console_expect(screen, cases[i].shows);
        console_expect_not(screen, cases[i].hides);
        console_end(screen);
    }
}

/* ---- hints ---- */

/* The line `y` of the screen; heap. */
static char *line_of(struct screen *screen, int y)
{
    char *text = screen_text(screen);
    char *line = text;
    for (int i = 0; i < y; i++)
        line = strchr(line, '\n') + 1;
    char *copy = strndup(line, strcspn(line, "\n"));
    free(text);
    return copy;
}

/* The key of the hint number `index` as bytes; false: there are no more. "Space mark  r retry". */
static bool hinted_key(struct screen *screen, size_t index, char ret_key[16])
{
    static const struct {
        const char *name, *bytes;
    } names[] = {{"Space", " "}, {"Enter", "\r"}, {"Tab", "\t"}, {"Esc", "\033"}};
    char *line = line_of(screen, ROWS - 1);
    const char *at = line + strspn(line, " ");
    bool found = false;
    for (size_t i = 0; *at != '\0' && !found; i++) {
        size_t len = strcspn(at, " ");
        const char *next = strstr(at, "  ");
        snprintf(ret_key, 16, "%.*s", (int)len, at);
        found = i == index;
        at = next == NULL ? "" : next + strspn(next, " ");
    }
    free(line);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(ret_key, names[i].name) == 0)
            snprintf(ret_key, 16, "%s", names[i].bytes);
    return found;
}

/* Something else is on the screen, or was sent, and nobody was told that the key is for nothing. */
static void key_does_something(struct screen *screen, const char *key)
{
    char *before = screen_text(screen);
    console_forget_sent();
    screen_type(screen, key);
    screen_settle(screen);
    char *after = screen_text(screen);
    /* On a busy machine it may settle before the key was seen. */
    for (int i = 0; i < 50 && strcmp(before, after) == 0 && !console_has_sent(); i++) {
        free(after);
        screen_pump(screen, 100);
        after = screen_text(screen);
    }
    char *message = line_of(screen, ROWS - 2);
    char *commands = console_sent();
    if (strcmp(before, after) == 0 && commands[0] == '\0')
        fail_msg("%s does nothing on\n%s", key, before);
    if (message[strspn(message, " ")] == '~' || message[strspn(message, " ")] == '!')
        fail_msg("%s is refused: %s\n%s", key, message, before);
    free(before);
    free(after);
    free(message);
    free(commands);
}

struct view {
    const char *option;
    const char *keys[5];
};
static const struct view views[] = {
    {NULL, {"1"}},
    {NULL, {"2", "j"}},
    {"--bulk", {"2"}},
    {NULL, {"2", "j", "\r"}},
    {"--inspected", {"2", "j", "\r", "d"}},
    {NULL, {"3"}},
    {NULL, {"3", "\r"}},
    {NULL, {"3", "\r", "\r"}},
    {NULL, {"4"}},
    {NULL, {"4", "\r"}},
    {NULL, {"4", "\t"}},
    {"--attached", {"5", "e"}},
    {NULL, {"6"}},
    {NULL, {"7"}},
    {NULL, {"7", "h", "\r"}},
    {"--empty", {"2"}},
    {"--empty", {"5"}},
    {"--empty", {"7"}},
};
#define VIEWS (sizeof(views) / sizeof(views[0]))

static void hints_of(size_t index)
{
    const struct view *view = &views[index];
    struct screen *screen = start(view->option, NULL);
    char key[16];
    console_press(screen, view->keys);
    for (size_t hint = 0; hinted_key(screen, hint, key); hint++) {
        if (strcmp(key, "q") == 0)
            continue;
        key_does_something(screen, key);
        /* Out of whatever that opened, and here again. */
        screen_type(screen, "\033");
        screen_pump(screen, 60);
        PRESS(screen, "\033", "1");
        console_press(screen, view->keys);
    }
    console_end(screen);
}

/* Every key that a hint line names does something there and then. */
static void hints_are_true(void **state)
{
    (void)state;
    abreast(VIEWS, hints_of);
}

/* ---- hostile text ---- */

static void hostile_text_on_every_screen(void **state)
{
    (void)state;
    size_t len;
    struct screen *screen = start("--hostile", "--attached");
    PRESS(screen, "3", "\r", "G", "\r", "\033", "4", "M", "\r", "\r", "\t", "[", "[");
    PRESS(screen, "\033", "\t", "m", "\033", "5", "g", "6", "j", "7", "j", "h", "\r");
    console_expect(screen, "Handover");
    const char *bytes = screen_bytes(screen, &len);
    console_expect_clean(screen);
    assert_non_null(memmem(bytes, len, "evil", 4));
    console_end(screen);
}

int main(void)
{
    if (!screen_available())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_customers_order_opens),
        cmocka_unit_test(a_plans_row_opens),
        cmocka_unit_test(a_log_lines_order_opens),
        cmocka_unit_test(a_log_line_is_copied_as_json),
        cmocka_unit_test(the_level_is_one_thing),
        cmocka_unit_test(the_line_stays_selected),
        cmocka_unit_test(a_merge_says_what_merges),
        cmocka_unit_test(nobody_merges_blindly),
        cmocka_unit_test(wrong_filters_can_be_mended),
        cmocka_unit_test(read_only_promises_nothing),
        cmocka_unit_test(hints_are_true),
        cmocka_unit_test(hostile_text_on_every_screen),
    };
    return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
