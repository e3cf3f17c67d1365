/* Progress on stderr: a bar, or plain lines. */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/page.h"
#include "cli/subcommand.h"

#define BAR_EVERY_US 200000
#define LINE_EVERY_US 5000000
#define BAR_CELLS 24
#define LOG_BATCH 16

void progress_start(struct progress *progress, const struct settings *settings, bool quiet)
{
    const char *term = getenv("TERM");
    bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    *progress = (struct progress){.quiet = quiet};
    progress->bar = !quiet && !dumb && isatty(STDERR_FILENO);
    if (progress->bar)
        cli_open_log(settings, true);
}

static void bar_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

void progress_say(struct progress *progress, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    bar_clear(progress);
    page_note(progress->quiet, "%s", text);
}

/* What went wrong meanwhile must not wait for the end; routine lines stay in the ring. */
static void print_log(struct progress *progress)
{
    struct log_entry entries[LOG_BATCH];
    size_t count = log_ring_read(progress->log_read, entries, LOG_BATCH);
    for (size_t i = 0; i < count; i++) {
        progress->log_read = entries[i].sequence;
        if (entries[i].level <= LOG_LEVEL_WARNING)
            progress_say(progress, "%s%s%s%s%s", entries[i].code, entries[i].code[0] ? " " : "",
                         entries[i].order, entries[i].order[0] ? ": " : "", entries[i].message);
    }
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

static void draw(struct progress *progress, const char *text)
{
    struct arena arena = {.block_size = 1024};
    struct str shown = text_display(str_from(text), &arena);
    shown = text_truncate(shown, terminal_width() - 1);
    fprintf(stderr, "\r%.*s\033[K", STR_ARG(shown));
    fflush(stderr);
    arena_free(&arena);
    progress->drawn = true;
}

static struct words words_eta(const struct source_status *source)
{
    if (source->total <= source->seen || source->rate < 0.5)
        return (struct words){"-"};
    return words_seconds((double)(source->total - source->seen) / source->rate);
}

static void bar_cells(char cells[BAR_CELLS + 1], uint64_t done, uint64_t total)
{
    double part = total == 0 ? 0 : (double)done / (double)total;
    size_t full = part >= 1 ? BAR_CELLS : (size_t)(part * BAR_CELLS);
    memset(cells, '.', BAR_CELLS);
    memset(cells, '#', full);
    cells[BAR_CELLS] = '\0';
}

/* How much there is to look back over nobody tells: its windows are counted. */
static void draw_sync(struct progress *progress, const struct source_status *source)
{
    char cells[BAR_CELLS + 1];
    char text[400];
    bar_cells(cells, source->ranges_done, source->ranges);
    snprintf(text, sizeof(text), "[%s] %s  %s read  %s/s  failed %" PRIu64 "%s%s", cells,
             source_kind_name(source->source), words_count(source->seen).text,
             words_count((uint64_t)source->rate).text, source->failed,
             source->message[0] == '\0' ? "" : "  ", source->message);
    draw(progress, text);
}

static void print_sync(const struct source_status *source)
{
    page_note(false,
              "%s: %" PRIu64 " read, %" PRIu64 " created, %" PRIu64 " updated, %" PRIu64
              " unchanged, %" PRIu64 " failed, %.0f/s, %u of %u windows%s%s",
              source_kind_name(source->source), source->seen, source->created, source->updated,
              source->unchanged, source->failed, source->rate, source->ranges_done, source->ranges,
              source->message[0] == '\0' ? "" : "; ", source->message);
}

static void draw_status(struct progress *progress, const struct source_status *source)
{
    char cells[BAR_CELLS + 1];
    char text[400];
    bar_cells(cells, source->seen, source->total);
    double percent = source->total == 0 ? 0 : 100.0 * (double)source->seen / (double)source->total;
    snprintf(text, sizeof(text), "[%s] %3.0f%%  %s of %s  %s/s  ETA %s  failed %" PRIu64, cells,
             percent > 100 ? 100 : percent, words_count(source->seen).text,
             words_count(source->total).text, words_count((uint64_t)source->rate).text,
             words_eta(source).text, source->failed);
    draw(progress, text);
}

static void print_status(const struct source_status *source)
{
    page_note(false,
              "%s: %" PRIu64 " of %" PRIu64 " seen, %" PRIu64 " created, %" PRIu64
              " updated, %" PRIu64 " unchanged, %" PRIu64 " failed, %.0f/s, ETA %s",
              source_kind_name(source->source), source->seen, source->total, source->created,
              source->updated, source->unchanged, source->failed, source->rate,
              words_eta(source).text);
}

/* What is being looked back over, NULL when nothing is. */
static const struct source_status *sync_source(const struct engine_status *status)
{
    for (int i = 0; strcmp(status->run_kind, "sync") == 0 && i < SOURCE_COUNT; i++) {
        const struct source_status *source = &status->sources[i];
        if (i != SOURCE_FIRESTORE && source->ranges > 0)
            return source;
    }
    return NULL;
}

/* Why it waits (a source or target that is down), once for each reason. A countdown is for the bar
 * and the lines. */
static void say_message(struct progress *progress, const struct engine_status *status)
{
    const struct source_status *source = &status->sources[SOURCE_FIRESTORE];
    const char *message = status->message[0] != '\0' ? status->message : source->message;
    const struct source_status *sync = sync_source(status);
    if (sync != NULL && sync->state == SOURCE_WAITING && strncmp(message, "target", 6) != 0)
        return;
    if (strcmp(message, progress->last_message) == 0)
        return;
    snprintf(progress->last_message, sizeof(progress->last_message), "%s", message);
    if (message[0] != '\0')
        progress_say(progress, "%s: %s", engine_state_name(status->state), message);
}

void progress_update(struct progress *progress, const struct engine_status *status)
{
    int64_t now = clock_monotonic_us();
    if (progress->quiet || now < progress->next_us)
        return;
    bool first = progress->next_us == 0;
    progress->next_us = now + (progress->bar ? BAR_EVERY_US : LINE_EVERY_US);
    if (progress->bar)
        print_log(progress);
    say_message(progress, status);
    const struct source_status *source = &status->sources[SOURCE_FIRESTORE];
    const struct source_status *sync = sync_source(status);
    if (sync != NULL && progress->bar)
        draw_sync(progress, sync);
    else if (progress->bar)
        draw_status(progress, source);
    else if (!first && sync != NULL)
        print_sync(sync);
    else if (!first)
        print_status(source);
}

/* Now and then; `verb` says what `second` counts. */
static void progress_two(struct progress *progress, const char *what, uint64_t first,
                         const char *done, uint64_t second, const char *verb)
{
    int64_t now = clock_monotonic_us();
    char text[200];
    if (progress->quiet || now < progress->next_us)
        return;
    progress->next_us = now + (progress->bar ? BAR_EVERY_US : LINE_EVERY_US);
    snprintf(text, sizeof(text), "%s: %s %s, %s %s", what, words_count(first).text, done,
             words_count(second).text, verb);
    if (progress->bar)
        draw(progress, text);
    else
        page_note(false, "%s", text);
}

void progress_counts(struct progress *progress, const char *what, uint64_t done, uint64_t failed)
{
    progress_two(progress, what, done, "done", failed, "failed");
}

void progress_compared(struct progress *progress, uint64_t done, uint64_t differences)
{
    progress_two(progress, "verify", done, "compared", differences, "different");
}

void progress_end(struct progress *progress)
{
    if (progress->bar)
        print_log(progress);
    bar_clear(progress);
}
