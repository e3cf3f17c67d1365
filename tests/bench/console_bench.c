/* Measures the console in a terminal, from outside: bytes a pseudo-terminal receives, time from a
 * key to its frame. Run by bench_console.sh.
 *
 *   console_bench mass COUNT        makes a journal of so many failures, prints its state directory
 *   console_bench live PROGRAM      a console that runs a backfill: start, first paint, keys, bytes
 *   console_bench million PROGRAM   a console on such a journal: open, filter, sort, page, group */
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/check.h"
#include "lib/mass.h"
#include "lib/screen.h"

#define ALWAYS_MS 60000
#define KEYS 200
#define BYTES_MS 8000
#define PEAK_MIB 64 /* of a console on a million failures; measured: 37 */

static void give_up(struct screen *screen, const char *what)
{
    fprintf(stderr, "%s:\n%s\n", what, screen_text(screen));
    screen_free(screen);
    exit(1);
}

static void await(struct screen *screen, const char *text)
{
    if (!screen_wait(screen, text, ALWAYS_MS))
        give_up(screen, text);
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Milliseconds from the key until the text stands on the screen; Esc waits 25 ms by itself. */
static double key_ms(struct screen *screen, const char *key, const char *text)
{
    double before = screen_clock_ms();
    screen_type(screen, key);
    await(screen, text);
    return screen_clock_ms() - before - (key[0] == '\033' ? 25 : 0);
}

/* ---- rows of the Failed screen ---- */

#define FIRST_LINE 4 /* of the list; title, tabs, filter and columns stand above it */
#define LIST_LINES 10

/* The list's lines from the first on; heap. */
static char *list_lines(struct screen *screen)
{
    char *text = screen_text(screen);
    const char *at = text;
    for (int i = 0; i < FIRST_LINE; i++)
        at = strchr(at, '\n') + 1;
    const char *end = at;
    for (int i = 0; i < LIST_LINES; i++)
        end = strchr(end, '\n') + 1;
    char *lines = strndup(at, (size_t)(end - at));
    free(text);
    return lines;
}

/* Another first line than before, an order's or a group's, and no row that is still to come. */
static bool rows_are_new(struct screen *screen, const char *before)
{
    char *lines = list_lines(screen);
    size_t first = strcspn(lines, "\n");
    bool other = strncmp(lines, before, first + 1) != 0;
    char *waits = strstr(lines, " ...\n");
    lines[first] = '\0';
    bool rows = strchr(lines, '#') != NULL || strstr(lines, " order") != NULL;
    free(lines);
    return other && rows && waits == NULL && screen_shows(screen, "filter: ");
}

/* Milliseconds from the keys until the rows that they lead to stand there. */
static double answered_ms(struct screen *screen, const char *keys)
{
    char *old = list_lines(screen);
    double before = screen_clock_ms(), took = 0;
    screen_type(screen, keys);
    do {
        screen_pump(screen, 1);
        took = screen_clock_ms() - before;
    } while (took < ALWAYS_MS && !rows_are_new(screen, old));
    free(old);
    if (took >= ALWAYS_MS)
        give_up(screen, keys);
    return took;
}

/* The most memory that the program ever had, in MiB. */
static double peak_mib(struct screen *screen)
{
    char path[64], line[128];
    unsigned long kib = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)screen_pid(screen));
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "VmHWM: %lu kB", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return (double)kib / 1024;
}

static void end(struct screen *screen)
{
    screen_type(screen, "q");
    screen_pump(screen, 300);
    if (screen_shows(screen, "[ Cancel ]")) /* a run is in progress: it asks */
        screen_type(screen, "\t\r");
    (void)screen_wait_end(screen, ALWAYS_MS);
    screen_free(screen);
}

static size_t bytes_in(struct screen *screen, int milliseconds)
{
    size_t len;
    screen_forget_bytes(screen);
    screen_pump(screen, milliseconds);
    (void)screen_bytes(screen, &len);
    return len;
}

static double keys_p99(struct screen *screen)
{
    static const struct {
        const char *key;
        const char *text;
    } steps[] = {{"2", "filter: unresolved"},
                 {"?", "Mark or unmark"},
                 {"\033", "filter: unresolved"},
                 {"5", "following"},
                 {"1", "recent actions"}};
    static double took[KEYS];
    for (size_t i = 0; i < KEYS; i++) {
        size_t step = i % (sizeof(steps) / sizeof(steps[0]));
        took[i] = key_ms(screen, steps[step].key, steps[step].text);
        screen_pump(screen, 20);
    }
    qsort(took, KEYS, sizeof(took[0]), by_size);
    return took[KEYS * 99 / 100];
}

