/* The target's order tables as data: columns in order, types, owners, personal marks, comments. The
 * mapping (model/mapping.h) refers to these; the schema manual page, diff, COPY and upsert all read
 * them. A test holds this against data/sql/migrations. */
#ifndef ORDERSYNC_MODEL_TABLE_H
#define ORDERSYNC_MODEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum table_id {
    TABLE_ORDERS,
    TABLE_LINE_ITEMS,
    TABLE_ADDRESSES,
    TABLE_SHIPPING_LINES,
    TABLE_REFUNDS,
    TABLE_RETURNS,
    TABLE_DISCOUNTS,
    TABLE_TAX_LINES,
    TABLE_FULFILLMENTS,
    TABLE_COUNT
};

enum column_type {
    TYPE_TEXT,
    TYPE_BIGINT,
    TYPE_INTEGER,
    TYPE_NUMERIC,
    TYPE_BOOLEAN,   /* cells "t" / "f" */
    TYPE_TIMESTAMP, /* timestamptz, cells as timestamp_to_sql() */
    TYPE_DATE,
    TYPE_JSONB,      /* cells as json_append_jsonb() */
    TYPE_TEXT_ARRAY, /* cells as PostgreSQL prints text[]: {a,"b c"} */
    TYPE_UUID,
    TYPE_BYTEA, /* cells \x and lower-case hex */
};

/* Who may write a column: a set. A source never writes another's; operators and the API write
 * OWNER_LOCAL only. */
enum owner {
    OWNER_SHOPIFY = 1,
    OWNER_STRIPE = 2,
    OWNER_PRINTFUL = 4,
    OWNER_DERIVED = 8, /* computed by transform or by apply from what the owner sent */
    OWNER_LOCAL = 16,
};
#define OWNER_COUNT 5 /* bits */
#define OWNER_ORIGIN (OWNER_SHOPIFY | OWNER_STRIPE)

struct column {
    const char *name;
    enum column_type type;
    unsigned owners;
    bool personal; /* masked on screens, kept apart in the audit, erased on request */
    const char *comment;
};

struct table {
    enum table_id id;
    const char *name;
    const struct column *columns; /* the first key_count are the primary key; order_id leads */
    size_t column_count;
    size_t key_count;
    const char *comment;
};

#define TABLE_MAX_COLUMNS 192

const struct table *table_get(enum table_id id);
/* Index of a column, or -1. */
int table_column(const struct table *table, const char *name);
const char *column_type_name(enum column_type type); /* as SQL names it: "timestamptz", "text[]" */
const char *owner_name(enum owner owner);            /* one owner, not a set: "shopify" */

#endif
