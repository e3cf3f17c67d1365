/* What the target holds, by name: the other half of every comparison with a source (absences after
 * a listing, the count of a view, verify). Memory is bounded by a page. */
#ifndef ORDERSYNC_TARGET_SURVEY_H
#define ORDERSYNC_TARGET_SURVEY_H

#include "target/target.h"

struct live_document {
    struct str source_id; /* valid during the call */
    int64_t version;
};
typedef bool target_live_fn(void *context, const struct live_document *document, struct error *err);
/* Every live document (no tombstones) of a source at one instant, or with a time of the source's
 * those created since; in byte order of its id. A false of `each` ends it. Reads alone; a
 * transaction of its own. */
MUST_CHECK bool target_each_live(struct target *target, enum source_kind source,
                                 int64_t created_since_ns, target_live_fn *each, void *context,
                                 struct error *err);
MUST_CHECK bool target_count_live(struct target *target, enum source_kind source,
                                  uint64_t *ret_count, struct error *err);
/* Which of these ids are live there: ret_live[i]. At most 1000 ids. */
MUST_CHECK bool target_find_live(struct target *target, enum source_kind source,
                                 const char *const *ids, size_t count, bool *ret_live,
                                 struct error *err);

#endif
