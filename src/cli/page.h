/* Pages for people: aligned columns, fields, paragraphs, and short words for numbers and times. All
 * text from outside goes through base/text.h here, so no caller has to think of it. Main thread
 * only. */
#ifndef ORDERSYNC_CLI_PAGE_H
#define ORDERSYNC_CLI_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* ---- columns: rows are collected, then printed with every column as wide as it needs ---- */

struct grid;
/* `titles` ends with NULL. A title that begins with '>' is aligned right. */
struct grid *grid_new(const char *const *titles);
/* As many texts as there are titles. */
void grid_row(struct grid *grid, ...);
/* Prints on stdout; the last column is cut at the terminal's width, if stdout is one. */
void grid_print(struct grid *take_grid);
void grid_free(struct grid *grid); /* without printing; NULL is fine */

/* "name:   text" lines of a page of details; an empty or NULL text prints nothing. */
void page_field(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line on stdout. */
void page_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void page_column(const char *name, const char *text); /* a database column of a row */
void page_gap(void);                                  /* an empty line */
/* "name = value", as a configuration file has it. */
void page_setting(const char *name, const char *value);
/* A paragraph, wrapped at 78 columns and indented. */
void page_paragraph(const char *text, unsigned indent);
/* One line on stderr, unless quiet. */
void page_note(bool quiet, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- words: small static-size forms of numbers; every function fills and returns `text` ---- */

struct words {
    char text[48];
};
struct words words_age(int64_t since_us, int64_t now_us);  /* "45m", "3d"; "-" for TIME_NONE */
struct words words_until(int64_t when_us, int64_t now_us); /* "41s", "now", "-" */
struct words words_seconds(double seconds);                /* "4.1 s", "12m 05s", "3h 20m" */
struct words words_count(uint64_t number);                 /* "1,234,567" */
struct words words_bytes(uint64_t bytes);                  /* "3.4 MiB" */
struct words words_time(int64_t wall_us);                  /* "2026-11-23 03:56:07Z" */

#endif
