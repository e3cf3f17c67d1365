/* Read-only questions about one document and its order, for the console and `ordersync show`. Each
 * is one round trip with a bounded answer, whose memory is the arena's. The thread that owns the
 * target calls them. */
#ifndef ORDERSYNC_TARGET_LOOKUP_H
#define ORDERSYNC_TARGET_LOOKUP_H

#include "base/memory.h"
#include "model/order.h"
#include "target/target.h"

#define LOOKUP_MAX_ROWS 2000  /* rows of one order, all tables together; more are cut */
#define LOOKUP_MAX_EVENTS 500 /* newest first */

/* One column of one row of the order. Names are static text. */
struct target_cell {
    const char *table;
    unsigned row; /* 0.. within the table */
    const char *column;
    struct str value; /* PostgreSQL's text; data NULL: SQL NULL */
    bool personal;
};
/* By table, then row (in key order), then column. *ret_found false: the target never saw the
 * document, or it has no order (deleted). */
MUST_CHECK bool target_read_rows(struct target *target, enum source_kind source,
                                 struct str source_id, struct arena *arena,
                                 struct target_cell **ret_cells, size_t *ret_count, bool *ret_found,
                                 struct error *err);

/* The row of source_documents. */
struct target_document {
    struct str document; /* jsonb text; data NULL when deleted */
    struct str loss;     /* jsonb text or NULL: model/loss.h puts it back */
    struct str order_id; /* uuid text or NULL */
    struct str api_shape;
    struct str digest; /* hex */
    int64_t version;
    int64_t observed_us;
    int64_t mapping_version;
    bool deleted;
    int64_t deleted_us; /* TIME_NONE when not deleted */
};
MUST_CHECK bool target_read_document(struct target *target, enum source_kind source,
                                     struct str source_id, struct arena *arena,
                                     struct target_document *ret_document, bool *ret_found,
                                     struct error *err);

/* One audit entry. */
struct target_event {
    int64_t at_us;
    const char *table;  /* without schema */
    const char *action; /* insert, update, delete */
    const char *actor;  /* operator, run, plan, command, or the database role */
    struct str detail;  /* changed fields as jsonb text, personal ones left out; may be NULL */
    int64_t version;    /* the order's */
};
MUST_CHECK bool target_read_timeline(struct target *target, enum source_kind source,
                                     struct str source_id, struct arena *arena,
                                     struct target_event **ret_events, size_t *ret_count,
                                     bool *ret_found, struct error *err);

#endif
