/* UTF-8 text from outside: validation, repair, safe display, JSON escaping. libutf8proc does the
 * Unicode. */
#ifndef ORDERSYNC_BASE_TEXT_H
#define ORDERSYNC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/str.h"

bool text_is_valid_utf8(struct str text);
/* Valid UTF-8, U+0000 kept: bad sequences and surrogates become U+FFFD (values of a document's
 * tree, where the loss record takes care of U+0000). Otherwise as text_repair(). */
struct str text_make_utf8(struct str text, struct arena *arena, bool *ret_changed);
/* Valid UTF-8 without U+0000: bad sequences, surrogates and NUL become U+FFFD. Returns `text`
 * itself and *ret_changed = false when nothing had to be replaced. */
struct str text_repair(struct str text, struct arena *arena, bool *ret_changed);
/* For one line on a terminal or in a log: control characters, bidi controls, zero-width and
 * unassigned characters become visible replacements ('?' or U+FFFD); bad UTF-8 becomes U+FFFD. */
struct str text_display(struct str text, struct arena *arena);
/* Columns that `text` (already passed through text_display) takes; clamped by wcwidth(3). */
size_t text_width(struct str text);
/* The longest prefix that fits in `columns`, never cutting a grapheme. */
struct str text_truncate(struct str text, size_t columns);
/* Printable ASCII without quote and backslash: stands between the quotes of JSON as it is. */
bool text_is_plain(struct str text);
/* Appends "..." with JSON escapes. Text must be valid UTF-8. */
void text_append_json(struct buffer *buffer, struct str text);
/* `words` stand in `text`, ASCII letters of either case; no words stand in every text. */
bool text_holds(struct str text, struct str words);
/* ASCII lower case, trimmed of white space. */
struct str text_lower_trim(struct str text, struct arena *arena);

#endif
