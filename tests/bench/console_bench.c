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

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

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
    double before = now_ms();
    screen_type(screen, key);
    await(screen, text);
    return now_ms() - before - (key[0] == '\033' ? 25 : 0);
}

/* Milliseconds from the keys until the last byte of what they led to, where nothing else moves. */
static double answered_ms(struct screen *screen, const char *keys)
{
    double before = now_ms(), last = before;
    size_t seen = 0, len = 0;
    screen_forget_bytes(screen);
    screen_type(screen, keys);
    while (now_ms() - last < 400) {
        screen_pump(screen, 2);
        (void)screen_bytes(screen, &len);
        if (len == seen)
            continue;
        seen = len;
        last = now_ms();
    }
    return last - before;
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
    double before = now_ms();
    struct screen *screen = screen_start(argv, 24, 80, NULL);
    await(screen, "recent actions");
    double start = now_ms() - before;
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
        const char *text;
    } steps[] = {{"open", "2", "#"},
                 {"page", "\033[6~", "#"},
                 {"flat list", "g", "#"},
                 {"sort", "o", "#"},
                 {"end", "G", "#"},
                 {"group", "g", " orders"},
                 {"filter", "/state:dead\r", "state:dead"},
                 {"one order", "/\025label:#777\r", "#777"},
                 {"a text that one holds", "/\025id-00000123\r", "#123"},
                 {"a text that many hold", "/\025decimal\r", "#"},
                 {"an age", "/\025age:<1h\r", "#"}};
    const char *argv[] = {program, "console", "--attach", NULL};
    struct screen *screen = screen_start(argv, 24, 80, NULL);
    double worst = 0;
    await(screen, "unresolved");
    screen_settle(screen);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        double took = answered_ms(screen, steps[i].keys);
        if (!screen_shows(screen, steps[i].text))
            give_up(screen, steps[i].name);
        worst = took > worst ? took : worst;
        printf("# %s: %.1f ms\n", steps[i].name, took);
    }
    printf("bench.console.million_first_rows_ms %.1f\n", worst);
    end(screen);
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
