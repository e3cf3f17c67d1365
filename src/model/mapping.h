/* From a document's fields to columns, as data: one line of mapping.c (Shopify), mapping_stripe.c
 * or mapping_printful.c adds a field. The transform, drift detection and ordersync-schema(7) read
 * it; nothing else knows a field by name.
 *
 * A scope is one kind of map in a document: the order itself, a line item, an address. Its fields
 * say which rule reads a key and which column it fills; a field may open another scope. A key no
 * field names is drift. */
#ifndef ORDERSYNC_MODEL_MAPPING_H
#define ORDERSYNC_MODEL_MAPPING_H

#include "base/str.h"
#include "model/document.h"
#include "model/mapping_scope.h"
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
    /* Stripe and Printful */
    RULE_MINOR,     /* whole minor units (or a decimal number of them) of the currency that the map,
                     * or the nearest around it, names: exact decimal, money; second: in its place
                     * where a session's amounts are the buyer's */
    RULE_CURRENCY,  /* upper case, as Shopify writes it; second: likewise */
    RULE_PERCENT,   /* exact decimal, as a fraction of one; what is no number is drift */
    RULE_MOMENT,    /* unix seconds as number or text, or date-time text; else drift */
    RULE_OBJECT_ID, /* an id, or the object of that id: expanded, or deleted */
    RULE_LABEL,     /* text, for which a number stands now and then */
    RULE_NOT,       /* a boolean whose opposite the column says */
    RULE_KEPT,      /* without a column; kept in extra */
    RULE_MORE,      /* has_more of a list that must be whole: true is drift */
    RULE_COUNT
};

enum mapping_flag {
    FIELD_REQUIRED = 1,   /* without it there is no order: the document fails */
    FIELD_EXPECTED = 2,   /* every generation of documents has the key: its absence is drift */
    FIELD_EMPTY_NULL = 4, /* "" means absent */
    FIELD_INDEXED = 8,    /* in a B-tree: longer than MAPPING_INDEXED_MAX is NULL and drift */
    FIELD_FALLBACK = 16,  /* only where the keys before it left the column NULL */
    FIELD_PREFER = 32,    /* NULL leaves what a key before it said */
    FIELD_CHOICE = 64,    /* one of several places: only the one that was chosen is read */
    FIELD_PERSONAL = 128, /* without a column, and personal */
};
#define MAPPING_INDEXED_MAX 1024 /* a B-tree key ends at 2704 bytes (rule 25) */

struct mapping_field {
    const char *key;
    enum mapping_rule rule;
    const char *column;   /* NULL for RULE_SCOPE, RULE_ROW, RULE_ROWS, RULE_KNOWN */
    const char *second;   /* RULE_MONEY_SET: the presentment column */
    enum scope_id scope;  /* what RULE_SCOPE, RULE_ROW and RULE_ROWS open */
    const char *argument; /* for the rows they make: kind, component or scope; RULE_MINOR: the key
                           * of its currency, NULL: "currency" */
    unsigned flags;       /* enum mapping_flag */
    bool (*knows)(struct str word); /* an open set of words: others are kept, and drift; or NULL */
};

struct mapping_scope {
    enum source_kind source;
    enum scope_id id;
    const char *path; /* where it is found, for people: "line_items[]" */
    int table;        /* enum table_id, or -1: makes no row of its own */
    bool open;        /* unknown keys are no drift: the whole value is kept as jsonb as well */
    const char *gid;  /* "gid://shopify/LineItem/", or NULL: RULE_ID does not recover */
    const struct mapping_field *fields;
    size_t field_count;
};

const struct mapping_scope *mapping_scope(enum scope_id id);
/* The scope of a source's documents as a whole. */
enum scope_id mapping_root(enum source_kind source);
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
