/* The second look: a difference counts only when the document itself, read by id, and then the
 * target, read after it, still show it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/verify_inside.h"

#define LOOK_MAX 100         /* documents of one look */
#define FRESH_NS 60000000000 /* changes that young may still be on their way */
#define LOOK_AGAIN_US 250000

bool verify_differ(const struct verify_document *document, const struct stored_version *stored,
                   int64_t read_time_ns, enum verify_class *ret_class)
{
    /* The target was read after the source: it may know better. */
    if (stored->known && stored->version > read_time_ns)
        return false;
    if (!document->present) {
        *ret_class = VERIFY_EXTRA;
        return stored->live;
    }
    if (!stored->live) {
        *ret_class = VERIFY_MISSING;
        return true;
    }
    if (document->readable && stored->version == document->version) {
        *ret_class = VERIFY_DIFFERENT;
        return document->digest[0] != '\0' &&
               !str_equal(stored->digest, str_from(document->digest));
    }
    bool behind = document->readable && stored->version < document->version;
    *ret_class = behind ? VERIFY_STALE : VERIFY_DIFFERENT;
    return true;
}

/* ---- reporting ---- */

/* The journal's word on a document counts for the version that it saw. */
static bool verify_explain(struct verify *verify, const struct verify_document *document,
                           const struct stored_version *stored, enum verify_class *class,
                           char ret_code[12], struct error *err)
{
    struct journal_reader *journal = verify->options->journal;
    struct failure_detail detail;
    const char *deletes = settings_text(verify->settings, SET_DELETES);
    struct arena arena = {0};
    int64_t id = 0;
    char *text AUTO_FREE = memory_string_str(document->id);
    if (*class == VERIFY_EXTRA && strcmp(deletes, "ignore") == 0) {
        *class = VERIFY_SKIPPED; /* kept on purpose */
        return true;
    }
    if (journal == NULL)
        return true;
    if (!journal_find_failure(journal, SOURCE_FIRESTORE, text, &id, err))
        return false;
    if (id == 0)
        return true;
    bool read = journal_read_failure(journal, id, &arena, &detail, err);
    arena_free(&arena);
    if (!read)
        return false;
    int64_t version = document->present && document->readable ? document->version : stored->version;
    if (detail.row.state == FAILURE_RESOLVED ||
        (version != TIME_NONE && detail.row.version < version))
        return true;
    *class = detail.row.state == FAILURE_HELD      ? VERIFY_HELD
             : detail.row.state == FAILURE_SKIPPED ? VERIFY_SKIPPED
                                                   : VERIFY_FAILED;
    memcpy(ret_code, detail.row.code, sizeof(detail.row.code));
    return true;
}

static void verify_keep_example(struct verify *verify, const struct verify_example *example,
                                struct str id)
{
    struct verify_report *report = verify->report;
    enum verify_class class = example->class;
    size_t max = verify->options->examples;
    if (report->example_counts[class] >= (max < VERIFY_EXAMPLES_MAX ? max : VERIFY_EXAMPLES_MAX))
        return;
    if (report->examples[class] == NULL)
        report->examples[class] =
            arena_zero(&report->arena, VERIFY_EXAMPLES_MAX * sizeof(*report->examples[class]));
    struct verify_example *kept = &report->examples[class][report->example_counts[class]++];
    *kept = *example;
    kept->source_id = arena_copy(&report->arena, id).data;
}

static bool verify_report_one(struct verify *verify, enum verify_class class,
                              const struct verify_document *document,
                              const struct stored_version *stored, struct error *err)
{
    const struct verify_options *options = verify->options;
    bool has_version = document->present && document->readable;
    struct verify_example example = {
        .source_version = has_version ? document->version : TIME_NONE,
        .target_version = stored->known ? stored->version : TIME_NONE,
    };
    if (!verify_explain(verify, document, stored, &class, example.code, err))
        return false;
    example.class = class;
    verify->report->summary.counts[class]++;
    verify_keep_example(verify, &example, document->id);
    if (options->found != NULL && class < VERIFY_DIFFERENCES) {
        char *text AUTO_FREE = memory_string_str(document->id);
        options->found(options->context, class, text);
    }
    return true;
}

/* ---- looking ---- */

/* What the source said of one id; absent unless the page has it. */
static void verify_find(const struct verify_document *found, size_t count, struct str id,
                        struct verify_document *ret_document)
{
    *ret_document = (struct verify_document){.id = id, .version = TIME_NONE};
    for (size_t i = 0; i < count; i++) {
        if (str_equal(found[i].id, id))
            *ret_document = found[i];
    }
    ret_document->id = id;
}

