/* Making sessions whole: line items beyond the handful that comes with a session, and refunds. The
 * text of the session stays as Stripe sent it; what was read besides is set into it. */
#include "source/stripe_internal.h"

#include <string.h>

#include "base/clock.h"
#include "source/partial.h"
#include "model/slice.h"

#define RESTARTS_MAX 3

/* ---- the lists that hang on a session ---- */

static struct str session_intent(const struct stripe_session *session)
{
    return slice_id(slice_get(buffer_str(&session->text), "payment_intent"));
}

static void items_path(const struct stripe_session *session, struct buffer *path)
{
    buffer_append_text(path, "/v1/checkout/sessions/");
    rest_append_escaped(path, str_from(session->id));
    buffer_append_format(path, "/line_items?limit=%d", STRIPE_LIST_MAX);
}

static void refunds_path(const struct stripe_session *session, struct buffer *path)
{
    buffer_append_format(path, "/v1/refunds?limit=%d&payment_intent=", STRIPE_LIST_MAX);
    rest_append_escaped(path, session_intent(session));
}

/* The handful that came along; the rest is asked for behind it. */
static void items_begin(struct stripe_session *session, struct stripe_sublist *list);

/* Free orders have no payment and so no refunds. */
static void refunds_begin(struct stripe_session *session, struct stripe_sublist *list)
{
    list->known = !session->group->refunds || session_intent(session).data == NULL;
}

