/* COPY text (PostgreSQL manual, COPY, Text Format). The scan for bytes to escape looks at eight at
 * a time: documents are most of what is sent, and nearly all of their bytes are plain. */
#include "target/copy.h"

#include <string.h>

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Non-zero when a byte of the word is below 0x10 or a backslash. May say yes for a word without one
 * (a byte behind a found one), never no for a word with one. */
static uint64_t may_escape(uint64_t word)
{
    uint64_t slash = word ^ (ONES * '\\');
    return (((word - ONES * 0x10) & ~word) | ((slash - ONES) & ~slash)) & HIGHS;
}

static char escape_letter(char c)
{
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

static char *escape_bytes(char *out, const char *in, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char letter = escape_letter(in[i]);
        if (letter != '\0')
            *out++ = '\\';
        *out++ = letter != '\0' ? letter : in[i];
    }
    return out;
}

/* `out` has room for 2 * cell.len + 2 bytes. */
static char *write_cell(char *out, struct str cell)
{
    if (cell.data == NULL) {
        *out++ = '\\';
        *out++ = 'N';
        return out;
    }
    size_t at = 0;
    for (; at + 8 <= cell.len; at += 8) {
        uint64_t word;
        memcpy(&word, cell.data + at, 8);
        memcpy(out, &word, 8);
        out = may_escape(word) == 0 ? out + 8 : escape_bytes(out, cell.data + at, 8);
    }
    return escape_bytes(out, cell.data + at, cell.len - at);
}

void copy_append_cells(struct buffer *buffer, const struct str *cells, size_t count)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += 2 * cells[i].len + 3;
    char *start = buffer_reserve(buffer, room);
    if (start == NULL)
        return;
    char *out = start;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *out++ = '\t';
        out = write_cell(out, cells[i]);
    }
    *out = '\0';
    buffer->len += (size_t)(out - start);
}

bool copy_start(struct copy *copy, const char *sql, struct error *err)
{
    copy->buffer.max = COPY_MAX;
    buffer_clear(&copy->buffer);
    copy->row_begun = false;
    return pg_copy_start(copy->pg, sql, err);
}

void copy_cells(struct copy *copy, const struct str *cells, size_t count)
{
    if (copy->row_begun)
        buffer_append_char(&copy->buffer, '\t');
    copy->row_begun = true;
    copy_append_cells(&copy->buffer, cells, count);
}

static bool copy_send(struct copy *copy, struct error *err)
{
    bool ok =
        copy->buffer.len == 0 || pg_copy_data(copy->pg, copy->buffer.data, copy->buffer.len, err);
    buffer_clear(&copy->buffer);
    return ok;
}

bool copy_end_row(struct copy *copy, struct error *err)
{
    buffer_append_char(&copy->buffer, '\n');
    copy->row_begun = false;
    if (!buffer_ok(&copy->buffer))
        return error_set(err, ERROR_TARGET_DATA, "a row is larger than %u MiB", COPY_MAX >> 20);
    return copy->buffer.len < COPY_CHUNK || copy_send(copy, err);
}

bool copy_finish(struct copy *copy, struct error *err)
{
    return copy_send(copy, err) && pg_copy_finish(copy->pg, err);
}

void copy_free(struct copy *copy)
{
    buffer_free(&copy->buffer);
}
