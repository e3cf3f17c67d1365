/* Walking Stripe's lists, newest first. The bounds of creation time stay the same while a cursor
 * lives; when the object it names has vanished, the walk goes on from that object's second with new
 * bounds, so that nothing is missed and little is seen twice. */
#include "source/stripe_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "model/sale.h"
#include "model/slice.h"

/* Restarts without a step back in time before it is an error. */
#define STUCK_MAX 3
#define ID_MAX 255

/* "CREATED:UNTIL:STUCK:ID" in the journal. */
struct place {
    char id[ID_MAX + 1]; /* of the last object seen, "" before the first page */
    int64_t created_s;   /* its second, 0 unknown */
    int64_t until_s;     /* upper bound: the window's, or an earlier one after a restart */
    unsigned stuck;
};

struct walk {
    struct stripe_group group; /* first: the group's finish() is given it */
    const struct walk_kind *kind;
    struct lookback_window window;
    struct place place;
    int limit;
    bool more;
    bool nameless; /* a sale of this page has no id */
    struct lookback_page *page;
    lookback_done_fn *done;
    void *context;
};

static void walk_ask(struct walk *walk);

/* ---- the two walks ---- */

/* A session that is a sale; others are passed over. */
static void take_session(struct walk *walk, struct str object)
{
    struct str id, status, payment_status, mode;
    const struct slice_wanted wanted[] = {
        {"id", &id}, {"status", &status}, {"payment_status", &payment_status}, {"mode", &mode}};
    slice_get_all(object, wanted, sizeof(wanted) / sizeof(wanted[0]));
    id = slice_text(id);
    if (session_refusal(slice_text(mode), slice_text(status), slice_text(payment_status)) !=
        ERROR_NONE)
        return;
    if (id.len > 0)
        stripe_group_add(&walk->group, id, object);
    else
        walk->nameless = true;
}

static void take_refund(struct walk *walk, struct str object)
{
    struct lookback_page *page = walk->page;
    struct str intent = slice_id(slice_get(object, "payment_intent"));
    if (intent.len == 0) { /* of a charge without a session */
        page->unnamed++;
        return;
    }
    for (size_t i = 0; i < page->reference_count; i++) {
        if (str_equal(str_from(page->references[i]), intent))
            return;
    }
    page->references[page->reference_count++] = memory_string_str(intent);
}

static const struct walk_kind {
    enum lookback_walk walk;
    const char *path; /* up to the query's first parameter */
    void (*take)(struct walk *walk, struct str object);
} kinds[] = {
    {LOOKBACK_SALES, "/v1/checkout/sessions?status=complete&expand%5B%5D=data.line_items&",
     take_session},
    {LOOKBACK_REFUNDS, "/v1/refunds?", take_refund},
};

/* ---- the cursor ---- */

static bool place_parse(struct place *place, const char *cursor)
{
    int used = 0;
    if (sscanf(cursor, "%" SCNd64 ":%" SCNd64 ":%u:%n", &place->created_s, &place->until_s,
               &place->stuck, &used) != 3 ||
        used == 0 || cursor[used] == '\0' || strlen(cursor + used) > ID_MAX)
        return false;
    STR_FILL(place->id, cursor + used);
    return true;
}

static char *place_text(const struct place *place)
{
    return memory_format("%" PRId64 ":%" PRId64 ":%u:%s", place->created_s, place->until_s,
                         place->stuck, place->id);
}

/* The cursor's object vanished: from its second again. false when that led nowhere several times.
 */
static bool place_restart(struct place *place)
{
    if (place->id[0] == '\0')
        return false;
    if (place->created_s > 0 && place->created_s < place->until_s) {
        place->until_s = place->created_s;
        place->stuck = 0;
    } else if (++place->stuck > STUCK_MAX) {
        return false;
    }
    place->id[0] = '\0';
    return true;
}

/* ---- the end ---- */

static void walk_release(struct rest_job *job)
{
    struct walk *walk = (struct walk *)job;
    lookback_page_free(walk->page);
    stripe_group_free(&walk->group);
    free(walk);
}

static void walk_free(struct walk *walk)
{
    rest_job_end(walk->group.source->rest, &walk->group.job);
    walk_release(&walk->group.job);
}

static void walk_fail(struct walk *walk, const struct error *err)
{
    walk->done(walk->context, NULL, err);
    walk_free(walk);
}

/* All sessions of the page are whole. */
static void walk_finish(struct stripe_group *group)
{
    struct walk *walk = (struct walk *)group;
    struct lookback_page *page = walk->page;
    if (group->error.id == ERROR_NONE && walk->kind->walk == LOOKBACK_SALES)
        page->page = stripe_group_page(group);
    if (group->error.id != ERROR_NONE) {
        walk_fail(walk, &group->error);
        return;
    }
    page->cursor = walk->more ? place_text(&walk->place) : NULL;
    walk->page = NULL;
    walk->done(walk->context, page, NULL);
    walk_free(walk);
}

