/* The source's side of a verification: one request at a time, waited for. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/verify_inside.h"
#include "model/digest.h"

#define TURN_US 100000

void verify_answer_clear(struct verify *verify)
{
    struct verify_answer *answer = &verify->answer;
    page_free(answer->page);
    for (size_t i = 0; i < answer->missing_count; i++)
        free(answer->missing[i]);
    free(answer->missing);
    *answer = (struct verify_answer){.read_time_ns = TIME_NONE};
}

static void take_page(void *context, struct page *take_page, const struct error *err)
{
    struct verify_answer *answer = &((struct verify *)context)->answer;
    answer->there = true;
    answer->page = take_page;
    if (err != NULL)
        answer->error = *err;
    else
        answer->read_time_ns = take_page->read_time_ns;
}

static void take_documents(void *context, struct page *take_found, char **take_missing,
                           size_t missing, int64_t read_time_ns, const struct error *err)
{
    struct verify_answer *answer = &((struct verify *)context)->answer;
    answer->there = true;
    answer->page = take_found;
    answer->missing = take_missing;
    answer->missing_count = missing;
    answer->read_time_ns = read_time_ns;
    if (err != NULL)
        answer->error = *err;
}

static bool verify_turn(struct verify *verify, int64_t wait_us, struct error *err)
{
    struct source_meter meter;
    const struct verify_options *options = verify->options;
    verify->ops->step(verify->source, wait_us);
    verify->ops->meter(verify->source, &meter);
    verify->report->reads = meter.documents_read;
    if (meter.last_error.id == ERROR_READ_BUDGET) { /* until tomorrow: nobody waits so long */
        *err = meter.last_error;
        return false;
    }
    if (options->progress == NULL || options->progress(options->context, verify->report))
        return true;
    return error_set(err, ERROR_VERIFY_CANCELLED, "verification was ended before it was through");
}

static bool verify_wait(struct verify *verify, struct error *err)
{
    while (!verify->answer.there) {
        if (!verify_turn(verify, TURN_US, err))
            return false;
    }
    if (verify->answer.error.id == ERROR_NONE)
        return true;
    *err = verify->answer.error;
    return false;
}

bool verify_pause(struct verify *verify, int64_t duration_us, struct error *err)
{
    int64_t until = clock_monotonic_us() + duration_us;
    for (int64_t left = duration_us; left > 0; left = until - clock_monotonic_us()) {
        if (!verify_turn(verify, left < TURN_US ? left : TURN_US, err))
            return false;
    }
    return true;
}

bool verify_ask_page(struct verify *verify, const struct range *range, size_t limit,
                     struct error *err)
{
    verify_answer_clear(verify);
    if (verify->options->deep)
        verify->ops->page(verify->source, range, limit, take_page, verify);
    else
        verify->ops->names(verify->source, range, limit, take_page, verify);
    return verify_wait(verify, err);
}

bool verify_ask_documents(struct verify *verify, const char *const *ids, size_t count,
                          struct error *err)
{
    verify_answer_clear(verify);
    verify->ops->fetch(verify->source, ids, count, take_documents, verify);
    return verify_wait(verify, err);
}

static void digest_text(const struct value *content, char ret_text[DIGEST_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    struct digest digest = digest_value(content);
    for (size_t i = 0; i < sizeof(digest.bytes); i++) {
        ret_text[2 * i] = digits[digest.bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[digest.bytes[i] & 15];
    }
    ret_text[2 * sizeof(digest.bytes)] = '\0';
}

/* The tree is needed for its digest alone, so the arena is a document's, not a page's. */
void verify_decode(struct verify *verify, size_t i, bool deep, struct verify_document *ret_document)
{
    struct arena arena = {0};
    struct document document = {.id = STR("")};
    struct error unreadable = {0};
    *ret_document = (struct verify_document){.present = true};
    ret_document->readable =
        verify->ops->decode(verify->answer.page, i, &arena, &document, &unreadable);
    ret_document->id = document.id;
    ret_document->version = ret_document->readable ? document.version : TIME_NONE;
    if (ret_document->readable && deep)
        digest_text(document.content, ret_document->digest);
    arena_free(&arena);
}
