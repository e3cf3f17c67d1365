/* The walk: pages of the source in the order of names, beside the names of the target in the same
 * order. What is in a page is compared by version; what the target has between is extra. */
#include "engine/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/verify_inside.h"

#define NAMES_PAGE 1000 /* COMPARE_MAX */

void verify_report_free(struct verify_report *report)
{
    arena_free(&report->arena);
    *report = (struct verify_report){.target_documents = 0};
}

/* ---- opening ---- */

static void verify_tell_target(const struct verify *verify, struct target *target)
{
    const struct verify_options *options = verify->options;
    if (options->opened != NULL)
        options->opened(options->context, target);
}

static bool verify_open_target(struct verify *verify, struct error *err)
{
    struct target_options options = {
        .database_url = settings_text(verify->settings, SET_DATABASE_URL),
        .application_name = "ordersync verify",
        .statement_timeout_s = (int)settings_integer(verify->settings, SET_STATEMENT_TIMEOUT),
        .read_only = true,
    };
    if (!target_open(&options, &verify->target, err))
        return false;
    verify_tell_target(verify, verify->target);
    return target_check_schema(verify->target, err) &&
           target_check_origin(verify->target, SOURCE_FIRESTORE,
                               verify->ops->identity(verify->source), err);
}

static bool verify_open(struct verify *verify, struct error *err)
{
    if (!verify->ops->open(verify->settings, &verify->source, err))
        return false;
    if (verify->ops->spent != NULL && verify->options->reads_at_us != TIME_NONE)
        verify->ops->spent(verify->source, verify->options->reads_today,
                           verify->options->reads_at_us);
    verify->suspects = memory_zero(SUSPECTS_MAX, sizeof(*verify->suspects));
    return verify_open_target(verify, err);
}

static void verify_close(struct verify *verify)
{
    struct source_meter meter = {.documents_read = 0};
    verify_answer_clear(verify);
    if (verify->source != NULL) {
        verify->ops->meter(verify->source, &meter);
        verify->report->reads = meter.documents_read;
        verify->ops->close(verify->source);
    }
    verify_tell_target(verify, NULL);
    target_close(verify->target);
    free(verify->suspects);
    arena_free(&verify->scratch);
    arena_free(&verify->page_arena);
    arena_free(&verify->names_arena);
    arena_free(&verify->suspect_arena);
}

/* ---- the target's names ---- */

static bool names_fill(struct verify *verify, struct error *err)
{
    if (verify->name_at < verify->name_count || verify->names_end)
        return true;
    arena_reset(&verify->names_arena);
    verify->name_at = 0;
    if (!target_names_next(verify->target, &verify->names_arena, &verify->names,
                           &verify->name_count, err))
        return false;
    verify->names_end = verify->name_count == 0;
    verify->report->target_documents += verify->name_count;
    return true;
}

/* The target's names up to a page's last one (all that are left, behind the last page): those that
 * the page lacks are suspects. */
static bool names_walk(struct verify *verify, const struct verify_document *page, size_t count,
                       bool last, int64_t read_time_ns, struct error *err)
{
    size_t at = 0;
    while (names_fill(verify, err)) {
        if (verify->names_end)
            return true;
        struct str name = verify->names[verify->name_at];
        while (at < count && str_compare(page[at].id, name) < 0)
            at++;
        if (at == count && !last)
            return true;
        bool there = at < count && str_equal(page[at].id, name);
        if (!there && !verify_suspect(verify, name, read_time_ns, err))
            return false;
        verify->name_at++;
    }
    return false;
}

/* ---- pages ---- */

/* Taken out of the answer, because the second look needs the answer's place. */
static struct verify_document *page_take(struct verify *verify, struct str **ret_ids)
{
    size_t count = verify->answer.page->count;
    struct verify_document *page = arena_zero(&verify->page_arena, (count + 1) * sizeof(*page));
    struct str *ids = arena_zero(&verify->page_arena, (count + 1) * sizeof(*ids));
    for (size_t i = 0; i < count; i++) {
        verify_decode(verify, i, verify->options->deep, &page[i]);
        ids[i] = page[i].id = arena_copy(&verify->page_arena, page[i].id);
    }
    *ret_ids = ids;
    return page;
}

