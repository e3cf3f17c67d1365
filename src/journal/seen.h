/* The ids that a listing of a source told, on disk, so that memory does not grow with the
 * collection; and those of the target that are absent from it. A scratch file beside the journal:
 * losing it costs reading again, never a document, because an absence is confirmed by a read before
 * anything is deleted. One thread uses it at a time; it may be handed over. Errors: class storage.
 */
#ifndef ORDERSYNC_JOURNAL_SEEN_H
#define ORDERSYNC_JOURNAL_SEEN_H

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

struct seen;

/* state_dir/seen-NAME.db, 0600. With `tag` NULL the file begins empty and has no name from then on:
 * it ends with the process. With a tag (a run id) what an engine before this one wrote under the
 * same tag is kept; anything else is dropped. */
MUST_CHECK bool seen_open(const char *state_dir, const char *name, const char *tag,
                          struct seen **ret_seen, struct error *err);
/* `remove`: the file is of no use any more. NULL is fine. */
void seen_close(struct seen *seen, bool remove);

/* Adds an id; twice does no harm. Kept in memory (up to SEEN_PENDING_MAX bytes) until
 * seen_flush(). */
#define SEEN_PENDING_MAX (256u << 10)
MUST_CHECK bool seen_add(struct seen *seen, struct str id, struct error *err);
MUST_CHECK bool seen_flush(struct seen *seen, struct error *err);

/* Walks both lists: ids of the target come in byte order, one a call; those that were not seen are
 * kept as absent. seen_compare_besides() takes one in any order, between or behind the others.
 * seen_compare_begin() forgets earlier absences; seen_compare_end() returns how many there are. */
MUST_CHECK bool seen_compare_begin(struct seen *seen, struct error *err);
MUST_CHECK bool seen_compare(struct seen *seen, struct str id, struct error *err);
MUST_CHECK bool seen_compare_besides(struct seen *seen, struct str id, struct error *err);
MUST_CHECK bool seen_compare_end(struct seen *seen, uint64_t *ret_absent, struct error *err);

/* Absent ids behind `after` (data NULL: from the start), in order; they lie in the arena. */
MUST_CHECK bool seen_absent(struct seen *seen, struct str after, size_t max, struct arena *arena,
                            struct str **ret_ids, size_t *ret_count, struct error *err);
/* It is not absent after all, or its absence is decided. */
MUST_CHECK bool seen_absent_drop(struct seen *seen, struct str id, struct error *err);

#endif
