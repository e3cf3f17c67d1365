/* What comes back to the engine on a stage: pages and documents that it asked the source for,
 * answers of the survey, results of the writers. See stage.h. */
#include "lib/stage.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/check.h"

/* ---- what it asked for ---- */

void stage_time(struct stage *stage, int64_t read_time_ns)
{
    struct page *page = memory_zero(1, sizeof(*page));
    page_done_fn *done = stage->page_done;
    assert_non_null(done);
    stage->page_done = NULL;
    page->read_time_ns = read_time_ns;
    page->last = true;
    done(stage->page_context, page, NULL);
    stage_turn(stage);
}

static size_t split_words(char *text, char **words, size_t max)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL && count < max;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return count;
}

/* A page as the played source would send it: the bytes of a document are its id. */
static void page_add(struct page *page, const char *id)
{
    page->raw.max = 65536;
    page->offsets = memory_resize(page->offsets, (page->count + 2) * sizeof(*page->offsets));
    if (page->count == 0)
        page->offsets[0] = 0;
    buffer_append_text(&page->raw, id);
    page->offsets[++page->count] = page->raw.len;
}

static bool has_word(char **words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

void stage_fetched(struct stage *stage, const char *missing, int64_t read_time_ns)
{
    char *asked_text AUTO_FREE = memory_string(stage->fetched);
    char *missing_text AUTO_FREE = memory_string(missing);
    char *asked[ENGINE_FETCH_MAX];
    char *gone[ENGINE_FETCH_MAX];
    struct page *found = memory_zero(1, sizeof(*found));
    fetch_done_fn *done = stage->fetch_done;
    assert_non_null(done);
    size_t asked_count = split_words(asked_text, asked, ENGINE_FETCH_MAX);
    size_t gone_count = split_words(missing_text, gone, ENGINE_FETCH_MAX);
    char **list = memory_zero(gone_count + 1, sizeof(*list));
    for (size_t i = 0; i < gone_count; i++)
        list[i] = memory_string(gone[i]);
    for (size_t i = 0; i < asked_count; i++) {
        if (!has_word(gone, gone_count, asked[i]))
            page_add(found, asked[i]);
    }
    stage->fetch_done = NULL;
    done(stage->fetch_context, found, list, gone_count, read_time_ns, NULL);
    stage_turn(stage);
}

void stage_view(struct stage *stage, uint64_t view)
{
    assert_true(stage->asked);
    assert_int_equal(stage->answer.request.kind, SURVEY_VIEW);
    stage->answer.done = stage->answered = true;
    stage->answer.view = view;
    stage_turn(stage);
}

void stage_live(struct stage *stage, const char *ids)
{
    char *text AUTO_FREE = memory_string(ids);
    char *words[1024];
    size_t count = split_words(text, words, 1024);
    struct ledger *ledger = stage->ledger;
    struct seen *seen = stage->answer.request.seen;
    assert_true(stage->asked);
    assert_int_equal(stage->answer.request.kind, SURVEY_ABSENT);
    LEDGER_OK(ledger, seen_compare_begin(seen, &ledger->err));
    for (size_t i = 0; i < count; i++)
        LEDGER_OK(ledger, seen_compare(seen, str_from(words[i]), &ledger->err));
    LEDGER_OK(ledger, seen_compare_end(seen, &stage->answer.absent, &ledger->err));
    stage->answer.view = count;
    stage->answer.done = stage->answered = true;
    stage_turn(stage);
}

/* ---- results ---- */

static struct job *take_job(struct stage *stage, size_t i)
{
    assert_true(i < stage->job_count);
    struct job *job = stage->jobs[i];
    stage->job_count--;
    memmove(stage->jobs + i, stage->jobs + i + 1, (stage->job_count - i) * sizeof(job));
    return job;
}

static struct settled_change *add_change(struct result *result, const char *id,
                                         enum outcome outcome)
{
    struct settled_change *change = &result->changes[result->count++];
    change->source = SOURCE_FIRESTORE;
    change->source_id = arena_copy(&result->arena, str_from(id)).data;
    change->version = 9;
    change->outcome = outcome;
    change->stage = "apply";
    change->label = "";
    result->counts.seen++;
    return change;
}

static struct result *make_result(struct job *job)
{
    struct result *result = memory_zero(1, sizeof(*result));
    size_t documents = job->page == NULL ? 0 : job->page->count;
    result->job = job;
    result->fence_seq = 1;
    result->changes =
        arena_zero(&result->arena, (documents + job->gone_count + 1) * sizeof(*result->changes));
    for (size_t i = 0; i < job->gone_count; i++) {
        bool held = job->hold != ERROR_NONE;
        struct settled_change *change =
            add_change(result, job->gone[i].id, held ? OUTCOME_HELD : OUTCOME_DELETED);
        change->version = job->gone[i].at_ns;
        result->counts.deleted += !held;
        result->counts.held += held;
        if (held) {
            struct error *error = arena_zero(&result->arena, sizeof(*error));
            error_set(error, job->hold, "held");
            change->error = error;
        }
    }
    return result;
}

void stage_land(struct stage *stage, size_t i)
{
    stage->results[stage->result_count++] = make_result(take_job(stage, i));
    stage_turn(stage);
}

void stage_lose(struct stage *stage, size_t i)
{
    struct result *result = memory_zero(1, sizeof(*result));
    result->job = take_job(stage, i);
    result->abandoned = result->fence_behind = true;
    stage->results[stage->result_count++] = result;
    stage_turn(stage);
}

static void add_failed(struct result *result, const char *id)
{
    struct error *error = arena_zero(&result->arena, sizeof(*error));
    error_set(error, ERROR_SOURCE_DECODE, "as played");
    struct settled_change *change = add_change(result, id, OUTCOME_FAILED);
    change->error = error;
    change->permanent = true;
    change->attempted = true;
    result->counts.failed++;
}

void stage_fail_found(struct stage *stage, size_t i)
{
    struct result *result = make_result(take_job(stage, i));
    const struct page *page = result->job->page;
    for (size_t d = 0; page != NULL && d < page->count; d++) {
        struct str id = {page->raw.data + page->offsets[d],
                         page->offsets[d + 1] - page->offsets[d]};
        add_failed(result, arena_copy(&result->arena, id).data);
    }
    stage->results[stage->result_count++] = result;
    stage_turn(stage);
}

void stage_fail(struct stage *stage, size_t i, const char *id)
{
    struct result *result = make_result(take_job(stage, i));
    add_failed(result, id);
    stage->results[stage->result_count++] = result;
    stage_turn(stage);
}

const char *stage_job_text(struct stage *stage, size_t i)
{
    static char text[4096];
    size_t used = 0;
    assert_true(i < stage->job_count);
    const struct job *job = stage->jobs[i];
    text[0] = '\0';
    for (size_t d = 0; job->page != NULL && d < job->page->count; d++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s", used == 0 ? "" : " ",
                                 (int)(job->page->offsets[d + 1] - job->page->offsets[d]),
                                 job->page->raw.data + job->page->offsets[d]);
    for (size_t g = 0; g < job->gone_count; g++)
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s-%s@%lld", used == 0 ? "" : " ",
                             job->gone[g].id, (long long)job->gone[g].at_ns);
    return text;
}

const char *stage_row(struct stage *stage)
{
    static char text[128];
    struct ledger *ledger = stage->ledger;
    struct listen_checkpoint row;
    bool found = false;
    LEDGER_OK(ledger, journal_listen_load(ledger->journal, SOURCE_FIRESTORE, "p/d/Orders",
                                          &ledger->arena, &found, &row, &ledger->err));
    if (!found)
        return "none";
    snprintf(text, sizeof(text), "%.*s/%lld/%d/%d", STR_ARG(row.token),
             row.read_time_ns == TIME_NONE ? -1 : (long long)row.read_time_ns, row.complete,
             row.run_id[0] != '\0');
    return text;
}
