/* What verifications found: written by the engine, read by consoles and `status`. */
#ifndef ORDERSYNC_JOURNAL_VERIFICATION_H
#define ORDERSYNC_JOURNAL_VERIFICATION_H

#include "journal/journal.h"
#include "journal/reader.h"

enum verify_class {
    VERIFY_MISSING,   /* in the source, not live in the target */
    VERIFY_STALE,     /* the target holds an older version */
    VERIFY_EXTRA,     /* live in the target, gone in the source */
    VERIFY_DIFFERENT, /* the same version with another content, or a version the source never had */
    VERIFY_FAILED,  /* one of the above, and the journal knows: a failure to be retried, or dead */
    VERIFY_SKIPPED, /* ... that an operator left alone */
    VERIFY_HELD,    /* ... that waits for a person's word */
    VERIFY_CLASS_COUNT
};
#define VERIFY_DIFFERENCES VERIFY_FAILED /* classes before it are unexplained differences */

const char *verify_class_name(enum verify_class class);

struct verification {
    enum source_kind source;
    int64_t started_us, finished_us;
    bool deep;      /* contents were compared as well */
    bool scheduled; /* by the engine's own clock */
    char operator_name[64];
    char result[16];    /* "done", "failed" */
    char message[200];  /* of one that failed: why */
    uint64_t documents; /* in the source */
    uint64_t counts[VERIFY_CLASS_COUNT];
    uint64_t newer;    /* changed while it ran: not judged */
    uint64_t repaired; /* differences that were mended: no longer among the counts */
};
/* Unexplained ones: missing, stale, extra, different. */
uint64_t verification_differences(const struct verification *verification);

/* Keeps the last thousand. Engine thread. */
MUST_CHECK bool journal_verification_add(struct journal *journal,
                                         const struct verification *verification,
                                         struct error *err);
/* The newest of a source, whatever its result; *ret_found false when there is none. */
MUST_CHECK bool journal_verification_last(struct journal_reader *reader, enum source_kind source,
                                          bool *ret_found, struct verification *ret_verification,
                                          struct error *err);
/* Fills the verified_ fields of every source. */
MUST_CHECK bool journal_read_verified(struct journal_reader *reader, struct engine_status *status,
                                      struct error *err);

#endif
