/* From a document's fields to columns, as data: one line of mapping.c adds a field. The transform,
 * drift detection and ordersync-schema(7) read it; nothing else knows a field by name.
 *
 * A scope is one kind of map in a document: the order itself, a line item, an address. Its fields
 * say which rule reads a key and which column it fills; a field may open another scope. A key no
 * field names is drift. */
#ifndef ORDERSYNC_MODEL_MAPPING_H
#define ORDERSYNC_MODEL_MAPPING_H

#include "base/str.h"
#include "model/table.h"

enum mapping_rule {
    RULE_TEXT,
    RULE_ID,        /* int64, with recovery from the scope's gid beyond 2^53 */
    RULE_INTEGER,   /* int64 from integer, integral double or decimal text; a fraction is refused */
    RULE_MONEY,     /* exact decimal; what is no number fails the document */
    RULE_DECIMAL,   /* exact decimal; what is no number is drift */
    RULE_MONEY_SET, /* {shop_money, presentment_money}: column and second */
    RULE_BOOLEAN,
    RULE_TIMESTAMP, /* what is no moment fails the document */
    RULE_JSON,      /* the value as it is */
    RULE_LIST,      /* an array as jsonb; missing, null, [] and {} are NULL */
    RULE_TAGS,      /* "a, b" or an array of strings, as text[] */
    RULE_TEXT_LIST, /* an array of strings, as text[] */
    RULE_SCOPE,     /* a map whose fields fill the same row */
    RULE_ROW,       /* a map that makes one row */
    RULE_ROWS,      /* an array whose maps make a row each */
    RULE_KNOWN,     /* known, and held elsewhere: as a key, or by the row it repeats */
    RULE_COUNT
};

enum mapping_flag {
    FIELD_REQUIRED = 1,   /* without it there is no order: the document fails */
    FIELD_EXPECTED = 2,   /* every generation of documents has the key: its absence is drift */
    FIELD_EMPTY_NULL = 4, /* "" means absent */
    FIELD_INDEXED = 8,    /* in a B-tree: longer than MAPPING_INDEXED_MAX is NULL and drift */
};
#define MAPPING_INDEXED_MAX 1024 /* a B-tree key ends at 2704 bytes (rule 25) */

enum scope_id {
    SCOPE_ORDER,
    SCOPE_CUSTOMER,
    SCOPE_ADDRESS,
    SCOPE_LINE_ITEM,
    SCOPE_DUTY,
    SCOPE_TAX_LINE,
    SCOPE_SHIPPING_LINE,
    SCOPE_DISCOUNT,
    SCOPE_FULFILLMENT,
    SCOPE_REFUND,
    SCOPE_REFUND_LINE,
    SCOPE_REFUND_ADJUSTMENT,
    SCOPE_REFUND_SHIPPING,
    SCOPE_REFUND_DUTY,
    SCOPE_REFUND_TRANSACTION,
    SCOPE_RETURN,
    SCOPE_RETURN_LINE,
    SCOPE_RETURN_FEE,
    SCOPE_COUNT
};

struct mapping_field {
    const char *key;
    enum mapping_rule rule;
    const char *column;   /* NULL for RULE_SCOPE, RULE_ROW, RULE_ROWS, RULE_KNOWN */
    const char *second;   /* RULE_MONEY_SET: the presentment column */
    enum scope_id scope;  /* what RULE_SCOPE, RULE_ROW and RULE_ROWS open */
    const char *argument; /* for the rows they make: kind, component or scope */
    unsigned flags;       /* enum mapping_flag */
};

struct mapping_scope {
    enum scope_id id;
    const char *path; /* where it is found, for people: "line_items[]" */
    int table;        /* enum table_id, or -1: makes no row of its own */
    bool open;        /* unknown keys are no drift: the whole value is kept as jsonb as well */
    const char *gid;  /* "gid://shopify/LineItem/", or NULL: RULE_ID does not recover */
    const struct mapping_field *fields;
    size_t field_count;
};

const struct mapping_scope *mapping_scope(enum scope_id id);
const char *mapping_rule_name(enum mapping_rule rule);

/* The same, prepared for the transform: fields sorted by key, columns as indexes. Made on first
 * use. Any thread. */
struct mapping_slot {
    struct str key;
    const struct mapping_field *field;
    int column; /* -1 when none */
    int second;
};
struct mapping_plan {
    const struct mapping_scope *scope;
    const struct mapping_slot *slots;
    size_t count;
    int extra; /* the row's extra column, or -1 */
};
const struct mapping_plan *mapping_plan(enum scope_id id);

#endif
