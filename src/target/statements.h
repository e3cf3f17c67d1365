/* Statements made from the column lists of model/table.h, so that one table line adds a column
 * everywhere. Built once, then read only; names serve as prepared-statement names. */
#ifndef ORDERSYNC_TARGET_STATEMENTS_H
#define ORDERSYNC_TARGET_STATEMENTS_H

#include "model/order.h"

struct statement {
    char *name;
    char *sql;
};

/* Columns of orders that are apply's and not the transform's stand behind the table's own. */
enum order_extra { EXTRA_CUSTOMER_ID, EXTRA_LINK_ORIGIN, EXTRA_VERSION, EXTRA_COUNT };

struct table_statements {
    struct statement copy; /* all columns; orders: then customer_id, link_origin, version */
    struct statement read; /* $1 uuid[]: all columns as text; orders: then the extras */
    struct statement lock; /* orders only: the same, rows locked in key order */
    struct statement
        show; /* $1 source, $2 source_id: as read, of that document's order, in key order */
    struct statement update[SOURCE_COUNT]; /* $1.. text[]: the key, then owned columns; orders: then
                                              customer_id */
    struct statement remove;               /* $1.. text[]: the key */
};
struct statements {
    struct table_statements tables[TABLE_COUNT];
};

struct statements *statements_new(void);
void statements_free(struct statements *statements);
const char *statements_extra_name(enum order_extra extra); /* "customer_id"; static */
/* The owners as which a source's documents write. */
unsigned statements_owners(enum source_kind source);
/* Whether `update` sets this column. */
static inline bool statements_updates(const struct table *table, size_t column, unsigned owners)
{
    return column >= table->key_count && (table->columns[column].owners & owners) != 0;
}

#endif
