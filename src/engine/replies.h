/* Rows of the target, and what would become of them, as the console is told them: part of
 * engine/requests.h. */
#ifndef ORDERSYNC_ENGINE_REPLIES_H
#define ORDERSYNC_ENGINE_REPLIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "journal/inspection.h"
#include "model/value.h"

/* One column of one row that belongs to the order. */
struct lookup_cell {
    const char *table;
    unsigned row; /* 0.. within the table */
    const char *column;
    struct str value; /* data NULL: SQL NULL */
    bool personal;
};
struct lookup_document {
    const struct value *content; /* NULL when deleted */
    int64_t version, observed_us;
    bool deleted;
};
/* One audit entry of the order. */
struct lookup_event {
    int64_t at_us;
    const char *table, *action; /* insert, update, delete */
    const char *actor;          /* operator, run, plan or database role */
    struct str detail;          /* changed fields, personal ones left out */
    int64_t version;
};

/* What one field of a row would become; an order's column, or one of its rows'. */
struct lookup_field {
    const char *table, *key, *field; /* key: which row of the table, "" of the order itself */
    struct str before, after;        /* data NULL: SQL NULL */
    bool personal;
    const char *rule; /* of an inspection: how the column is filled, "money total_price" */
};
/* What the newest document of its source would do, as far as somebody or a dry run has looked. */
struct lookup_inspection {
    struct inspection at;
    struct lookup_field *fields; /* of its plan's row */
    size_t count;
    uint64_t cut; /* fields that are not kept */
};

#endif
