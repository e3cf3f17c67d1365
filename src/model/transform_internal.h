/* What the files of the transform share. Nobody else includes this. */
#ifndef ORDERSYNC_MODEL_TRANSFORM_INTERNAL_H
#define ORDERSYNC_MODEL_TRANSFORM_INTERNAL_H

#include "model/mapping.h"
#include "model/order.h"

#define TRANSFORM_MAX_DRIFT 64 /* distinct ones kept of a document */
#define TRANSFORM_MAX_ROWS                                                                         \
    10000                      /* of one table; Shopify allows 500 lines. More fail the document */
#define TRANSFORM_PATH_MAX 128 /* as error.field */

/* What stands in several places, by the API's generation: the newest that is filled is read. */
enum choice { CHOICE_SHIPPING, CHOICE_DISCOUNTS, CHOICE_CONVERSION, CHOICE_COUNT };

/* One document on its way. */
struct transform {
    struct arena *arena;
    struct change *change;
    struct str order_id;             /* text in the arena: the change itself may be moved */
    struct buffer scratch;           /* jsonb cells are written here, then copied to the arena */
    struct str presentment_currency; /* as the first money set says it */
    bool stub;                       /* {id} alone: nothing is expected of it */
    const struct value *chosen[CHOICE_COUNT]; /* NULL: in no place */
};

/* One map being read, and the way to it. */
struct frame {
    struct frame *up;
    struct str key; /* under which the parent holds it */
    size_t index;   /* place in the parent's array; SIZE_MAX when it is no array */
    const struct mapping_plan *plan;
    const struct value *map;
    struct str *cells;         /* of the row it fills, NULL when none */
    struct str row_key;        /* by which its children name it */
    struct str id;             /* its id as decimal text, NULL when it has none */
    size_t parts;              /* rows made below it (returns number theirs through) */
    struct value_entry *extra; /* keys without a column */
    size_t extra_count;
    bool part; /* RULE_SCOPE: the row, and its extra, are of the map around it */
};

/* A session's amounts are the buyer's, and currency_conversion has the shop's. */
static inline bool transform_is_converted(const struct transform *t)
{
    return t->chosen[CHOICE_CONVERSION] != NULL;
}

/* transform_rule.c: one value into its cell. False: the document fails, *err says where and why. */
MUST_CHECK bool rule_apply(struct transform *t, struct frame *frame,
                           const struct mapping_slot *slot, const struct value *value,
                           struct error *err);
/* The id under `key` of the frame's map, recovered from the gid where rule 1 allows. NULL text:
 * none. */
struct str rule_id(struct transform *t, const struct frame *frame);
struct str rule_int64_text(struct transform *t, int64_t number);
struct str rule_json(struct transform *t, const struct value *value);
/* Notes drift at `key` (data NULL: the frame itself), once per document. */
void rule_drift(struct transform *t, const struct frame *frame, struct str key,
                enum drift_kind kind, const char *detail);
/* The same at a path that is known already; copied. */
void rule_drift_at(struct transform *t, struct str where, enum drift_kind kind, const char *detail);
/* Fills *err with the field's path ("line_items[2].price"); returns false. `detail` follows the
 * path. */
bool rule_fail(const struct frame *frame, struct str key, enum error_id id, const char *detail,
               struct error *err);

/* transform_walk.c: the order row and its children from the document. */
MUST_CHECK bool walk_document(struct transform *t, const struct value *content, struct error *err);

/* transform_key.c: the key cells of a row, and its frame's row_key; the row is the last of its
 * list.
 */
void key_set(struct transform *t, struct frame *frame, const struct row_list *list,
             const char *argument);
#define NO_INDEX SIZE_MAX

/* transform_session.c, transform_parcel.c: what is Stripe's and Printful's own. begin() before the
 * rows (false: no document of theirs, or no sale), row() at the end of each row of their scopes,
 * finish() at the end. */
MUST_CHECK bool session_begin(struct transform *t, const struct value *content, struct error *err);
void session_row(struct transform *t, const struct frame *frame);
struct str session_api_shape(const struct value *content);
MUST_CHECK bool parcel_begin(struct transform *t, const struct value *content, struct error *err);
void parcel_row(struct transform *t, const struct frame *frame);
void parcel_finish(struct transform *t, const struct value *content);

/* transform_derive.c: what follows from the rows and the document as a whole. */
bool derive_is_stub(const struct value *content);
struct str derive_api_shape(const struct value *content);
void derive_order(struct transform *t); /* origin, digest, status, currency */
void derive_customer(struct transform *t, const struct value *content);

#endif
