/* Allocation that does not fail, arenas, bounded buffers. */
#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void *memory_checked(void *pointer)
{
    static const char message[] = "ordersync: out of memory\n";
    if (pointer != NULL)
        return pointer;
    ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);
    (void)ignored;
    abort();
}

void *memory_alloc(size_t size)
{
    return memory_checked(malloc(size == 0 ? 1 : size));
}

void *memory_zero(size_t count, size_t size)
{
    return memory_checked(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *memory_resize(void *old, size_t size)
{
    return memory_checked(realloc(old, size == 0 ? 1 : size));
}

char *memory_string(const char *text)
{
    return memory_string_str(str_from(text));
}

char *memory_string_str(struct str text)
{
    if (text.data == NULL)
        return NULL;
    char *copy = memory_alloc(text.len + 1);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

void secret_free(char *take_secret)
{
    if (take_secret != NULL)
        explicit_bzero(take_secret, strlen(take_secret));
    free(take_secret);
}

char *memory_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int len = vasprintf(&text, format, arguments);
    va_end(arguments);
    return memory_checked(len < 0 ? NULL : text);
}

/* ---- arena ---- */

#define ARENA_BLOCK_SIZE (64u << 10)
#define ARENA_KEEP (4u << 20)

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    _Alignas(16) char data[];
};

static struct arena_block *arena_block_new(size_t size)
{
    struct arena_block *block = memory_alloc(sizeof(*block) + size);
    *block = (struct arena_block){.next = NULL, .size = size, .used = 0};
    return block;
}

/* The next block with room: a kept one when it fits, else a new one put right behind the current.
 */
static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
    struct arena_block *current = arena->current;
    if (current != NULL && current->next != NULL && current->next->size >= size) {
        current->next->used = 0;
        return current->next;
    }
    size_t block_size = arena->block_size == 0 ? ARENA_BLOCK_SIZE : arena->block_size;
    struct arena_block *block = arena_block_new(size > block_size ? size : block_size);
    if (current == NULL) {
        block->next = arena->first;
        arena->first = block;
    } else {
        block->next = current->next;
        current->next = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    assert(size < SIZE_MAX - 16);
    size = (size + 15) & ~(size_t)15;
    struct arena_block *block = arena->current;
    if (block == NULL || block->size - block->used < size) {
        block = arena_grow(arena, size);
        arena->current = block;
    }
    void *memory = block->data + block->used;
    block->used += size;
    arena->used += size;
    return memory;
}

void *arena_zero(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

struct str arena_copy(struct arena *arena, struct str text)
{
    if (text.data == NULL)
        return STR_NULL;
    char *copy = arena_alloc(arena, text.len + 1);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return (struct str){copy, text.len};
}

struct str arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)len + 1, format, arguments);
    va_end(arguments);
    return (struct str){text, (size_t)len};
}

void arena_reset(struct arena *arena)
{
    size_t kept = 0;
    struct arena_block **link = &arena->first;
    while (*link != NULL) {
        struct arena_block *block = *link;
        if (block->size > ARENA_KEEP - kept) {
            *link = block->next;
            free(block);
        } else {
            kept += block->size;
            block->used = 0;
            link = &block->next;
        }
    }
    arena->current = arena->first;
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    while (arena->first != NULL) {
        struct arena_block *next = arena->first->next;
        free(arena->first);
        arena->first = next;
    }
    *arena = (struct arena){.block_size = arena->block_size};
}

/* ---- buffer ---- */

char *buffer_reserve(struct buffer *buffer, size_t extra)
{
    assert(buffer->max > 0);
    if (buffer->overflow || extra > buffer->max - buffer->len) {
        buffer->overflow = true;
        return NULL;
    }
    size_t need = buffer->len + extra + 1;
    if (need > buffer->cap) {
        size_t cap = buffer->cap == 0 ? 256 : buffer->cap * 2;
        buffer->cap = cap < need ? need : cap;
        buffer->data = memory_resize(buffer->data, buffer->cap);
    }
    return buffer->data + buffer->len;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
    char *end = buffer_reserve(buffer, len);
    if (end == NULL)
        return;
    if (len > 0)
        memcpy(end, bytes, len);
    buffer->len += len;
    buffer->data[buffer->len] = '\0';
}

void buffer_append_str(struct buffer *buffer, struct str text)
{
    buffer_append(buffer, text.data, text.len);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
    buffer_append(buffer, &c, 1);
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *end = len < 0 ? NULL : buffer_reserve(buffer, (size_t)len);
    if (end == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(end, (size_t)len + 1, format, arguments);
    va_end(arguments);
    buffer->len += (size_t)len;
}

void buffer_consume(struct buffer *buffer, size_t count)
{
    assert(count <= buffer->len);
    buffer->len -= count;
    if (buffer->data != NULL) {
        memmove(buffer->data, buffer->data + count, buffer->len);
        buffer->data[buffer->len] = '\0';
    }
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    buffer->overflow = false;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.max = buffer->max};
}