static const struct {
    const char *member;
    void (*begin)(struct stripe_session *session, struct stripe_sublist *list);
    void (*path)(const struct stripe_session *session, struct buffer *path);
} kinds[] = {
    {"line_items", items_begin, items_path},
    {"refunds", refunds_begin, refunds_path},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* Takes the elements of a page. false: it has none, so that a list which says it goes on would be
 * asked for ever. */
static bool sublist_take(struct stripe_sublist *list, struct str data)
{
    struct slice slice = slice_begin(data);
    struct str item, id = STR_NULL;
    size_t before = list->count;
    while (slice_next(&slice, NULL, &item)) {
        if (list->count++ > 0)
            buffer_append_char(&list->items, ',');
        buffer_append_str(&list->items, item);
        id = slice_id(item);
    }
    if (id.data != NULL) {
        free(list->last);
        list->last = memory_string_str(id);
    }
    return list->count > before && id.data != NULL;
}

static void sublist_clear(struct stripe_sublist *list)
{
    buffer_clear(&list->items);
    list->count = 0;
    free(list->last);
    list->last = NULL;
}

static void items_begin(struct stripe_session *session, struct stripe_sublist *list)
{
    struct str items = slice_get(buffer_str(&session->text), "line_items");
    struct str data = slice_get(items, "data");
    bool more = slice_is_true(slice_get(items, "has_more"));
    if (!slice_is_array(data))
        return; /* not expanded: all of them are asked for */
    list->known = !more;
    if (more && !sublist_take(list, data))
        sublist_clear(list);
}

static void session_next(struct stripe_session *session);
static void sublist_ask(struct stripe_session *session, struct stripe_sublist *list);

static size_t current_list(const struct stripe_session *session)
{
    size_t i = 0;
    while (i < KIND_COUNT && session->lists[i].known)
        i++;
    return i;
}

/* The element to go on behind vanished, or the page behind it is empty though it said it goes on:
 * from the beginning. */
static bool sublist_restart(struct stripe_session *session, struct stripe_sublist *list)
{
    if (list->last == NULL || ++list->restarts > RESTARTS_MAX)
        return false;
    sublist_clear(list);
    sublist_ask(session, list);
    return true;
}

static void session_whole(struct stripe_session *session)
{
    struct stripe_group *group = session->group;
    if (--group->pending == 0)
        group->finish(group);
}

static void session_failed(struct stripe_session *session, const struct error *err)
{
    if (!partial_concerns_one(err)) {
        stripe_group_fail(session->group, err);
        return;
    }
    session->error = *err;
    session_whole(session);
}

static void sublist_done(void *context, const struct rest_reply *reply, const struct error *err)
{
    struct stripe_session *session = context;
    struct stripe_sublist *list = &session->lists[current_list(session)];
    struct error error = {.id = ERROR_NONE};
    if (err != NULL) {
        bool vanished = err->id == ERROR_SOURCE_ABSENT && strcmp(err->field, "starting_after") == 0;
        if (!vanished || !sublist_restart(session, list))
            session_failed(session, err);
        return;
    }
    bool more = slice_is_true(slice_get(reply->body, "has_more"));
    bool some = sublist_take(list, slice_get(reply->body, "data"));
    list->known = !more;
    if (more && !some && sublist_restart(session, list))
        return;
    if ((more && !some) || list->count > STRIPE_SUBLIST_MAX || !buffer_ok(&list->items)) {
        error_set(&error, ERROR_SOURCE_TOO_LARGE, "Stripe: the list of %s's %s does not end",
                  session->id, kinds[list - session->lists].member);
        session_failed(session, &error);
    } else if (more) {
        sublist_ask(session, list);
    } else {
        session_next(session);
    }
}

static void sublist_ask(struct stripe_session *session, struct stripe_sublist *list)
{
    struct buffer path = {.max = STRIPE_PATH_MAX};
    list->asked = true;
    kinds[list - session->lists].path(session, &path);
    if (list->last != NULL) {
        buffer_append_text(&path, "&starting_after=");
        rest_append_escaped(&path, str_from(list->last));
    }
    struct rest_request request = {.path = path.data,
                                   .owner = session->group,
                                   .bounded = true,
                                   .done = sublist_done,
                                   .context = session};
    rest_get(session->group->source->rest, &request);
    buffer_free(&path);
}

/* ---- sessions ---- */

static void session_next(struct stripe_session *session)
{
    size_t i = current_list(session);
    if (i < KIND_COUNT)
        sublist_ask(session, &session->lists[i]);
    else
        session_whole(session);
}

static void session_take(struct stripe_session *session, struct str text)
{
    buffer_append_str(&session->text, text);
    for (size_t i = 0; i < KIND_COUNT; i++)
        kinds[i].begin(session, &session->lists[i]);
}

static void session_done(void *context, const struct rest_reply *reply, const struct error *err)
{
    struct stripe_session *session = context;
    if (err != NULL && err->id == ERROR_SOURCE_ABSENT) {
        session->gone = true;
        session_whole(session);
    } else if (err != NULL) {
        session_failed(session, err);
    } else {
        stripe_group_asked(session->group, reply->asked_ns);
        session_take(session, reply->body);
        session_next(session);
    }
}

static void session_ask(struct stripe_session *session)
{
    struct buffer path = {.max = STRIPE_PATH_MAX};
    buffer_append_text(&path, "/v1/checkout/sessions/");
    rest_append_escaped(&path, str_from(session->id));
    buffer_append_text(&path, "?expand%5B%5D=line_items");
    struct rest_request request = {.path = path.data,
                                   .owner = session->group,
                                   .bounded = true,
                                   .done = session_done,
                                   .context = session};
    rest_get(session->group->source->rest, &request);
    buffer_free(&path);
}

/* ---- the text of a whole session ---- */

static void append_list(struct buffer *text, const struct stripe_sublist *list, struct str url)
{
    buffer_append_text(text, "{\"object\":\"list\",\"data\":[");
    buffer_append_str(text, buffer_str(&list->items));
    buffer_append_text(text, "],\"has_more\":false");
    if (url.data != NULL) {
        buffer_append_text(text, ",\"url\":");
        buffer_append_str(text, url);
    }
    buffer_append_char(text, '}');
}

/* Of two members of one name the last one counts (json.h), so whatever was read besides goes to the
 * end, and nothing has to be cut out. */
static void session_append(const struct stripe_session *session, struct buffer *text)
{
    struct str sent = buffer_str(&session->text);
    if (sent.len == 0) {
        partial_append_document(text, session->id, &session->error);
        return;
    }
    while (sent.len > 0 && sent.data[sent.len - 1] != '}')
        sent.len--;
    buffer_append(text, sent.data, sent.len - 1);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const struct stripe_sublist *list = &session->lists[i];
        if (!list->known || !list->asked)
            continue;
        /* A page of the list says nothing of refunds: without any, both are the same document. */
        if (kinds[i].path == refunds_path && list->count == 0)
            continue;
        buffer_append_format(text, ",\"%s\":", kinds[i].member);
        append_list(text, list, slice_get(slice_get(sent, kinds[i].member), "url"));
    }
    if (session->error.id != ERROR_NONE) {
        buffer_append_char(text, ',');
        partial_append(text, &session->error);
    }
    buffer_append_char(text, '}');
}