/* ---- one page ---- */

static void take_place(struct walk *walk, struct str last)
{
    struct place *place = &walk->place;
    struct str id = slice_id(last);
    snprintf(place->id, sizeof(place->id), "%.*s", STR_ARG(id));
    if (!slice_integer(slice_get(last, "created"), &place->created_s))
        place->created_s = 0;
}

static void walk_take(struct walk *walk, struct str data)
{
    struct slice slice = slice_begin(data);
    struct str object, last = STR_NULL;
    size_t count = slice_count(data);
    stripe_group_begin(&walk->group, walk->group.source, count);
    walk->group.finish = walk_finish;
    walk->page = memory_zero(1, sizeof(*walk->page));
    walk->page->references = memory_zero(count, sizeof(*walk->page->references));
    walk->page->checked = count;
    while (slice_next(&slice, NULL, &object)) {
        walk->kind->take(walk, object);
        last = object;
    }
    if (count > 0)
        take_place(walk, last);
}

static void walk_reply(struct walk *walk, const struct rest_reply *reply)
{
    struct error error;
    struct str data = slice_get(reply->body, "data");
    walk->more = slice_is_true(slice_get(reply->body, "has_more"));
    bool empty = slice_count(data) == 0;
    if (walk->more && empty && place_restart(&walk->place)) {
        walk_ask(walk);
        return;
    }
    if (!slice_is_array(data) || (walk->more && empty)) {
        error_set(&error, ERROR_SOURCE_PROTOCOL, "Stripe: a list %s",
                  slice_is_array(data) ? "that says it goes on but is empty" : "without data");
        walk_fail(walk, &error);
        return;
    }
    walk_take(walk, data);
    stripe_group_asked(&walk->group, reply->asked_ns);
    if (walk->nameless || (walk->more && walk->place.id[0] == '\0')) {
        error_set(&error, ERROR_SOURCE_PROTOCOL, "Stripe: a list %s",
                  walk->nameless ? "with a sale that has no id" : "whose last object has no id");
        walk_fail(walk, &error);
        return;
    }
    stripe_group_go(&walk->group);
}

/* What the page itself can do about an error: a smaller page, another cursor. */
static bool walk_recover(struct walk *walk, const struct error *err)
{
    if (err->id == ERROR_SOURCE_TOO_LARGE && walk->limit > 1) {
        walk->limit = walk->limit / 4 > 0 ? walk->limit / 4 : 1;
        return true;
    }
    bool vanished = err->id == ERROR_SOURCE_ABSENT ||
                    (err->id == ERROR_SOURCE_REFUSED && strcmp(err->field, "starting_after") == 0);
    return vanished && place_restart(&walk->place);
}

static void walk_done(void *context, const struct rest_reply *reply, const struct error *err)
{
    struct walk *walk = context;
    if (err == NULL) {
        walk_reply(walk, reply);
    } else if (walk_recover(walk, err)) {
        walk_ask(walk);
    } else {
        struct error error = *err;
        if (error.id == ERROR_SOURCE_ABSENT)
            error.id = ERROR_SOURCE_REFUSED; /* the list itself: not something that was deleted */
        walk_fail(walk, &error);
    }
}

static void walk_ask(struct walk *walk)
{
    struct buffer path = {.max = STRIPE_PATH_MAX};
    buffer_append_format(&path,
                         "%slimit=%d&created%%5Bgte%%5D=%" PRId64 "&created%%5Blte%%5D=%" PRId64,
                         walk->kind->path, walk->limit, walk->window.from_s, walk->place.until_s);
    if (walk->place.id[0] != '\0') {
        buffer_append_text(&path, "&starting_after=");
        rest_append_escaped(&path, str_from(walk->place.id));
    }
    struct rest_request request = {
        .path = path.data, .owner = walk, .done = walk_done, .context = walk};
    rest_get(walk->group.source->rest, &request);
    buffer_free(&path);
}

void stripe_walk(struct source *source, const struct lookback_window *window, const char *cursor,
                 lookback_done_fn *done, void *context)
{
    struct walk *walk = memory_zero(1, sizeof(*walk));
    walk->group.source = source;
    walk->kind = &kinds[window->walk == LOOKBACK_REFUNDS ? 1 : 0];
    walk->window = *window;
    walk->limit = STRIPE_LIST_MAX;
    walk->done = done;
    walk->context = context;
    rest_job_begin(source->rest, &walk->group.job, walk_release);
    /* A cursor of another form is another version's: the window is read from its beginning. */
    if (cursor == NULL || !place_parse(&walk->place, cursor))
        walk->place = (struct place){.until_s = window->to_s};
    walk_ask(walk);
}
