/* The guard's rules. */
#include "target/guard.h"

static enum verdict decide_delete(const struct header *header, const struct change *change)
{
    if (!header->known)
        return change->asked_for ? VERDICT_ABSENT : VERDICT_DELETE;
    if (header->version > change->document.version)
        return VERDICT_STALE;
    if (!header->deleted)
        return change->hold != ERROR_NONE ? VERDICT_HOLD : VERDICT_DELETE;
    return header->version == change->document.version ? VERDICT_UNCHANGED : VERDICT_RAISE;
}

/* What is in the target from before the read cannot be right where it differs from what was read,
 * so it is written over; what came after the read stays. */
static enum verdict decide_current(const struct header *header, const struct change *change)
{
    if (header->version > change->document.observed_ns)
        return VERDICT_STALE;
    return header->deleted ? VERDICT_CREATE : VERDICT_CHANGE;
}

/* A tombstone is compared by version alone: it has no content that a mapping could change. */
static enum verdict decide_over_tombstone(const struct header *header, const struct change *change)
{
    return header->version >= change->document.version ? VERDICT_STALE : VERDICT_CREATE;
}

static enum verdict decide_live(const struct header *header, const struct change *change,
                                int64_t mapping_version)
{
    int64_t version = change->document.version;
    if (!header->known)
        return VERDICT_CREATE;
    if (change->current)
        return decide_current(header, change);
    if (header->deleted)
        return decide_over_tombstone(header, change);
    if (header->version > version)
        return VERDICT_STALE;
    if (header->version == version) {
        if (header->mapping_version == mapping_version)
            return digest_equal(&header->digest, &change->digest) ? VERDICT_UNCHANGED
                                                                  : VERDICT_STALE;
        return header->mapping_version > mapping_version ? VERDICT_STALE : VERDICT_CHANGE;
    }
    return VERDICT_CHANGE;
}

enum verdict guard_decide(const struct header *header, const struct change *change,
                          int64_t mapping_version)
{
    if (change->document.deleted)
        return decide_delete(header, change);
    enum verdict verdict = decide_live(header, change, mapping_version);
    bool written = verdict == VERDICT_CREATE || verdict == VERDICT_CHANGE;
    return written && change->stub ? VERDICT_HOLD : verdict;
}

bool guard_newer(const struct change *a, const struct change *b)
{
    if (a->stub != b->stub)
        return b->stub;
    if (a->document.version != b->document.version)
        return a->document.version > b->document.version;
    return a->document.deleted && !b->document.deleted;
}
