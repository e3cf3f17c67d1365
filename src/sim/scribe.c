/* Whether a comma is due shows in the last byte written. */
#include "sim/scribe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void string_put(struct buffer *out, struct str text)
{
    buffer_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            buffer_append_char(out, '\\');
        if (c < 0x20)
            buffer_append_format(out, "\\u%04x", c);
        else
            buffer_append_char(out, (char)c);
    }
    buffer_append_char(out, '"');
}

static void key_put(struct buffer *out, const char *key)
{
    if (out->len > 0 && strchr("{[:,", out->data[out->len - 1]) == NULL)
        buffer_append_char(out, ',');
    if (key == NULL)
        return;
    string_put(out, str_from(key));
    buffer_append_char(out, ':');
}

void scribe_open(struct buffer *out, const char *key, char bracket)
{
    key_put(out, key);
    buffer_append_char(out, bracket);
}

void scribe_close(struct buffer *out, char bracket)
{
    buffer_append_char(out, bracket);
}

void scribe_text(struct buffer *out, const char *key, const char *text)
{
    if (text == NULL) {
        scribe_raw(out, key, STR("null"));
        return;
    }
    key_put(out, key);
    string_put(out, str_from(text));
}

void scribe_format(struct buffer *out, const char *key, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    scribe_text(out, key, text);
}

void scribe_int(struct buffer *out, const char *key, int64_t number)
{
    key_put(out, key);
    buffer_append_format(out, "%" PRId64, number);
}

void scribe_bool(struct buffer *out, const char *key, bool value)
{
    scribe_raw(out, key, value ? STR("true") : STR("false"));
}

void scribe_raw(struct buffer *out, const char *key, struct str json)
{
    key_put(out, key);
    buffer_append_str(out, json);
}

void scribe_nulls(struct buffer *out, const char *keys)
{
    char name[64];
    while (*keys != '\0') {
        size_t len = strcspn(keys, " ");
        snprintf(name, sizeof(name), "%.*s", (int)len, keys);
        scribe_raw(out, name, STR("null"));
        keys += len + strspn(keys + len, " ");
    }
}
