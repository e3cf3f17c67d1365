/* The guard's rules. */
#include "target/guard.h"

#include "model/sale.h"

/* ---- sources that are read by looking back: versions are no times ---- */

/* < 0: what the target holds was read before the change. */
static int compare_reading(const struct header *header, const struct change *change)
{
    int64_t read_us = change->document.observed_ns / 1000;
    return (header->observed_us > read_us) - (header->observed_us < read_us);
}

static enum verdict decide_seen_gone(const struct header *header, const struct change *change)
{
    int order = compare_reading(header, change);
    if (order > 0)
        return VERDICT_STALE;
    if (!header->deleted)
        return change->hold != ERROR_NONE ? VERDICT_HOLD : VERDICT_DELETE;
    return order == 0 ? VERDICT_UNCHANGED : VERDICT_RAISE;
}

static enum verdict decide_mapping(const struct header *header, int64_t mapping_version)
{
    if (header->mapping_version == mapping_version)
        return VERDICT_UNCHANGED;
    return header->mapping_version > mapping_version ? VERDICT_STALE : VERDICT_CHANGE;
}

static enum verdict decide_looked_back(const struct header *header, const struct change *change,
                                       int64_t mapping_version)
{
    int order = compare_reading(header, change);
    bool stripe = change->document.source == SOURCE_STRIPE;
    if (header->deleted)
        return order >= 0 ? VERDICT_STALE : VERDICT_CREATE;
    if (change->current)
        return order > 0 ? VERDICT_STALE : VERDICT_CHANGE;
    if (change->create_only && header->version >= SESSION_RANK_SETTLED)
        return VERDICT_UNCHANGED;
    if (header->version > change->document.version)
        return VERDICT_STALE;
    if (digest_equal(&header->digest, &change->digest))
        return decide_mapping(header, mapping_version);
    if (header->version < change->document.version)
        return VERDICT_CHANGE;
    /* The stored document itself, without what was erased: only a mapping can change its rows. */
    if (order == 0 && header->mapping_version < mapping_version)
        return VERDICT_CHANGE;
    return order > 0 || (order == 0 && stripe) ? VERDICT_STALE : VERDICT_CHANGE;
}

/* ---- Firestore ---- */

static enum verdict decide_delete(const struct header *header, const struct change *change)
{
    if (!header->known)
        return change->asked_for ? VERDICT_ABSENT : VERDICT_DELETE;
    if (change->document.source != SOURCE_FIRESTORE)
        return decide_seen_gone(header, change);
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
    if (change->document.source != SOURCE_FIRESTORE)
        return decide_looked_back(header, change, mapping_version);
    if (change->current)
        return decide_current(header, change);
    if (header->deleted)
        return decide_over_tombstone(header, change);
    if (header->version > version)
        return VERDICT_STALE;
    if (header->version < version)
        return VERDICT_CHANGE;
    enum verdict verdict = decide_mapping(header, mapping_version);
    bool same = digest_equal(&header->digest, &change->digest);
    return verdict == VERDICT_UNCHANGED && !same ? VERDICT_STALE : verdict;
}

static enum verdict decide(const struct header *header, const struct change *change,
                           int64_t mapping_version)
{
    if (change->document.deleted)
        return decide_delete(header, change);
    enum verdict verdict = decide_live(header, change, mapping_version);
    /* The document is as it was, but what it makes is not there. */
    if (verdict == VERDICT_UNCHANGED && header->orderless &&
        change->document.source != SOURCE_PRINTFUL)
        verdict = VERDICT_CHANGE;
    bool written = verdict == VERDICT_CREATE || verdict == VERDICT_CHANGE;
    return written && change->stub ? VERDICT_HOLD : verdict;
}

/* ---- what a plan saw ---- */

static bool is_gone(const struct digest *digest)
{
    static const struct digest zero;
    return digest_equal(digest, &zero);
}

/* What the plan wanted to write stands there. */
static bool is_as_wanted(const struct header *header, const struct expectation *expect)
{
    if (!header->known || header->deleted || is_gone(&expect->digest))
        return header->known && header->deleted && is_gone(&expect->digest);
    return header->version == expect->version && digest_equal(&header->digest, &expect->digest);
}

/* A document seen gone is seen gone again at another time: that is no move. */
static bool has_moved(const struct header *header, const struct change *change)
{
    const struct expectation *expect = &change->expect;
    bool source = change->document.deleted ? is_gone(&expect->digest)
                                           : change->document.version == expect->version &&
                                                 digest_equal(&change->digest, &expect->digest);
    bool target = header->known == expect->known &&
                  (!header->known || (header->version == expect->target_version &&
                                      digest_equal(&header->digest, &expect->target_digest)));
    return !source || !target;
}

enum verdict guard_decide(const struct header *header, const struct change *change,
                          int64_t mapping_version)
{
    if (change->expect.present) {
        if (header->mine && is_as_wanted(header, &change->expect))
            return VERDICT_UNCHANGED;
        if (has_moved(header, change))
            return VERDICT_MOVED;
    }
    return decide(header, change, mapping_version);
}

/* Of what is read by looking back the versions of live documents and of deletes do not compare. */
static bool newer_looked_back(const struct document *a, const struct document *b)
{
    if (a->deleted != b->deleted)
        return a->deleted;
    return a->version != b->version ? a->version > b->version : a->observed_ns > b->observed_ns;
}

bool guard_newer(const struct change *a, const struct change *b)
{
    if (a->stub != b->stub)
        return b->stub;
    if (a->document.source != SOURCE_FIRESTORE)
        return newer_looked_back(&a->document, &b->document);
    if (a->document.version != b->document.version)
        return a->document.version > b->document.version;
    return a->document.deleted && !b->document.deleted;
}
