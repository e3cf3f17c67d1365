/* JSON written straight into a buffer, with exact digits: commas come by themselves. A value with
 * key NULL is an element of an array. Any thread. */
#ifndef ORDERSYNC_SIM_SCRIBE_H
#define ORDERSYNC_SIM_SCRIBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

/* `bracket` is '{' or '['. A list object has its brackets closed in the order they were opened. */
void scribe_open(struct buffer *out, const char *key, char bracket);
void scribe_close(struct buffer *out, char bracket);                     /* '}' or ']' */
void scribe_text(struct buffer *out, const char *key, const char *text); /* NULL: null */
void scribe_format(struct buffer *out, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void scribe_int(struct buffer *out, const char *key, int64_t number);
void scribe_bool(struct buffer *out, const char *key, bool value);
/* JSON as it is: "null", "[]", a fragment written before. */
void scribe_raw(struct buffer *out, const char *key, struct str json);
/* null for each name of a blank-separated list. */
void scribe_nulls(struct buffer *out, const char *keys);

#endif
