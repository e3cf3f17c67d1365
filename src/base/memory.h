/* Memory: allocation that does not fail, arenas, and growing buffers with a maximum.
 *
 * Policy: sizes that come from outside are bounded where they enter (message, document, page,
 * queue maxima), so running out of memory is not an input error. The allocators here abort the
 * process with one line on stderr; every state ordersync keeps survives that (kill -9 safe). */
#ifndef ORDERSYNC_BASE_MEMORY_H
#define ORDERSYNC_BASE_MEMORY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"

/* malloc(3) family that never returns NULL (aborts instead). The caller frees with free(). */
void *memory_alloc(size_t size);              /* uninitialised */
void *memory_zero(size_t count, size_t size); /* zeroed; checks the multiplication */
void *memory_resize(void *old, size_t size);
char *memory_string(const char *text);    /* strdup; NULL gives NULL */
char *memory_string_str(struct str text); /* NUL-terminated copy; NULL gives NULL */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Wipes the text before it is freed; NULL is fine. */
void secret_free(char *take_secret);

static inline void memory_free_pointer(void *pointer)
{
    free(*(void **)pointer);
}
/* char *p AUTO_FREE = ...;  frees p when it leaves scope. */
#define AUTO_FREE __attribute__((cleanup(memory_free_pointer)))

/* An arena gives memory that is freed all at once. Not thread-safe; one owner at a time. */
struct arena_block;
struct arena {
    struct arena_block *first;
    struct arena_block *current;
    size_t block_size; /* 0: 64 KiB */
    size_t used;       /* bytes handed out since the last reset */
};
void *arena_alloc(struct arena *arena, size_t size); /* 16-byte aligned, uninitialised */
void *arena_zero(struct arena *arena, size_t size);
struct str arena_copy(struct arena *arena,
                      struct str text); /* NUL-terminated after len; NULL stays NULL */
struct str arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *arena); /* keeps the blocks for reuse, up to 4 MiB of them */
void arena_free(struct arena *arena);

/* A byte buffer that grows up to `max`. Past it the append is dropped and `overflow` sticks:
 * check buffer_ok() once at the end. Zero-initialise, then set max. data is NUL-terminated
 * after len when not NULL. */
struct buffer {
    char *data;
    size_t len;
    size_t cap;
    size_t max; /* 0 is a bug: buffer_append asserts */
    bool overflow;
};
void buffer_append(struct buffer *buffer, const void *bytes, size_t len);
void buffer_append_str(struct buffer *buffer, struct str text);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *buffer_reserve(struct buffer *buffer,
                     size_t extra);                       /* NULL past max; then set len yourself */
void buffer_consume(struct buffer *buffer, size_t count); /* drops bytes from the front */
void buffer_clear(struct buffer *buffer);                 /* keeps the memory */
void buffer_free(struct buffer *buffer);
static inline bool buffer_ok(const struct buffer *buffer)
{
    return !buffer->overflow;
}
static inline struct str buffer_str(const struct buffer *buffer)
{
    return (struct str){buffer->data == NULL ? "" : buffer->data, buffer->len};
}

#endif
