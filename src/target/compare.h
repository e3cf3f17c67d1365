/* What the target holds, for a comparison with a source that may take long: its names in byte order
 * from a held cursor, which keeps no transaction open, and the versions of given documents as they
 * are now. Memory is bounded by a page. The thread that owns the target calls these. */
#ifndef ORDERSYNC_TARGET_COMPARE_H
#define ORDERSYNC_TARGET_COMPARE_H

#include "base/memory.h"
#include "target/target.h"

#define COMPARE_MAX 1000 /* ids of one call */

/* Takes down the names of the live documents as they are now; the server keeps them. Only a "C"
 * order is the order of bytes, and the primary key may have another: the server sorts once. */
MUST_CHECK bool target_names_open(struct target *target, enum source_kind source,
                                  struct error *err);
/* The next ones, in the arena; *ret_count 0: that was all. */
MUST_CHECK bool target_names_next(struct target *target, struct arena *arena, struct str **ret_ids,
                                  size_t *ret_count, struct error *err);
MUST_CHECK bool target_names_close(struct target *target, struct error *err);

struct stored_version {
    bool known;        /* the target has seen the document */
    bool live;         /* no tombstone, and its order's row is there */
    int64_t version;   /* of a tombstone: when it was seen gone */
    struct str digest; /* hex; data NULL for a tombstone */
};
/* ret_versions[i] is about ids[i]; texts in the arena. At most COMPARE_MAX ids. */
MUST_CHECK bool target_read_versions(struct target *target, enum source_kind source,
                                     const struct str *ids, size_t count, struct arena *arena,
                                     struct stored_version *ret_versions, struct error *err);

#endif
