/* Walking Printful's orders: pages by offset, which neither dates nor a stable order support. Pages
 * overlap, so that orders deleted meanwhile make none be skipped; what was seen on the page before
 * is left out. The walk ends with the last page, or after a whole page older than the window, if
 * that page runs from new to old (as users report; it is not documented). */
#include "source/printful_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "model/slice.h"

#define STEP_BACK_MAX 3
#define EMPTY_MAX 4 /* pages without an order where there should be some */

/* "OFFSET:TOTAL:ID,ID,...": the ids of the overlap. */
struct place {
    int64_t offset;
    int64_t total; /* when the page before was read, -1: none */
    char seen[PRINTFUL_OVERLAP * 24];
};

struct walk {
    struct rest_job job;
    struct source *source;
    struct lookback_window window;
    struct place place;
    unsigned steps_back, empty;
    lookback_done_fn *done;
    void *context;
};

/* What one page amounts to. */
struct sight {
    size_t count;      /* orders listed */
    size_t fresh;      /* not on the page before */
    bool all_older;    /* than the window */
    bool newest_first; /* each not newer than the one before */
    bool fits;
    int64_t previous_s;
};

static void walk_ask(struct walk *walk);

/* ---- the cursor ---- */

static bool place_parse(struct place *place, const char *cursor)
{
    int used = 0;
    if (sscanf(cursor, "%" SCNd64 ":%" SCNd64 ":%n", &place->offset, &place->total, &used) != 2 ||
        used == 0 || place->offset < 0 || strlen(cursor + used) >= sizeof(place->seen))
        return false;
    STR_FILL(place->seen, cursor + used);
    return true;
}

