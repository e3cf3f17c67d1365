/* What the files of a verification share; nobody else includes this. */
#ifndef ORDERSYNC_ENGINE_VERIFY_INSIDE_H
#define ORDERSYNC_ENGINE_VERIFY_INSIDE_H

#include "engine/verify.h"
#include "source/source.h"
#include "target/compare.h"

#define SUSPECTS_MAX 4096         /* differences that wait for their second look */
#define SUSPECTS_BYTES (1u << 20) /* of their ids */
#define DIGEST_TEXT_SIZE (2 * 32 + 1)

/* A document as the source has it. */
struct verify_document {
    struct str id;
    bool present;
    bool readable; /* false: the bytes cannot be decoded; version unknown */
    int64_t version;
    char digest[DIGEST_TEXT_SIZE]; /* hex; "" when contents are not compared */
};

/* Looked different, to be looked at again. */
struct suspect {
    struct str id;      /* in suspect_arena */
    int64_t seen_us;    /* monotonic */
    int64_t horizon_ns; /* the source's read time then: what is newer is not judged */
};

/* The answer of the source's request under way; one at a time. */
struct verify_answer {
    bool there;
    struct error error;
    struct page *page; /* owned */
    char **missing;    /* owned */
    size_t missing_count;
    int64_t read_time_ns;
};

struct verify {
    const struct settings *settings;
    const struct verify_options *options;
    const struct source_ops *ops;
    struct source *source;
    struct target *target;
    struct verify_report *report;
    struct verify_answer answer;
    struct arena scratch; /* of one look */
    struct arena page_arena;

    struct arena names_arena; /* of the target's names at hand */
    struct str *names;
    size_t name_count, name_at;
    bool names_end;

    struct arena suspect_arena;
    struct suspect *suspects;
    size_t suspect_count, suspect_bytes;
};

/* verify_source.c: asks, and waits for the answer. */
MUST_CHECK bool verify_ask_page(struct verify *verify, const struct range *range, size_t limit,
                                struct error *err);
MUST_CHECK bool verify_ask_documents(struct verify *verify, const char *const *ids, size_t count,
                                     struct error *err);
/* Waits without asking anything. */
MUST_CHECK bool verify_pause(struct verify *verify, int64_t duration_us, struct error *err);
void verify_answer_clear(struct verify *verify);
/* Document i of the answer's page; texts live as long as the page. */
void verify_decode(struct verify *verify, size_t i, bool deep,
                   struct verify_document *ret_document);

/* verify_check.c */
/* True when the two differ, at the moment read_time_ns; *ret_class says how. */
bool verify_differ(const struct verify_document *document, const struct stored_version *stored,
                   int64_t read_time_ns, enum verify_class *ret_class);
MUST_CHECK bool verify_suspect(struct verify *verify, struct str id, int64_t horizon_ns,
                               struct error *err);
/* Looks at all suspects again, until each is cleared or reported. */
MUST_CHECK bool verify_check(struct verify *verify, struct error *err);

#endif
