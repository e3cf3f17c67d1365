/* Columns, fields and paragraphs on stdout; words for numbers and times. */
#include "cli/page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#define GRID_COLUMNS 16
#define GRID_GAP 2
#define PAGE_WIDTH 78

struct grid {
    struct arena arena;
    size_t columns;
    bool right[GRID_COLUMNS];
    size_t widths[GRID_COLUMNS];
    struct str *cells; /* rows * columns; the titles are the first row */
    size_t rows, cap;
};

/* ---- columns ---- */

static struct str *grid_next(struct grid *grid)
{
    if (grid->rows == grid->cap) {
        grid->cap = grid->cap == 0 ? 64 : grid->cap * 2;
        grid->cells = memory_resize(grid->cells, grid->cap * grid->columns * sizeof(*grid->cells));
    }
    return grid->cells + grid->rows++ * grid->columns;
}

static void grid_set(struct grid *grid, struct str *row, size_t column, const char *text)
{
    struct str shown = text_display(str_from(text == NULL ? "" : text), &grid->arena);
    row[column] = arena_copy(&grid->arena, shown);
    size_t width = text_width(shown);
    if (width > grid->widths[column])
        grid->widths[column] = width;
}

struct grid *grid_new(const char *const *titles)
{
    struct grid *grid = memory_zero(1, sizeof(*grid));
    while (titles[grid->columns] != NULL && grid->columns < GRID_COLUMNS)
        grid->columns++;
    struct str *row = grid_next(grid);
    for (size_t i = 0; i < grid->columns; i++) {
        grid->right[i] = titles[i][0] == '>';
        grid_set(grid, row, i, titles[i] + grid->right[i]);
    }
    return grid;
}

void grid_row(struct grid *grid, ...)
{
    struct str *row = grid_next(grid);
    va_list texts;
    va_start(texts, grid);
    for (size_t i = 0; i < grid->columns; i++)
        grid_set(grid, row, i, va_arg(texts, const char *));
    va_end(texts);
}

/* The terminal's width; "no limit" when stdout is a file or a pipe, which nobody wants cut. */
static size_t page_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return SIZE_MAX;
    return size.ws_col;
}

static void grid_print_cell(const struct grid *grid, const struct str *row, size_t column,
                            size_t room)
{
    size_t width = text_width(row[column]);
    size_t pad = grid->widths[column] > width ? grid->widths[column] - width : 0;
    bool last = column + 1 == grid->columns;
    if (last) {
        printf("%.*s\n", STR_ARG(text_truncate(row[column], room)));
        return;
    }
    printf("%*s%.*s%*s%*s", grid->right[column] ? (int)pad : 0, "", STR_ARG(row[column]),
           grid->right[column] ? 0 : (int)pad, "", GRID_GAP, "");
}

void grid_free(struct grid *grid)
{
    if (grid == NULL)
        return;
    free(grid->cells);
    arena_free(&grid->arena);
    free(grid);
}

void grid_print(struct grid *take_grid)
{
    struct grid *grid = take_grid;
    size_t used = 0;
    for (size_t i = 0; i + 1 < grid->columns; i++)
        used += grid->widths[i] + GRID_GAP;
    size_t width = page_width();
    size_t room = width == SIZE_MAX ? SIZE_MAX : width > used + 8 ? width - used : 8;
    for (size_t i = 0; i < grid->rows; i++) {
        for (size_t j = 0; j < grid->columns; j++)
            grid_print_cell(grid, grid->cells + i * grid->columns, j, room);
    }
    grid_free(grid);
}

/* ---- fields and paragraphs ---- */

static void print_displayed(FILE *stream, const char *text)
{
    struct arena arena = {.block_size = 1024};
    fprintf(stream, "%.*s", STR_ARG(text_display(str_from(text), &arena)));
    arena_free(&arena);
}

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format,
                                                               va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        abort(); /* no memory */
    return text;
}

