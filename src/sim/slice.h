/* Pieces of a JSON text, byte for byte: what is loaded is served with its own digits. The text must
 * be sound (json_parse() took it); keys are compared as they are written. Any thread. */
#ifndef ORDERSYNC_SIM_SLICE_H
#define ORDERSYNC_SIM_SLICE_H

#include <stdbool.h>

#include "base/str.h"

/* The value of a member; STR_NULL when `object` is none, or lacks it. */
struct str slice_member(struct str object, const char *key);
/* The next element of an array: *at is 0 at first. False at the end, and when it is no array. */
bool slice_next(struct str array, size_t *at, struct str *ret_element);
/* What stands between the quotes, or a number's digits; STR_NULL for anything else. */
struct str slice_word(struct str value);
/* Without white space around it. */
struct str slice_trim(struct str text);

#endif