/* The clock has minutes while nothing moves: a minute's change is no idle second. */
static void await_quiet_minute(struct screen *screen)
{
    time_t now = time(NULL);
    int left = 60 - (int)(now % 60);
    if (left < BYTES_MS / 1000 + 2)
        screen_pump(screen, (left + 2) * 1000);
}

/* An engine that has nothing to do. */
static int idle(const char *program)
{
    const char *argv[] = {program, "console", NULL};
    struct screen *screen = screen_start(argv, 24, 80, NULL);
    await(screen, "no run in progress");
    screen_pump(screen, 3000);
    await_quiet_minute(screen);
    printf("bench.console.idle_bytes_per_s %zu\n", bytes_in(screen, BYTES_MS) * 1000 / BYTES_MS);
    end(screen);
    return 0;
}

static int live(const char *program)
{
    const char *argv[] = {program, "console", "--backfill", NULL};
    size_t first;
    double before = screen_clock_ms();
    struct screen *screen = screen_start(argv, 24, 80, NULL);
    await(screen, "recent actions");
    double start = screen_clock_ms() - before;
    screen_settle(screen);
    (void)screen_bytes(screen, &first);
    await(screen, "backfill, ");
    screen_pump(screen, 3000);
    /* The first frame knows little yet: painted anew it has all that Overview ever shows. */
    screen_forget_bytes(screen);
    screen_type(screen, "\f");
    screen_settle(screen);
    size_t full;
    (void)screen_bytes(screen, &full);
    printf("bench.console.start_ms %.0f\nbench.console.first_paint_bytes %zu\n", start,
           full > first ? full : first);
    printf("bench.console.key_p99_ms %.1f\n", keys_p99(screen));
    screen_pump(screen, 500);
    size_t moved = bytes_in(screen, BYTES_MS);
    if (!screen_shows(screen, "backfill, "))
        give_up(screen, "the backfill ended while it was looked at: give it more orders");
    printf("bench.console.live_bytes_per_s %zu\n", moved * 1000 / BYTES_MS);
    end(screen);
    return idle(program);
}

static int million(const char *program)
{
    static const struct {
        const char *name;
        const char *keys;
    } steps[] = {{"open", "2"},
                 {"page", "\033[6~"},
                 {"flat list", "g"},
                 {"sort", "o"},
                 {"end", "G"},
                 {"group", "g"},
                 {"filter", "/state:dead\r"},
                 {"one order", "/\025label:#777\r"},
                 {"a text that one holds", "/\025id-00000123\r"},
                 {"a text that many hold", "/\025decimal\r"},
                 {"an age", "/\025age:<2h\r"}};
    const char *argv[] = {program, "console", "--attach", NULL};
    struct screen *screen = screen_start(argv, 24, 80, NULL);
    double worst = 0;
    await(screen, "unresolved");
    screen_settle(screen);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        double took = answered_ms(screen, steps[i].keys);
        worst = took > worst ? took : worst;
        printf("# %s: %.1f ms\n", steps[i].name, took);
        screen_settle(screen);
    }
    double peak = peak_mib(screen);
    printf("bench.console.million_first_rows_ms %.1f\n", worst);
    printf("bench.console.million_peak_mib %.1f\n", peak);
    end(screen);
    if (peak == 0 || peak > PEAK_MIB) {
        fprintf(stderr, "the console had %.1f MiB, which is more than %d\n", peak, PEAK_MIB);
        return 1;
    }
    return 0;
}

static int mass(size_t count)
{
    void *state = NULL;
    if (ledger_setup(&state) != 0)
        return 1;
    struct ledger *ledger = state;
    ledger_close(ledger);
    mass_make(ledger->state_dir, count, (int64_t)time(NULL) * 1000000);
    char kept[sizeof(ledger->state_dir)];
    memcpy(kept, ledger->state_dir, sizeof(kept));
    puts(kept);
    return 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3 && strcmp(argv[1], "mass") == 0)
        return mass(strtoul(argv[2], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "live") == 0)
        return live(argv[2]);
    if (argc == 3 && strcmp(argv[1], "million") == 0)
        return million(argv[2]);
    return 64;
}
