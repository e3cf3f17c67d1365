/* JSON text <-> value tree with exact digits. Reading is libyajl (its numbers come as text);
 * integers that fit int64 become VALUE_INT, other numbers VALUE_DOUBLE with their literal. A double
 * is written with a point always ("1.0"), so that it reads back as one. Any thread. */
#ifndef ORDERSYNC_MODEL_JSON_H
#define ORDERSYNC_MODEL_JSON_H

#include "base/error.h"
#include "base/memory.h"
#include "model/value.h"

#define JSON_MAX_BYTES (32u << 20)

/* Errors: ERROR_JSON_SYNTAX (byte offset in the message), ERROR_JSON_DEPTH, ERROR_JSON_SIZE. Lone
 * surrogates and invalid UTF-8 become U+FFFD; the offset counts a lone surrogate as one byte.
 * *ret_value is in the arena. */
MUST_CHECK bool json_parse(struct str text, struct arena *arena, const struct value **ret_value,
                           struct error *err);
/* The same, and the path of the first text or key that has U+FFFD for such ("items[].name"; "": the
 * whole); data NULL: none has. */
MUST_CHECK bool json_parse_told(struct str text, struct arena *arena,
                                const struct value **ret_value, struct str *ret_repaired,
                                struct error *err);

/* The text of a tree exactly as PostgreSQL prints the jsonb it becomes (keys by length then bytes,
 * ", " and
 * ": "), so that text can be compared with what is read back. Substitutions for what jsonb cannot
 * hold (U+0000, NaN, infinities, and the types JSON lacks: timestamp, bytes, reference, geo) are
 * recorded in `loss` (model/loss.h) when it is not NULL. */
struct loss;
void json_append_jsonb(struct buffer *buffer, const struct value *value, struct loss *loss);
/* Compact one-line JSON, or indented by two when `pretty`. Same substitutions, no record. */
void json_append(struct buffer *buffer, const struct value *value, bool pretty);

#endif