enum look_result { LOOK_CLEARED, LOOK_NEWER, LOOK_AGAIN, LOOK_CONFIRMED };

static enum look_result verify_judge(const struct verify *verify, const struct suspect *suspect,
                                     const struct verify_document *document,
                                     const struct stored_version *stored,
                                     enum verify_class *ret_class)
{
    int64_t read_time_ns = verify->answer.read_time_ns;
    if (!verify_differ(document, stored, read_time_ns, ret_class))
        return LOOK_CLEARED;
    bool has_version = document->present && document->readable;
    if (has_version && document->version > suspect->horizon_ns)
        return LOOK_NEWER;
    bool young =
        !document->present || !document->readable || document->version > read_time_ns - FRESH_NS;
    int64_t waited_us = clock_monotonic_us() - suspect->seen_us;
    return young && waited_us < verify->options->patience_us ? LOOK_AGAIN : LOOK_CONFIRMED;
}

/* Those of `suspects` that deserve another look are moved to its front; returns how many. */
static bool verify_judge_all(struct verify *verify, struct suspect *suspects, size_t count,
                             const struct verify_document *found,
                             const struct stored_version *stored, size_t *ret_again,
                             struct error *err)
{
    size_t again = 0;
    for (size_t i = 0; i < count; i++) {
        struct verify_document document;
        enum verify_class class = VERIFY_MISSING;
        verify_find(found, verify->answer.page->count, suspects[i].id, &document);
        switch (verify_judge(verify, &suspects[i], &document, &stored[i], &class)) {
        case LOOK_CLEARED:
            break;
        case LOOK_NEWER:
            verify->report->summary.newer++;
            break;
        case LOOK_AGAIN:
            suspects[again++] = suspects[i];
            break;
        case LOOK_CONFIRMED:
            if (!verify_report_one(verify, class, &document, &stored[i], err))
                return false;
            break;
        }
    }
    *ret_again = again;
    return true;
}

/* Source first, target after it. */
static bool verify_look(struct verify *verify, struct suspect *suspects, size_t count,
                        size_t *ret_again, struct error *err)
{
    const char *texts[LOOK_MAX];
    struct str ids[LOOK_MAX];
    struct stored_version stored[LOOK_MAX];
    for (size_t i = 0; i < count; i++) {
        ids[i] = suspects[i].id;
        texts[i] = ids[i].data;
    }
    arena_reset(&verify->scratch);
    if (!verify_ask_documents(verify, texts, count, err) ||
        !target_read_versions(verify->target, SOURCE_FIRESTORE, ids, count, &verify->scratch,
                              stored, err))
        return false;
    size_t found_count = verify->answer.page->count;
    struct verify_document *found =
        arena_zero(&verify->scratch, (found_count + 1) * sizeof(*found));
    for (size_t i = 0; i < found_count; i++)
        verify_decode(verify, i, verify->options->deep, &found[i]);
    return verify_judge_all(verify, suspects, count, found, stored, ret_again, err);
}

static bool verify_look_at_all(struct verify *verify, struct error *err)
{
    size_t kept = 0;
    for (size_t at = 0; at < verify->suspect_count; at += LOOK_MAX) {
        struct suspect *some = verify->suspects + at;
        size_t left = verify->suspect_count - at;
        size_t again = 0;
        if (!verify_look(verify, some, left < LOOK_MAX ? left : LOOK_MAX, &again, err))
            return false;
        memmove(verify->suspects + kept, some, again * sizeof(*some));
        kept += again;
    }
    verify->suspect_count = kept;
    return true;
}

bool verify_check(struct verify *verify, struct error *err)
{
    while (verify->suspect_count > 0) {
        if (!verify_look_at_all(verify, err))
            return false;
        if (verify->suspect_count > 0 && !verify_pause(verify, LOOK_AGAIN_US, err))
            return false;
    }
    arena_reset(&verify->suspect_arena);
    verify->suspect_bytes = 0;
    verify_answer_clear(verify);
    return true;
}

bool verify_suspect(struct verify *verify, struct str id, int64_t horizon_ns, struct error *err)
{
    bool full = verify->suspect_count == SUSPECTS_MAX || verify->suspect_bytes > SUSPECTS_BYTES;
    if (full && !verify_check(verify, err))
        return false;
    verify->suspects[verify->suspect_count++] = (struct suspect){
        .id = arena_copy(&verify->suspect_arena, id),
        .seen_us = clock_monotonic_us(),
        .horizon_ns = horizon_ns,
    };
    verify->suspect_bytes += id.len + 1;
    return true;
}
