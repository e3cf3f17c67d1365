/* The guard: what a change means against what the target holds of its document. Pure; any thread.
 */
#ifndef ORDERSYNC_TARGET_GUARD_H
#define ORDERSYNC_TARGET_GUARD_H

#include "model/order.h"

/* A row of source_documents, without its content. */
struct header {
    bool known; /* the row exists */
    bool deleted;
    bool mine;      /* written by the plan or command that writes now */
    bool locked;    /* until the transaction ends */
    bool orderless; /* no order has its order_id: plain SQL deleted it, or there never was one */
    int64_t version;
    int64_t mapping_version;
    int64_t observed_us;
    int64_t order_version;         /* of a tombstone; 0: none */
    struct digest digest;          /* zero for a tombstone */
    char order_id[UUID_TEXT_SIZE]; /* "": none */
};

enum verdict {
    VERDICT_STALE,     /* the target is ahead */
    VERDICT_UNCHANGED, /* nothing to write */
    VERDICT_HOLD,      /* a person decides */
    VERDICT_CREATE,    /* no live document is known */
    VERDICT_CHANGE,    /* newer version or mapping over a live document */
    VERDICT_DELETE,    /* the live document, or an unknown one, becomes a tombstone */
    VERDICT_RAISE,     /* a tombstone seen gone again later: only its version moves */
    VERDICT_ABSENT,    /* unknown here as well: nothing to write */
    VERDICT_MOVED,     /* source or target are not what the plan saw: nothing to write */
};

/* DESIGN sections 6 (Guards) and 8.
 *
 * Firestore: (version, mapping_version) must grow; a tombstone's version is the read time at which
 * the document was seen gone, so it wins against the same version; a stub is held, whatever the
 * target holds: it says nothing about an order.
 *
 * Stripe: version is the rank of the session's state and may not fall; of two readings with the
 * same rank the later one counts. Printful: version is `updated`, which has seconds: of two
 * readings with the same one, the one that is not earlier. Tombstones and repairs of both compare
 * the times of reading, for their versions are no times.
 *
 * A live document that is unchanged but whose order is not there is VERDICT_CHANGE, where its
 * source makes orders.
 *
 * With an expectation, what differs from it is VERDICT_MOVED; but a document that this plan or
 * command has written before a crash is done. The version of its order is for the caller to
 * compare. */
enum verdict guard_decide(const struct header *header, const struct change *change,
                          int64_t mapping_version);

/* Whether `a` is to be preferred over `b`, both of one document, when a batch is coalesced: the
 * newest, but a stub never hides a full document or a delete that came with it. A total order. */
bool guard_newer(const struct change *a, const struct change *b);

#endif