static bool page_compare(struct verify *verify, const struct verify_document *page,
                         const struct str *ids, size_t count, int64_t read_time_ns,
                         struct error *err)
{
    struct stored_version *stored = arena_zero(&verify->page_arena, (count + 1) * sizeof(*stored));
    enum verify_class class;
    if (!target_read_versions(verify->target, SOURCE_FIRESTORE, ids, count, &verify->page_arena,
                              stored, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (verify_differ(&page[i], &stored[i], read_time_ns, &class) &&
            !verify_suspect(verify, page[i].id, read_time_ns, err))
            return false;
    }
    return true;
}

/* `*after` (heap, NULL at the start) moves to the page's last name; *ret_last: that was the last
 * page. */
static bool page_next(struct verify *verify, size_t limit, char **after, bool *ret_last,
                      struct error *err)
{
    struct range range = {.after = str_from(*after)};
    struct str *ids = NULL;
    if (!verify_ask_page(verify, &range, limit, err))
        return false;
    arena_reset(&verify->page_arena);
    struct verify_document *page = page_take(verify, &ids);
    size_t count = verify->answer.page->count;
    int64_t read_time_ns = verify->answer.read_time_ns;
    *ret_last = verify->answer.page->last;
    if (count > 0) {
        free(*after);
        *after = memory_string_str(page[count - 1].id);
    }
    verify->report->summary.documents += count;
    verify_answer_clear(verify);
    return page_compare(verify, page, ids, count, read_time_ns, err) &&
           names_walk(verify, page, count, *ret_last, read_time_ns, err);
}

static bool verify_walk(struct verify *verify, struct error *err)
{
    char *after = NULL;
    bool last = false;
    size_t limit = verify->options->deep ? (size_t)settings_integer(verify->settings, SET_PAGE_SIZE)
                                         : NAMES_PAGE;
    bool good = target_names_open(verify->target, SOURCE_FIRESTORE, err);
    while (good && !last)
        good = page_next(verify, limit, &after, &last, err);
    free(after);
    return good && verify_check(verify, err) && target_names_close(verify->target, err);
}

/* ---- from outside ---- */

typedef bool verify_work_fn(struct verify *verify, const char *const *ids, size_t count,
                            struct error *err);

static bool work_all(struct verify *verify, const char *const *ids, size_t count, struct error *err)
{
    (void)ids;
    (void)count;
    return verify_walk(verify, err);
}

static bool work_some(struct verify *verify, const char *const *ids, size_t count,
                      struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!verify_suspect(verify, str_from(ids[i]), INT64_MAX, err))
            return false;
    }
    verify->report->summary.documents = count;
    return verify_check(verify, err);
}

static bool verify_work(const struct settings *settings, const struct verify_options *options,
                        verify_work_fn *work, const char *const *ids, size_t count,
                        struct verify_report *ret_report, struct error *err)
{
    struct verify_report report = {
        .summary = {.source = SOURCE_FIRESTORE,
                    .started_us = clock_wall_us(),
                    .deep = options->deep,
                    .result = "done"},
    };
    struct verify verify = {
        .settings = settings,
        .options = options,
        .ops = &source_firestore,
        .report = &report,
    };
    bool good = verify_open(&verify, err) && work(&verify, ids, count, err);
    verify_close(&verify);
    report.summary.finished_us = clock_wall_us();
    if (!good) {
        uint64_t reads = report.reads;
        verify_report_free(&report);
        report.reads = reads;
    }
    *ret_report = report;
    return good;
}

bool verify_run(const struct settings *settings, const struct verify_options *options,
                struct verify_report *ret_report, struct error *err)
{
    return verify_work(settings, options, work_all, NULL, 0, ret_report, err);
}

bool verify_documents(const struct settings *settings, const struct verify_options *options,
                      const char *const *ids, size_t count, struct verify_report *ret_report,
                      struct error *err)
{
    return verify_work(settings, options, work_some, ids, count, ret_report, err);
}