/* ---- groups ---- */

void stripe_group_begin(struct stripe_group *group, struct source *source, size_t count)
{
    group->source = source;
    group->sessions = memory_zero(count, sizeof(*group->sessions));
    group->read_time_ns = TIME_NONE;
}

void stripe_group_add(struct stripe_group *group, struct str id, struct str text)
{
    struct stripe_session *session = &group->sessions[group->count++];
    session->group = group;
    session->id = memory_string_str(id);
    session->text.max = REST_MAX_BODY;
    for (size_t i = 0; i < KIND_COUNT; i++)
        session->lists[i].items.max = REST_MAX_BODY;
    if (text.data != NULL)
        session_take(session, text);
}

/* One more is pending while all begin, so that the end comes once. */
void stripe_group_go(struct stripe_group *group)
{
    group->pending = group->count + 1;
    for (size_t i = 0; i < group->count; i++) {
        struct stripe_session *session = &group->sessions[i];
        if (session->text.len == 0)
            session_ask(session);
        else
            session_next(session);
    }
    if (--group->pending == 0)
        group->finish(group);
}

void stripe_group_fail(struct stripe_group *group, const struct error *err)
{
    rest_drop(group->source->rest, group);
    group->error = *err;
    group->finish(group);
}

void stripe_group_asked(struct stripe_group *group, int64_t asked_ns)
{
    if (group->read_time_ns == TIME_NONE || asked_ns < group->read_time_ns)
        group->read_time_ns = asked_ns;
}

struct page *stripe_group_page(struct stripe_group *group)
{
    struct page_builder builder = {.page = NULL};
    struct buffer text = {.max = STRIPE_PAGE_BYTES};
    page_builder_begin(&builder, STRIPE_PAGE_BYTES);
    for (size_t i = 0; i < group->count; i++) {
        buffer_clear(&text);
        if (group->sessions[i].gone)
            continue;
        session_append(&group->sessions[i], &text);
        if (!buffer_ok(&text) || !page_builder_add(&builder, buffer_str(&text))) {
            error_set(&group->error, ERROR_SOURCE_TOO_LARGE,
                      "Stripe: sessions of more than %u "
                      "bytes at once",
                      STRIPE_PAGE_BYTES);
            page_builder_free(&builder);
            break;
        }
    }
    buffer_free(&text);
    struct page *page = page_builder_take(&builder);
    if (page == NULL)
        return NULL;
    page->read_time_ns = group->read_time_ns;
    if (page->count > 0)
        page->last_id = memory_string(group->sessions[group->count - 1].id);
    rest_count_documents(group->source->rest, page->count);
    return page;
}

void stripe_group_free(struct stripe_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct stripe_session *session = &group->sessions[i];
        for (size_t k = 0; k < KIND_COUNT; k++) {
            buffer_free(&session->lists[k].items);
            free(session->lists[k].last);
        }
        buffer_free(&session->text);
        free(session->id);
    }
    free(group->sessions);
}
