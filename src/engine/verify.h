/* Verification: names and versions (deep: contents) of a source against those of the target, in
 * bounded memory and while both change. Reads alone; a source and a target connection of its own,
 * whatever an engine does meanwhile. Synchronous: the caller's thread waits.
 *
 * Each page is true for its own read time T; what is newer than T is not judged. What differs is
 * looked at once more, by id, in the source and then in the target, before it counts; a difference
 * that a live engine may be about to mend is given `patience_us` to go away. */
#ifndef ORDERSYNC_ENGINE_VERIFY_H
#define ORDERSYNC_ENGINE_VERIFY_H

#include "base/memory.h"
#include "base/settings.h"
#include "journal/verification.h"
#include "target/target.h"

#define VERIFY_EXAMPLES_MAX 100 /* of each class */

struct verify_example {
    enum verify_class class;
    const char *source_id;
    int64_t source_version; /* TIME_NONE: gone, or unreadable */
    int64_t target_version; /* TIME_NONE: never seen; of a tombstone: when it was seen gone */
    char code[12];          /* of the failure that explains it, or "" */
};
struct verify_report {
    struct verification summary;
    uint64_t target_documents; /* live there when it began */
    uint64_t reads;            /* billed by the source */
    struct arena arena;        /* of the examples */
    struct verify_example *examples[VERIFY_CLASS_COUNT];
    size_t example_counts[VERIFY_CLASS_COUNT];
};
void verify_report_free(struct verify_report *report); /* contents; zeroed is fine */

/* An unexplained difference (missing, stale, extra, different), confirmed. */
typedef void verify_found_fn(void *context, enum verify_class class, const char *source_id);
/* Several times a second; false ends it with ERROR_VERIFY_CANCELLED. */
typedef bool verify_progress_fn(void *context, const struct verify_report *so_far);
/* The connection that another thread may interrupt; NULL before it is closed. */
typedef void verify_opened_fn(void *context, struct target *target);

struct verify_options {
    bool deep;
    size_t examples; /* of each class, up to VERIFY_EXAMPLES_MAX */
    int64_t patience_us;
    struct journal_reader *journal; /* which failures are known; NULL: none */
    uint64_t reads_today;           /* counted against read_budget ... */
    int64_t reads_at_us;            /* ... of the day of this moment; TIME_NONE: none */
    verify_found_fn *found;         /* may be NULL */
    verify_progress_fn *progress;   /* may be NULL */
    verify_opened_fn *opened;       /* may be NULL */
    void *context;
};

/* Firestore against the target. On false *ret_report holds `reads` alone: they are billed whatever
 * came of it. Errors of source and target
 * that do not pass by themselves within the setting give_up; ERROR_TARGET_ORIGIN when the target is
 * fed from elsewhere. */
MUST_CHECK bool verify_run(const struct settings *settings, const struct verify_options *options,
                           struct verify_report *ret_report, struct error *err);
/* These documents alone: after a repair. */
MUST_CHECK bool verify_documents(const struct settings *settings,
                                 const struct verify_options *options, const char *const *ids,
                                 size_t count, struct verify_report *ret_report, struct error *err);

#endif
