/* Builds the `fields` of one Document as wire bytes, and remembers where a template's variable
 * parts lie. */
#ifndef ORDERSYNC_SIM_ENCODER_H
#define ORDERSYNC_SIM_ENCODER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"
#include "model/value.h"

#define ENCODER_MAX_LEVELS 40 /* Firestore allows 20, VALUE_MAX_DEPTH is 32 */
#define ENCODER_MAX_DEPTH (3 * ENCODER_MAX_LEVELS + 4) /* a level takes three frames */
#define ENCODER_MAX_BYTES (4u << 20)

/* What stands at a patched place; every one has a width that does not depend on the document. */
enum patch_kind {
    PATCH_VARINT, /* `width` bytes: the number of `source` plus `add` */
    PATCH_DIGITS, /* `width` decimal digits of the same */
    PATCH_DOUBLE, /* 8 bytes: the same as a double */
    PATCH_MONEY,  /* `width` characters: (add + delta * source / 100) minor units, `scale` decimals
                   */
    PATCH_TIME,   /* 25 characters: "2023-01-31T10:00:00-05:00"; add seconds, scale = offset in
                     quarter hours */
    PATCH_HEX,    /* `width` hex digits of a hash with salt `add` */
};

struct patch {
    uint32_t offset;
    uint8_t kind;
    uint8_t width;
    int8_t scale;
    uint8_t source; /* which number of the document (generator.h), or MONEY: percent of the delta */
    int64_t add;
};

struct encoder {
    struct buffer out;
    struct patch *patches;
    size_t patch_count;
    size_t patch_cap;
    struct {
        size_t start;
        size_t first_patch;
    } frames[ENCODER_MAX_DEPTH];
    size_t depth;
    bool in_array[ENCODER_MAX_LEVELS]; /* whether the level's own value stands in an array */
    size_t levels;
};

void encoder_init(struct encoder *encoder);
void encoder_clear(struct encoder *encoder); /* keeps the memory */
void encoder_free(struct encoder *encoder);

/* Every value goes through one of these three openings; `key` NULL means an array element. */
void encoder_map_open(struct encoder *encoder, const char *key);
void encoder_array_open(struct encoder *encoder, const char *key);
void encoder_close(struct encoder *encoder); /* of the last map or array */

void encoder_null(struct encoder *encoder, const char *key);
void encoder_bool(struct encoder *encoder, const char *key, bool boolean);
void encoder_int(struct encoder *encoder, const char *key, int64_t integer);
void encoder_double(struct encoder *encoder, const char *key, double number);
void encoder_text(struct encoder *encoder, const char *key, struct str text);
void encoder_string(struct encoder *encoder, const char *key,
                    const char *text); /* NULL writes null */

/* A string value made in pieces, some of them patched. */
void encoder_string_open(struct encoder *encoder, const char *key);
void encoder_piece(struct encoder *encoder, const char *text);
void encoder_string_close(struct encoder *encoder);

/* A value (not a string) whose bytes are patched: VARINT makes an integerValue, DOUBLE a
 * doubleValue. */
void encoder_patched(struct encoder *encoder, const char *key, struct patch patch);
/* A timestampValue whose seconds are patched (5-byte varint: 1978 to 3058). */
void encoder_patched_time(struct encoder *encoder, const char *key, struct patch patch);
/* Inside a string: leaves patch.width characters to be written later. */
void encoder_piece_patched(struct encoder *encoder, struct patch patch);

/* A whole tree (JSON has no other kinds than these; timestamps, bytes, references and geo points go
 * too). */
void encoder_value(struct encoder *encoder, struct str key, bool in_array,
                   const struct value *value);
/* The entries of a map as the document's fields. */
void encoder_document(struct encoder *encoder, const struct value *map);

#endif
