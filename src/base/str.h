/* A counted, read-only piece of text that somebody else owns.
 *
 * data == NULL means "no value" (SQL NULL); data != NULL with len == 0 is the empty string.
 * The bytes need not be NUL-terminated and may contain NUL bytes. */
#ifndef ORDERSYNC_BASE_STR_H
#define ORDERSYNC_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *data;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NULL ((struct str){NULL, 0})
/* For printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, (s).data == NULL ? "" : (s).data

static inline struct str str_from(const char *text)
{
    return (struct str){text, text == NULL ? 0 : strlen(text)};
}

/* Fills a fixed array, cutting what does not fit; always NUL-terminated. */
static inline void str_fill(char *array, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    memcpy(array, text, len);
    array[len] = '\0';
}
#define STR_FILL(array, text) str_fill((array), sizeof(array), (text))

/* NULL equals NULL only. */
static inline bool str_equal(struct str a, struct str b)
{
    if (a.data == NULL || b.data == NULL)
        return a.data == b.data;
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Byte order; NULL sorts first. */
static inline int str_compare(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

/* The next of the words that blanks divide, and *text moved behind it; false when none is left. */
static inline bool str_next_word(const char **text, struct str *ret_word)
{
    *text += strspn(*text, " ");
    *ret_word = (struct str){*text, strcspn(*text, " ")};
    *text += ret_word->len;
    return ret_word->len > 0;
}

#endif
