/* The target database: one connection of one thread, through which batches are applied or planned.
 * Nothing outside target/ knows libpq. */
#ifndef ORDERSYNC_TARGET_TARGET_H
#define ORDERSYNC_TARGET_TARGET_H

#include "base/error.h"
#include "model/diff.h"
#include "model/order.h"

struct target; /* opaque; not thread-safe: one thread owns it */

/* Who and what writes, for the audit: set once a session or before a batch. Borrowed strings. */
struct target_actor {
    const char *journal_id; /* uuid text; "" when there is no journal (plan by hand) */
    const char *run_id;
    const char *plan_id;
    const char *command_id;
    const char *operator_name;
    const char *origin; /* tty or SSH origin */
};

struct target_options {
    const char *database_url;     /* libpq conninfo or URL; "" uses PG* variables */
    const char *application_name; /* "ordersync writer 1" */
    int connect_timeout_s;
    int statement_timeout_s; /* every wait has a deadline */
    bool read_only;          /* default_transaction_read_only = on: plan needs SELECT alone */
};

MUST_CHECK bool target_open(const struct target_options *options, struct target **ret_target,
                            struct error *err);
void target_close(struct target *target);           /* NULL is fine */
bool target_is_broken(const struct target *target); /* connection lost: target_reopen() */
/* Looks, without asking the server, whether the connection still stands. */
bool target_look(struct target *target);
MUST_CHECK bool target_reopen(struct target *target, struct error *err);
/* From another thread: ends what the connection waits for (PQcancel). */
void target_interrupt(struct target *target);
void target_set_actor(struct target *target, const struct target_actor *actor);

/* 4xxx errors; ERROR_TARGET_SCHEMA (config) when migrations are missing or from the future. */
MUST_CHECK bool target_check_schema(struct target *target, struct error *err);
/* Binds the target to this source origin ("firestore", "project/database/collection"), or refuses
 * when it is fed by another one: ERROR_TARGET_ORIGIN, exit 78. */
MUST_CHECK bool target_check_origin(struct target *target, enum source_kind source,
                                    const char *identity, struct error *err);

struct batch {
    struct change *changes; /* any order; coalesced inside */
    size_t count;
    struct arena *arena; /* for what apply needs on the way */
    int writer;          /* for sync_fence */
    bool recheck;        /* rows of unchanged documents are compared too, and put right */
    int64_t fence_seq; /* > last acknowledged; 0: no fence. Lowered by one when nothing was written,
                        * so that afterwards it is the value that stands */
};

/* One transaction: reads the current rows, diffs, writes, raises the fence, commits. On true every
 * change has its outcome (CREATED, UPDATED, DELETED, UNCHANGED, STALE, HELD; UNATTACHED: written,
 * but no sale matches it; MOVED: its expectation does not hold, nothing written) and all of it is
 * committed. On false nothing is committed; *err says the class: transient -> try the whole batch
 * again; invalid_data or conflict -> the culprit is one of them: split. */
MUST_CHECK bool target_apply(struct target *target, struct batch *batch, struct error *err);

/* The same up to the diff, in a read-only transaction, for which SELECT rights are enough;
 * ret_changes[i] gets the row changes of changes[i], and changes[i].expect what an application has
 * to find again (under the same actor.plan_id: what that plan wrote is no move). What would fail by
 * claiming another document's Shopify order is FAILED, its error in changes[i]. Sales that the
 * batch itself would make are not there yet: documents attached to them are UNATTACHED. */
MUST_CHECK bool target_plan(struct target *target, struct batch *batch,
                            struct row_changes *ret_changes, struct error *err);

/* The fence's value for (journal_id, writer), 0 when none: behind the journal's acknowledged one
 * means that the target was restored or failed over. */
MUST_CHECK bool target_read_fence(struct target *target, const char *journal_id, int writer,
                                  int64_t *ret_seq, struct error *err);

/* Streams stored documents for reproject: calls `each` in source_id order, in pages, bounded
 * memory. The texts are valid during the call only. */
struct stored_document {
    enum source_kind source;
    struct str source_id;
    int64_t version;
    int64_t observed_ns;
    int64_t create_ns; /* TIME_NONE: none */
    int64_t update_ns;
    struct str document; /* jsonb text */
    struct str loss;     /* jsonb text or NULL */
};
typedef bool target_document_fn(void *context, const struct stored_document *stored,
                                struct error *err);
/* Only documents whose mapping_version is below the given one. */
MUST_CHECK bool target_each_document(struct target *target, int older_than_mapping,
                                     target_document_fn *each, void *context, struct error *err);

#endif