void page_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text AUTO_FREE = format_text(format, arguments);
    va_end(arguments);
    print_displayed(stdout, text);
    putchar('\n');
}

void page_column(const char *name, const char *text)
{
    printf("  %-26s ", name);
    print_displayed(stdout, text);
    putchar('\n');
}

void page_gap(void)
{
    putchar('\n');
}

void page_field(const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text AUTO_FREE = format_text(format, arguments);
    va_end(arguments);
    if (text[0] == '\0')
        return;
    printf("  %-16s ", name);
    print_displayed(stdout, text);
    putchar('\n');
}

void page_note(bool quiet, const char *format, ...)
{
    if (quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    char *text AUTO_FREE = format_text(format, arguments);
    va_end(arguments);
    print_displayed(stderr, text);
    fputc('\n', stderr);
}

void page_setting(const char *name, const char *value)
{
    printf("%s = ", name);
    print_displayed(stdout, value);
    putchar('\n');
}

void page_paragraph(const char *text, unsigned indent)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t blanks = strspn(text, " \t\n");
        size_t len = strcspn(text + blanks, " \t\n");
        if (column > indent && column + 1 + len > PAGE_WIDTH) {
            putchar('\n');
            column = 0;
        }
        int lead = column == 0 ? (int)indent : len > 0;
        printf("%*s%.*s", lead, "", (int)len, text + blanks);
        column += (size_t)lead + len;
        text += blanks + len;
    }
    putchar('\n');
}

/* ---- words ---- */

static struct words words_span(int64_t us)
{
    struct words words;
    int64_t s = us / 1000000;
    if (s < 60)
        snprintf(words.text, sizeof(words.text), "%" PRId64 "s", s);
    else if (s < 3600)
        snprintf(words.text, sizeof(words.text), "%" PRId64 "m", s / 60);
    else if (s < 2 * 86400)
        snprintf(words.text, sizeof(words.text), "%" PRId64 "h", s / 3600);
    else
        snprintf(words.text, sizeof(words.text), "%" PRId64 "d", s / 86400);
    return words;
}

struct words words_age(int64_t since_us, int64_t now_us)
{
    if (since_us == TIME_NONE)
        return (struct words){"-"};
    return words_span(now_us > since_us ? now_us - since_us : 0);
}

struct words words_until(int64_t when_us, int64_t now_us)
{
    if (when_us == TIME_NONE)
        return (struct words){"-"};
    if (when_us <= now_us)
        return (struct words){"now"};
    return words_span(when_us - now_us);
}

struct words words_seconds(double seconds)
{
    struct words words;
    uint64_t whole = seconds < 0 ? 0 : (uint64_t)seconds;
    if (seconds < 60)
        snprintf(words.text, sizeof(words.text), "%.1f s", seconds);
    else if (whole < 3600)
        snprintf(words.text, sizeof(words.text), "%" PRIu64 "m %02" PRIu64 "s", whole / 60,
                 whole % 60);
    else
        snprintf(words.text, sizeof(words.text), "%" PRIu64 "h %02" PRIu64 "m", whole / 3600,
                 whole / 60 % 60);
    return words;
}

struct words words_count(uint64_t number)
{
    char digits[24];
    struct words words;
    size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number);
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            words.text[out++] = ',';
        words.text[out++] = digits[i];
    }
    words.text[out] = '\0';
    return words;
}

struct words words_bytes(uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    struct words words;
    double size = (double)bytes;
    size_t unit = 0;
    while (size >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        size /= 1024;
        unit++;
    }
    snprintf(words.text, sizeof(words.text), unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
    return words;
}

struct words words_time(int64_t wall_us)
{
    struct words words = {"-"};
    struct tm broken;
    time_t seconds = (time_t)(wall_us / 1000000);
    if (wall_us != TIME_NONE && gmtime_r(&seconds, &broken) != NULL)
        strftime(words.text, sizeof(words.text), "%Y-%m-%d %H:%M:%SZ", &broken);
    return words;
}
