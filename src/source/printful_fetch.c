/* Printful orders by id; one that begins with @ is the shop's own (external) id. */
#include "source/printful_internal.h"

#include <string.h>

#include "base/clock.h"
#include "source/partial.h"
#include "model/slice.h"

struct fetch_order {
    struct fetch *fetch;
    char *id;
    struct buffer text;
    bool gone;
};

struct fetch {
    struct rest_job job;
    struct source *source;
    struct fetch_order *orders;
    size_t count;
    size_t pending;
    int64_t read_time_ns; /* the oldest answer's */
    fetch_done_fn *done;
    void *context;
};

static void fetch_release(struct rest_job *job)
{
    struct fetch *fetch = (struct fetch *)job;
    for (size_t i = 0; i < fetch->count; i++) {
        free(fetch->orders[i].id);
        buffer_free(&fetch->orders[i].text);
    }
    free(fetch->orders);
    free(fetch);
}

static void fetch_free(struct fetch *fetch)
{
    rest_job_end(fetch->source->rest, &fetch->job);
    fetch_release(&fetch->job);
}

static void fetch_fail(struct fetch *fetch, const struct error *err)
{
    rest_drop(fetch->source->rest, fetch);
    fetch->done(fetch->context, NULL, NULL, 0, TIME_NONE, err);
    fetch_free(fetch);
}

static struct page *fetch_page(const struct fetch *fetch)
{
    struct page_builder builder = {.page = NULL};
    bool fits = true;
    page_builder_begin(&builder, PRINTFUL_PAGE_BYTES);
    for (size_t i = 0; i < fetch->count && fits; i++) {
        if (!fetch->orders[i].gone)
            fits = page_builder_add(&builder, buffer_str(&fetch->orders[i].text));
    }
    if (!fits)
        page_builder_free(&builder);
    return page_builder_take(&builder);
}

static void fetch_finish(struct fetch *fetch)
{
    struct error error;
    struct page *page = fetch_page(fetch);
    if (page == NULL) {
        error_set(&error, ERROR_SOURCE_TOO_LARGE, "Printful: orders of more than %u bytes at once",
                  PRINTFUL_PAGE_BYTES);
        fetch_fail(fetch, &error);
        return;
    }
    char **missing = memory_zero(fetch->count, sizeof(*missing));
    size_t count = 0;
    for (size_t i = 0; i < fetch->count; i++) {
        if (fetch->orders[i].gone)
            missing[count++] = memory_string(fetch->orders[i].id);
    }
    page->last = true;
    page->read_time_ns =
        fetch->read_time_ns == TIME_NONE ? clock_wall_us() * 1000 : fetch->read_time_ns;
    rest_count_documents(fetch->source->rest, page->count);
    fetch->done(fetch->context, page, missing, count, page->read_time_ns, NULL);
    fetch_free(fetch);
}

static void order_done(void *context, const struct rest_reply *reply, const struct error *err)
{
    struct fetch_order *order = context;
    struct fetch *fetch = order->fetch;
    if (err != NULL && err->id != ERROR_SOURCE_ABSENT && !partial_concerns_one(err)) {
        fetch_fail(fetch, err);
        return;
    }
    if (err == NULL) {
        buffer_append_str(&order->text, slice_get(reply->body, "result"));
        if (fetch->read_time_ns == TIME_NONE || reply->asked_ns < fetch->read_time_ns)
            fetch->read_time_ns = reply->asked_ns;
    } else if (err->id == ERROR_SOURCE_ABSENT) {
        order->gone = true;
    } else {
        partial_append_document(&order->text, order->id, err);
    }
    if (--fetch->pending == 0)
        fetch_finish(fetch);
}

static void order_ask(struct fetch_order *order)
{
    struct buffer path = {.max = PRINTFUL_PATH_MAX};
    const char *id = order->id;
    buffer_append_text(&path, id[0] == '@' ? "/orders/@" : "/orders/");
    rest_append_escaped(&path, str_from(id[0] == '@' ? id + 1 : id));
    struct rest_request request = {.path = path.data,
                                   .owner = order->fetch,
                                   .bounded = true,
                                   .done = order_done,
                                   .context = order};
    rest_get(order->fetch->source->rest, &request);
    buffer_free(&path);
}

static bool is_known(const struct fetch *fetch, const char *id)
{
    for (size_t i = 0; i < fetch->count; i++) {
        if (strcmp(fetch->orders[i].id, id) == 0)
            return true;
    }
    return false;
}

void printful_fetch(struct source *source, const char *const *ids, size_t count,
                    fetch_done_fn *done, void *context)
{
    struct fetch *fetch = memory_zero(1, sizeof(*fetch));
    fetch->source = source;
    fetch->orders = memory_zero(count, sizeof(*fetch->orders));
    fetch->read_time_ns = TIME_NONE;
    fetch->done = done;
    fetch->context = context;
    rest_job_begin(source->rest, &fetch->job, fetch_release);
    for (size_t i = 0; i < count; i++) {
        if (is_known(fetch, ids[i]))
            continue;
        struct fetch_order *order = &fetch->orders[fetch->count++];
        *order = (struct fetch_order){
            .fetch = fetch, .id = memory_string(ids[i]), .text = {.max = REST_MAX_BODY}};
        order_ask(order);
    }
    fetch->pending = fetch->count;
    if (fetch->count == 0)
        fetch_finish(fetch);
}