static bool place_has_seen(const struct place *place, struct str id)
{
    const char *at = place->seen;
    while (*at != '\0') {
        size_t len = strcspn(at, ",");
        if (str_equal(id, (struct str){at, len}))
            return true;
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return false;
}

/* An id as it stands between commas: a number or a string of one; data NULL for anything else. */
static struct str order_id(struct str order)
{
    struct str id = slice_get(order, "id");
    struct str text = slice_text(id);
    if (text.data != NULL)
        id = text;
    bool plain = id.len > 0 && id.len <= 20;
    for (size_t i = 0; plain && i < id.len; i++)
        plain = id.data[i] >= '0' && id.data[i] <= '9';
    return plain ? id : STR_NULL;
}

/* The last orders of a page, which the next one begins with. */
static char *next_cursor(const struct walk *walk, struct str orders, size_t count, int64_t total)
{
    struct buffer text = {.max = 1024};
    struct slice slice = slice_begin(orders);
    struct str order;
    size_t overlap = count > PRINTFUL_OVERLAP ? PRINTFUL_OVERLAP : 0;
    buffer_append_format(&text, "%" PRId64 ":%" PRId64 ":",
                         walk->place.offset + (int64_t)(count - overlap), total);
    for (size_t i = 0; slice_next(&slice, NULL, &order); i++) {
        struct str id = order_id(order);
        if (i >= count - overlap && id.data != NULL)
            buffer_append_format(&text, "%.*s,", STR_ARG(id));
    }
    return text.data;
}

/* ---- a page ---- */

static void sight_take(struct sight *sight, const struct walk *walk, struct str order,
                       struct page_builder *builder)
{
    int64_t created_s = 0;
    bool dated = slice_integer(slice_get(order, "created"), &created_s);
    if (sight->count > 0 && created_s > sight->previous_s)
        sight->newest_first = false;
    sight->previous_s = created_s;
    sight->count++;
    if (!dated || created_s >= walk->window.from_s)
        sight->all_older = false;
    if (place_has_seen(&walk->place, order_id(order)))
        return;
    sight->fresh++;
    /* An order without a date is nobody's window's: it is read rather than lost. */
    bool inside = !dated || (created_s >= walk->window.from_s && created_s <= walk->window.to_s);
    if (inside && !page_builder_add(builder, order))
        sight->fits = false;
}

static struct lookback_page *page_make(const struct walk *walk, const struct rest_reply *reply,
                                       struct str orders, struct sight *ret_sight)
{
    struct sight sight = {.all_older = true, .newest_first = true, .fits = true};
    struct page_builder builder = {.page = NULL};
    struct slice slice = slice_begin(orders);
    struct str order;
    page_builder_begin(&builder, PRINTFUL_PAGE_BYTES);
    while (slice_next(&slice, NULL, &order))
        sight_take(&sight, walk, order, &builder);
    struct lookback_page *page = memory_zero(1, sizeof(*page));
    page->page = page_builder_take(&builder);
    page->page->read_time_ns = reply->asked_ns;
    page->checked = sight.fresh;
    rest_count_documents(walk->source->rest, page->page->count);
    *ret_sight = sight;
    return page;
}

/* ---- the walk ---- */

static void walk_release(struct rest_job *job)
{
    free((struct walk *)job);
}

static void walk_end(struct walk *walk, struct lookback_page *take_page, const struct error *err)
{
    walk->done(walk->context, take_page, err);
    rest_job_end(walk->source->rest, &walk->job);
    free(walk);
}

/* More orders went than pages overlap: what moved up behind our back is read again. */
static bool walk_step_back(struct walk *walk, int64_t total)
{
    struct place *place = &walk->place;
    int64_t lost = place->total - total;
    if (place->total < 0 || lost < PRINTFUL_OVERLAP || place->offset == 0 ||
        ++walk->steps_back > STEP_BACK_MAX)
        return false;
    place->offset = place->offset > lost ? place->offset - lost : 0;
    place->total = total;
    place->seen[0] = '\0';
    walk_ask(walk);
    return true;
}

/* A page that holds nothing although the count says that the list goes on is no end of it. Asked
 * for again; false: there is nothing wrong with the page. */
static bool walk_refuse_empty(struct walk *walk, struct str orders, int64_t total)
{
    struct error error;
    if (slice_count(orders) > 0 || walk->place.offset >= total)
        return false;
    if (++walk->empty < EMPTY_MAX) {
        walk_ask(walk);
        return true;
    }
    error_set(&error, ERROR_SOURCE_PROTOCOL,
              "Printful: nothing from the place %" PRId64 " on of a list of %" PRId64 " orders",
              walk->place.offset, total);
    walk_end(walk, NULL, &error);
    return true;
}

static void walk_done(void *context, const struct rest_reply *reply, const struct error *err)
{
    struct walk *walk = context;
    struct error error;
    if (err != NULL) {
        error = *err;
        if (error.id == ERROR_SOURCE_ABSENT)
            error.id = ERROR_SOURCE_REFUSED; /* the list itself: not something that was deleted */
        walk_end(walk, NULL, &error);
        return;
    }
    int64_t total = -1;
    struct sight sight;
    struct str orders = slice_get(reply->body, "result");
    bool counted = slice_integer(slice_get(slice_get(reply->body, "paging"), "total"), &total);
    if (!slice_is_array(orders)) {
        error_set(&error, ERROR_SOURCE_PROTOCOL, "Printful: a list that is none");
        walk_end(walk, NULL, &error);
        return;
    }
    if (counted && (walk_step_back(walk, total) || walk_refuse_empty(walk, orders, total)))
        return;
    struct lookback_page *page = page_make(walk, reply, orders, &sight);
    if (!sight.fits) {
        lookback_page_free(page);
        error_set(&error, ERROR_SOURCE_TOO_LARGE, "Printful: a page that is too large");
        walk_end(walk, NULL, &error);
        return;
    }
    bool more = counted ? walk->place.offset + (int64_t)sight.count < total
                        : sight.count >= PRINTFUL_LIST_MAX;
    bool beyond = sight.all_older && sight.newest_first;
    if (more && sight.count > 0 && !beyond)
        page->cursor = next_cursor(walk, orders, sight.count, total);
    walk_end(walk, page, NULL);
}

static void walk_ask(struct walk *walk)
{
    char path[96];
    snprintf(path, sizeof(path), "/orders?limit=%d&offset=%" PRId64, PRINTFUL_LIST_MAX,
             walk->place.offset);
    struct rest_request request = {.path = path, .owner = walk, .done = walk_done, .context = walk};
    rest_get(walk->source->rest, &request);
}

void printful_walk(struct source *source, const struct lookback_window *window, const char *cursor,
                   lookback_done_fn *done, void *context)
{
    struct walk *walk = memory_zero(1, sizeof(*walk));
    walk->source = source;
    walk->window = *window;
    walk->done = done;
    walk->context = context;
    rest_job_begin(source->rest, &walk->job, walk_release);
    /* A cursor of another form is another version's: from the beginning. */
    if (cursor == NULL || !place_parse(&walk->place, cursor))
        walk->place = (struct place){.total = -1};
    walk_ask(walk);
}
