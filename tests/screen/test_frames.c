/* Golden frames: each screen at 80x24 and 120x40 against tests/screen/NAME.frame, text a person can
 * read. With ORDERSYNC_WRITE_FRAMES set they are written anew instead. An argument picks the frames
 * whose names begin with it. */
#include <stdio.h>
#include <string.h>

#include "lib/abreast.h"
#include "lib/check.h"
#include "lib/console.h"

struct frame {
    const char *name;
    const char *keys[8]; /* NULL-terminated */
    const char *options[CONSOLE_OPTIONS_MAX];
};
static const struct frame frames[] = {
    {"overview", {NULL}, {NULL}},
    {"overview-empty", {NULL}, {"--empty"}},
    {"overview-budget", {NULL}, {"--read-budget=500000", "--sales"}},
    {"overview-ascii", {NULL}, {"--ascii", "--environment=prod"}},
    {"failed", {"2"}, {NULL}},
    {"failed-row", {"2", "j", "j", " ", " "}, {NULL}},
    {"failed-filter", {"2", "/", "code:OS-2104\r"}, {NULL}},
    {"failed-dialog", {"2", "j", "A", "s"}, {NULL}},
    {"failed-complete", {"2", "/", "sta\t", "te:re\t"}, {NULL}},
    {"failed-wrong", {"2", "/", "state:dead code:x1\r"}, {NULL}},
    {"failed-negated", {"2", "/", "-decimal\r"}, {NULL}},
    {"failed-groups", {"2", " ", "-", "j", " "}, {NULL}},
    {"failed-retry", {"2", "A", "r"}, {"--environment=prod"}},
    {"failed-running", {"2"}, {"--bulk"}},
    {"failed-cancel", {"2", "X"}, {"--bulk"}},
    {"failed-held", {"2", "/", "state:held\r", "<", "lj"}, {"--held"}},
    {"failed-release", {"2", "/", "state:held\r", "<", "R"}, {"--held", "--environment=prod"}},
    {"failed-export", {"2", "e"}, {NULL}},
    {"inspector-attempts", {"2", "j", "\r"}, {NULL}},
    {"inspector-document", {"2", "j", "\r", "[", "[", "+"}, {NULL}},
    {"inspector-rows", {"2", "j", "\r", "["}, {NULL}},
    {"inspector-timeline", {"2", "j", "\r", "\t"}, {NULL}},
    {"inspector-down", {"2", "j", "\r", "["}, {"--down"}},
    {"inspector-plan", {"2", "j", "\r", "d"}, {NULL}},
    {"inspector-diff", {"2", "j", "\r", "d", "jjjj"}, {"--inspected"}},
    {"inspector-search", {"2", "j", "\r", "[", "[", "/", "TEA\r"}, {NULL}},
    {"inspector-apply", {"2", "j", "\r", "d", "a"}, {"--inspected", "--environment=prod"}},
    {"alerts", {"6"}, {NULL}},
    {"alerts-silence", {"6", "j", "z"}, {"--environment=prod"}},
    {"audit", {"7", "j"}, {NULL}},
    {"audit-handover", {"7", "h", "\r"}, {NULL}},
    {"customers", {"4"}, {NULL}},
    {"customers-orders", {"4", "\r"}, {NULL}},
    {"customers-matches", {"4", "\t"}, {NULL}},
    {"customers-merge", {"4", "\t", "m"}, {NULL}},
    {"alerts-empty", {"6"}, {"--empty"}},
    {"plan-empty", {"3"}, {"--empty"}},
    {"plan-list", {"3"}, {NULL}},
    {"plan-rows", {"3", "\r", "jjjjjjjj", "   "}, {NULL}},
    {"plan-conflict", {"3", "\r", "v", "v"}, {NULL}},
    {"plan-export", {"3", "\r", "/", "action:update\r", "e"}, {NULL}},
    {"plan-reading", {"3", "\r", "jjjjjjjjj", "\r", "jj"}, {NULL}},
    {"plan-stale", {"3", "j", "\r", "S", "a"}, {"--environment=prod"}},
    {"help", {"2", "?"}, {NULL}},
    {"help-key", {"2", "?", "jjjjjjjjjjj"}, {NULL}},
    {"log", {"5"}, {"--attached"}},
    {"log-filter", {"5", "/", "level:warning -source:printful\r"}, {"--attached"}},
    {"log-wrong", {"5", "/", "source:paypal\r"}, {"--attached"}},
    {"log-empty", {"5"}, {"--empty"}},
    {"failed-empty", {"2"}, {"--empty"}},
    {"audit-empty", {"7"}, {"--empty"}},
    {"audit-wrong", {"7", "/", "state:dead\r"}, {NULL}},
    {"customers-empty", {"4"}, {"--empty"}},
    {"customers-down", {"4"}, {"--down"}},
    {"inspector-order", {"4", "\r", "\r"}, {NULL}},
    {"inspector-notes", {"2", "j", "\r", "\t", "\t"}, {NULL}},
    {"plan-complete", {"3", "\r", "/", "\025action:create,up\t sta\tmo\t"}, {NULL}},
    {"plan-wrong", {"3", "\r", "/", "\025state:gone\r"}, {NULL}},
    {"plan-read-only", {"3"}, {"--empty", "--read-only"}},
};
static const struct {
    int rows, columns;
} sizes[] = {{24, 80}, {40, 120}};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);
    if (file != NULL) {
        size_t got = fread(text, 1, 65535, file);
        text[got] = '\0';
        fclose(file);
    }
    return text;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* On a busy machine a screen may settle before all that it asked for is there. */
static char *await_frame(struct screen *screen, const char *golden)
{
    bool writes = getenv("ORDERSYNC_WRITE_FRAMES") != NULL;
    char *text = screen_text(screen);
    for (int i = 0; i < 50 && (writes ? i < 4 : strcmp(text, golden) != 0); i++) {
        free(text);
        screen_pump(screen, 200);
        text = screen_text(screen);
    }
    return text;
}

static char *take_frame(const struct frame *frame, int rows, int columns, const char *golden)
{
    struct screen *screen = console_start(frame->options, rows, columns, NULL, "ordersync");
    console_press(screen, frame->keys);
    char *text = await_frame(screen, golden);
    screen_free(screen);
    return text;
}

static void compare(const struct frame *frame, int rows, int columns)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/tests/screen/%s.%dx%d.frame", getenv("srcdir"), frame->name,
             columns, rows);
    char *golden = read_file(path);
    char *text = take_frame(frame, rows, columns, golden);
    if (getenv("ORDERSYNC_WRITE_FRAMES") != NULL) {
        write_file(path, text);
        free(golden);
        golden = read_file(path);
    }
    if (strcmp(text, golden) != 0)
        fail_msg("%s differs.\n---- wanted\n%s\n---- is\n%s", path, golden, text);
    free(golden);
    free(text);
}

static const char *picked = "";

static void frame_matches(size_t index)
{
    const struct frame *frame = &frames[index / SIZES];
    if (strncmp(frame->name, picked, strlen(picked)) == 0)
        compare(frame, sizes[index % SIZES].rows, sizes[index % SIZES].columns);
}

static void frames_match(void **state)
{
    (void)state;
    abreast(sizeof(frames) / sizeof(frames[0]) * SIZES, frame_matches);
}

int main(int argc, char **argv)
{
    if (!screen_available())
        return 77;
    if (argc > 1)
        picked = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(frames_match)};
    return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
