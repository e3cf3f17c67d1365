/* The loss record, writing side. */
#include "model/loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* A document is 1 MiB at most at its source; an escaped byte takes five. */
#define LOSS_TEXT_MAX (64u << 20)

void loss_init(struct loss *loss)
{
    *loss = (struct loss){.arena = {.block_size = 4096}};
}

void loss_free(struct loss *loss)
{
    free(loss->entries);
    arena_free(&loss->arena);
    loss_init(loss);
}

/* ---- pieces of an entry ---- */

void loss_pointer_token(struct buffer *pointer, struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] == '~')
            buffer_append(pointer, "~0", 2);
        else if (key.data[i] == '/')
            buffer_append(pointer, "~1", 2);
        else
            buffer_append_char(pointer, key.data[i]);
    }
}

static void loss_pointer(struct buffer *pointer, const struct loss_path *path)
{
    if (path == NULL)
        return;
    loss_pointer(pointer, path->parent);
    buffer_append_char(pointer, '/');
    if (path->key.data == NULL)
        buffer_append_format(pointer, "%zu", path->index);
    else
        loss_pointer_token(pointer, path->key);
}

/* Any bytes as a JSON string. */
static void loss_escaped(struct buffer *json, struct str text)
{
    struct buffer plain = {.max = LOSS_TEXT_MAX};
    bool bad = !text_is_valid_utf8(text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '\\')
            buffer_append(&plain, "\\\\", 2);
        else if (c == 0 || (bad && c >= 0x80))
            buffer_append_format(&plain, "\\x%02x", c);
        else
            buffer_append_char(&plain, (char)c);
    }
    text_append_json(json, buffer_str(&plain));
    buffer_free(&plain);
}

static void loss_double(struct buffer *json, double number)
{
    struct arena arena = {.block_size = 1024};
    struct str text = isnan(number) ? STR("NaN") : number > 0 ? STR("Infinity") : STR("-Infinity");
    if (isfinite(number))
        text = value_double_text(number, &arena);
    text_append_json(json, text);
    arena_free(&arena);
}

static void loss_original(struct buffer *json, const struct value *original)
{
    switch (original->kind) {
    case VALUE_TIMESTAMP:
        buffer_append_format(json, ", %lld, %d", (long long)original->time.seconds,
                             (int)original->time.nanos);
        break;
    case VALUE_REFERENCE:
    case VALUE_STRING:
        buffer_append_text(json, ", ");
        loss_escaped(json, original->text);
        break;
    case VALUE_GEO:
        buffer_append_text(json, ", ");
        loss_double(json, original->geo.latitude);
        buffer_append_text(json, ", ");
        loss_double(json, original->geo.longitude);
        break;
    case VALUE_DOUBLE:
        buffer_append_text(json, ", ");
        if (value_literal(original).data != NULL)
            text_append_json(json, value_literal(original));
        else
            loss_double(json, original->real.number);
        break;
    default:
        break; /* bytes stand in the document; the others are never lost */
    }
}

static void loss_add(struct loss *loss, const struct loss_path *path, struct str json)
{
    struct buffer pointer = {.max = LOSS_TEXT_MAX};
    loss_pointer(&pointer, path);
    if (loss->count == loss->cap) {
        loss->cap = loss->cap == 0 ? 16 : loss->cap * 2;
        loss->entries = memory_resize(loss->entries, loss->cap * sizeof(loss->entries[0]));
    }
    loss->entries[loss->count++] = (struct loss_entry){
        arena_copy(&loss->arena, buffer_str(&pointer)), arena_copy(&loss->arena, json)};
    buffer_free(&pointer);
}

void loss_record(struct loss *loss, const struct loss_path *path, const struct value *original)
{
    struct buffer json = {.max = LOSS_TEXT_MAX};
    const char *type = value_kind_name(original->kind);
    if (original->kind == VALUE_DOUBLE && value_literal(original).data != NULL)
        type = "number";
    buffer_append_format(&json, "[\"%s\"", type);
    loss_original(&json, original);
    buffer_append_char(&json, ']');
    loss_add(loss, path, buffer_str(&json));
    buffer_free(&json);
}

/* ---- objects as jsonb orders them ---- */

static int loss_compare(const void *left, const void *right)
{
    const struct loss_entry *a = left, *b = right;
    if (a->pointer.len != b->pointer.len)
        return a->pointer.len < b->pointer.len ? -1 : 1;
    return str_compare(a->pointer, b->pointer);
}

static void loss_object(struct buffer *json, struct loss_entry *entries, size_t count)
{
    if (count > 1)
        qsort(entries, count, sizeof(*entries), loss_compare);
    buffer_append_char(json, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append(json, ", ", 2);
        text_append_json(json, entries[i].pointer);
        buffer_append(json, ": ", 2);
        buffer_append_str(json, entries[i].json);
    }
    buffer_append_char(json, '}');
}

void loss_record_keys(struct loss *loss, const struct loss_path *path,
                      const struct value_entry *written, const struct value_entry *original,
                      size_t count)
{
    struct buffer json = {.max = LOSS_TEXT_MAX};
    struct loss_entry *keys AUTO_FREE = memory_zero(count, sizeof(*keys));
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (str_equal(written[i].key, original[i].key))
            continue;
        buffer_clear(&json);
        loss_escaped(&json, original[i].key);
        keys[used].pointer = written[i].key;
        keys[used++].json = arena_copy(&loss->arena, buffer_str(&json));
    }
    buffer_clear(&json);
    buffer_append_text(&json, "[\"keys\", ");
    loss_object(&json, keys, used);
    buffer_append_char(&json, ']');
    loss_add(loss, path, buffer_str(&json));
    buffer_free(&json);
}

struct str loss_finish(struct loss *loss, struct arena *arena)
{
    struct buffer json = {.max = LOSS_TEXT_MAX};
    if (loss->count == 0)
        return STR_NULL;
    loss_object(&json, loss->entries, loss->count);
    struct str text = arena_copy(arena, buffer_str(&json));
    buffer_free(&json);
    return text;
}
