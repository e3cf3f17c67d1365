/* The rules of the transform among themselves; only transform_rule.c, _number.c and _text.c include
 * this. Each takes the value of `slot`'s key in `frame` and gives its cell, NULL with drift where
 * the value is unusable. Those that can fail the document return false with *err set. */
#ifndef ORDERSYNC_MODEL_TRANSFORM_RULE_H
#define ORDERSYNC_MODEL_TRANSFORM_RULE_H

#include "model/transform_internal.h"

/* The path of `key` (data NULL: of the frame itself), with array indexes or with []. */
void rule_path(const struct frame *frame, struct str key, bool indexes,
               char path[TRANSFORM_PATH_MAX]);

bool rule_is_absent(const struct value *value); /* null or "" */
/* Exact decimal text of a number, or of text that is one. */
bool rule_decimal(struct transform *t, const struct value *value, struct str *ret_text);

struct str rule_integer(struct transform *t, const struct frame *frame,
                        const struct mapping_slot *slot, const struct value *value);
MUST_CHECK bool rule_money(struct transform *t, const struct frame *frame,
                           const struct mapping_slot *slot, const struct value *value,
                           struct str *ret_cell, struct error *err);
void rule_money_set(struct transform *t, const struct frame *frame, const struct mapping_slot *slot,
                    const struct value *value);
MUST_CHECK bool rule_timestamp(struct transform *t, const struct frame *frame,
                               const struct mapping_slot *slot, const struct value *value,
                               struct str *ret_cell, struct error *err);

/* RULE_MINOR; RULE_PERCENT, RULE_CURRENCY and RULE_MOMENT, which never fail the document. */
MUST_CHECK bool rule_minor(struct transform *t, const struct frame *frame,
                           const struct mapping_slot *slot, const struct value *value,
                           struct str *ret_cell, struct error *err);
struct str rule_percent(struct transform *t, const struct frame *frame,
                        const struct mapping_slot *slot, const struct value *value);
struct str rule_moment(struct transform *t, const struct frame *frame,
                       const struct mapping_slot *slot, const struct value *value);

struct str rule_currency(struct transform *t, const struct frame *frame,
                         const struct mapping_slot *slot, const struct value *value);
/* The text of RULE_OBJECT_ID and RULE_LABEL. */
struct str rule_object_id(struct transform *t, const struct frame *frame,
                          const struct mapping_slot *slot, const struct value *value);
struct str rule_label(struct transform *t, const struct frame *frame,
                      const struct mapping_slot *slot, const struct value *value);

struct str rule_text(struct transform *t, const struct frame *frame,
                     const struct mapping_slot *slot, const struct value *value);
struct str rule_boolean(struct transform *t, const struct frame *frame,
                        const struct mapping_slot *slot, const struct value *value);
struct str rule_text_array(struct transform *t, const struct frame *frame,
                           const struct mapping_slot *slot, const struct value *value);

#endif
