/* The Inspector's lines: what every tab is made of, what is folded of them, and search. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/inspector.h"

void inspector_add(struct inspector *inspector, enum role role, int indent, struct str text)
{
    struct inspector_lines *lines = &inspector->lines;
    if (lines->count == lines->cap) {
        lines->cap = lines->cap == 0 ? 256 : lines->cap * 2;
        lines->items = memory_resize(lines->items, lines->cap * sizeof(*lines->items));
    }
    lines->items[lines->count++] =
        (struct inspector_line){.role = role, .indent = indent, .text = text};
}

void inspector_addf(struct inspector *inspector, enum role role, int indent, const char *format,
                    ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_alloc(&inspector->arena, (size_t)len + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)len + 1, format, arguments);
    va_end(arguments);
    inspector_add(inspector, role, indent, (struct str){text, (size_t)len});
}

/* How many bytes of `text` a line of `columns` takes. */
static size_t line_length(struct str text, size_t columns)
{
    struct str fits = text_truncate(text, columns);
    size_t len = fits.len;
    if (len == text.len)
        return len;
    while (len > 0 && text.data[len] != ' ')
        len--;
    return len > 0 ? len : fits.len > 0 ? fits.len : text.len;
}

void inspector_wrap(struct inspector *inspector, enum role role, int indent, struct str text)
{
    int columns = inspector->width - 1 - indent * 2;
    struct str left = text_display(text, &inspector->arena);
    do {
        size_t len = line_length(left, columns > 8 ? (size_t)columns : 8);
        inspector_add(inspector, role, indent, (struct str){left.data, len});
        while (len < left.len && left.data[len] == ' ')
            len++;
        left = (struct str){left.data + len, left.len - len};
    } while (left.len > 0);
}

bool inspector_is_folded(const struct inspector *inspector, uint64_t node, int depth)
{
    bool folded = !inspector->unfold_all && depth >= 0;
    for (size_t i = 0; i < inspector->fold_count; i++)
        if (inspector->folds[i] == node)
            return !folded;
    return folded;
}

void inspector_toggle(struct inspector *inspector, uint64_t node)
{
    for (size_t i = 0; i < inspector->fold_count; i++)
        if (inspector->folds[i] == node) {
            inspector->folds[i] = inspector->folds[--inspector->fold_count];
            return;
        }
    if (inspector->fold_count < FOLDS_MAX)
        inspector->folds[inspector->fold_count++] = node;
}

struct str inspector_personal(const struct inspector *inspector, struct str text)
{
    return text.data == NULL || text.len == 0 || inspector->mask.data == NULL ? text
                                                                              : inspector->mask;
}

bool inspector_find_line(const struct inspector *inspector, struct str words, uint64_t after,
                         uint64_t *ret_line)
{
    size_t count = inspector->lines.count;
    for (size_t i = 1; i <= count; i++) {
        size_t at = (size_t)((after + i) % count);
        const struct inspector_line *line = &inspector->lines.items[at];
        if (!text_holds(line->whole.data == NULL ? line->text : line->whole, words))
            continue;
        *ret_line = at;
        return true;
    }
    return false;
}
