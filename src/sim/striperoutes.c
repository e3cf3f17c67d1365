/* Lists, single objects, line items. */
#include "sim/striperoutes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/slice.h"
#include "sim/scribe.h"

#define LIMIT_DEFAULT 10
#define LIMIT_MAX 100
#define EMBEDDED_ITEMS 10
#define BUYERS_CURRENCY_END "2025-03-31" /* since then amounts are the shop's */

void stripe_fail(struct rest_call *call, unsigned status, const char *type, const char *code,
                 const char *param, const char *format, ...)
{
    char message[512];
    struct buffer *out = &call->body;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    call->status = status;
    buffer_clear(out);
    scribe_open(out, NULL, '{');
    scribe_open(out, "error", '{');
    if (code != NULL)
        scribe_text(out, "code", code);
    scribe_text(out, "message", message);
    if (param != NULL)
        scribe_text(out, "param", param);
    scribe_text(out, "type", type);
    scribe_close(out, '}');
    scribe_close(out, '}');
}

static bool fail_param(struct rest_call *call, const char *code, const char *param,
                       const char *message)
{
    stripe_fail(call, 400, "invalid_request_error", code, param, "%s", message);
    return false;
}

/* ---- where the shipping address stands ---- */

const char *stripe_version(const struct rest_call *call)
{
    return call->version != NULL ? call->version : call->options->api_version;
}

/* By the version's date; the last one that is not after it. */
static const struct {
    const char *since;
    const char *places[2]; /* before the address */
    const char *after[2];
} eras[] = {
    {"", {"shipping", NULL}, {"", NULL}},
    {"2022-08-01", {"shipping_details", NULL}, {"", NULL}},
    {"2025-02-24", {"shipping_details", "collected_information\":{\"shipping_details"}, {"", "}"}},
    {"2025-03-31", {"collected_information\":{\"shipping_details", NULL}, {"}", NULL}},
};
#define ERA_COUNT (sizeof(eras) / sizeof(eras[0]))

static void put_shipping(struct buffer *out, const char *version, struct str shipping)
{
    size_t era = ERA_COUNT - 1;
    while (era > 0 && strcmp(version, eras[era].since) < 0)
        era--;
    for (size_t i = 0; i < 2 && eras[era].places[i] != NULL; i++)
        buffer_append_format(out, ",\"%s\":%.*s%s", eras[era].places[i], STR_ARG(shipping),
                             eras[era].after[i]);
}

/* ---- line items ---- */

/* Items [from, to) as they stand in the text. */
static struct str items_between(const struct edition *edition, size_t from, size_t to)
{
    size_t begin = from == 0 ? 0 : edition->ends[from - 1] + 1; /* behind the comma */
    if (from >= to)
        return STR("");
    return (struct str){edition->items.data + begin, edition->ends[to - 1] - begin};
}

static void put_items_list(struct buffer *out, const struct record *record, struct str data,
                           bool more)
{
    buffer_append_text(out, "{\"object\":\"list\",\"data\":[");
    buffer_append_str(out, data);
    buffer_append_format(out, "],\"has_more\":%s,\"url\":\"/v1/checkout/sessions/%s/line_items\"}",
                         more ? "true" : "false", record->id);
}

static void put_session(struct rest_call *call, const struct record *record, bool items)
{
    struct buffer *out = &call->body;
    const char *version = stripe_version(call);
    const struct edition *edition =
        strcmp(version, BUYERS_CURRENCY_END) < 0 ? record->older : record->edition;
    buffer_append_str(out, edition->text);
    if (edition->shipping.data != NULL)
        put_shipping(out, version, edition->shipping);
    if (items && !edition->items_inside) {
        size_t count = edition->item_count < EMBEDDED_ITEMS ? edition->item_count : EMBEDDED_ITEMS;
        buffer_append_text(out, ",\"line_items\":");
        put_items_list(out, record, items_between(edition, 0, count), count < edition->item_count);
    }
    buffer_append_char(out, '}');
}

/* ---- parameters ---- */

struct listing {
    size_t from, to; /* places: [from, to) were created when asked for */
    const char *status, *intent, *charge;
    int64_t limit;
    bool items; /* line items are expanded */
    bool upward;
};

static bool param_number(struct rest_call *call, const char *name, int64_t otherwise,
                         int64_t *ret_number)
{
    char message[200];
    if (rest_number(call, name, otherwise, ret_number))
        return true;
    snprintf(message, sizeof(message), "Invalid integer: %.100s", rest_param(call, name));
    return fail_param(call, "parameter_invalid_integer", name, message);
}

static bool param_limit(struct rest_call *call, int64_t *ret_limit)
{
    if (!param_number(call, "limit", LIMIT_DEFAULT, ret_limit))
        return false;
    if (*ret_limit < 1)
        return fail_param(call, "parameter_invalid_integer", "limit",
                          "This value must be greater than or equal to 1.");
    if (*ret_limit > LIMIT_MAX)
        return fail_param(call, "parameter_invalid_integer", "limit",
                          "This value must be less than or equal to 100.");
    return true;
}

static bool param_known(struct rest_call *call)
{
    char message[200];
    const char *unknown = rest_unknown_param(call);
    if (unknown == NULL)
        return true;
    snprintf(message, sizeof(message), "Received unknown parameter: %.100s", unknown);
    return fail_param(call, "parameter_unknown", unknown, message);
}

/* The one path that can be expanded here. */
static bool param_expand(struct rest_call *call, const char *path, bool *ret_expanded)
{
    char message[300];
    *ret_expanded = false;
    for (size_t i = 0; i < call->param_count; i++) {
        if (strncmp(call->params[i].name, "expand[", 7) != 0)
            continue;
        if (strcmp(call->params[i].value, path) != 0) {
            snprintf(message, sizeof(message),
                     "This property cannot be expanded (%.100s). Only %s can be.",
                     call->params[i].value, path);
            return fail_param(call, NULL, "expand", message);
        }
        *ret_expanded = true;
    }
    return true;
}

static bool param_created(struct rest_call *call, const struct shelf *shelf,
                          struct listing *listing)
{
    int64_t exact, gt, gte, lt, lte;
    if (!param_number(call, "created", -1, &exact) || !param_number(call, "created[gt]", -1, &gt) ||
        !param_number(call, "created[gte]", gt + 1, &gte) ||
        !param_number(call, "created[lt]", INT64_MAX, &lt) ||
        !param_number(call, "created[lte]", lt - 1, &lte))
        return false;
    int64_t from = gte > gt ? gte : gt + 1;
    int64_t last = lte < lt ? lte : lt - 1;
    if (exact >= 0)
        from = last = exact;
    listing->from = shelf_lower_bound(shelf, from);
    listing->to = last >= INT64_MAX - 1 ? shelf_count(shelf) : shelf_lower_bound(shelf, last + 1);
    return true;
}

static bool record_fits(const struct listing *listing, const struct record *record)
{
    return !record->hidden &&
           (listing->status == NULL ||
            str_equal(str_from(listing->status), str_from(record->status))) &&
           (listing->intent == NULL ||
            str_equal(str_from(listing->intent), str_from(record->link))) &&
           (listing->charge == NULL ||
            str_equal(str_from(listing->charge), str_from(record->charge)));
}

/* A cursor must name an object that the filter still holds. */
static bool param_cursor(struct rest_call *call, const struct shelf *shelf, const char *name,
                         const char *what, struct listing *listing)
{
    const char *id = rest_param(call, name);
    if (id == NULL)
        return true;
    const struct record *record = shelf_find(shelf, str_from(id));
    if (record == NULL || !record_fits(listing, record)) {
        stripe_fail(call, 400, "invalid_request_error", "resource_missing", name,
                    "No such %s: '%.200s'", what, id);
        return false;
    }
    size_t place = shelf_place(shelf, record);
    listing->upward = strcmp(name, "ending_before") == 0;
    if (!listing->upward && place < listing->to)
        listing->to = place;
    if (listing->upward && place + 1 > listing->from)
        listing->from = place + 1;
    return true;
}

static bool param_listing(struct rest_call *call, const struct shelf *shelf, const char *what,
                          struct listing *listing)
{
    listing->status = rest_param(call, "status");
    listing->intent = rest_param(call, "payment_intent");
    listing->charge = rest_param(call, "charge");
    if (rest_param(call, "starting_after") != NULL && rest_param(call, "ending_before") != NULL)
        return fail_param(call, NULL, "ending_before",
                          "You may only specify one of these parameters: starting_after, "
                          "ending_before.");
    return param_known(call) && param_limit(call, &listing->limit) &&
           param_created(call, shelf, listing) &&
           param_cursor(call, shelf, "starting_after", what, listing) &&
           param_cursor(call, shelf, "ending_before", what, listing);
}

/* ---- lists ---- */

/* The places of a page, newest first. */
static size_t listing_pick(const struct listing *listing, const struct shelf *shelf,
                           size_t ret_places[LIMIT_MAX], bool *ret_more)
{
    size_t count = 0;
    size_t at = listing->upward ? listing->from : listing->to;
    *ret_more = false;
    while (listing->upward ? at < listing->to : at > listing->from) {
        size_t place = listing->upward ? at++ : --at;
        if (!record_fits(listing, shelf_at(shelf, place)))
            continue;
        if (count == (size_t)listing->limit) {
            *ret_more = true;
            break;
        }
        ret_places[count++] = place;
    }
    for (size_t i = 0; listing->upward && i < count / 2; i++) {
        size_t other = ret_places[i];
        ret_places[i] = ret_places[count - 1 - i];
        ret_places[count - 1 - i] = other;
    }
    return count;
}

static void answer_list(struct rest_call *call, const struct shelf *shelf,
                        const struct listing *listing, bool sessions)
{
    struct buffer *out = &call->body;
    size_t places[LIMIT_MAX];
    bool more;
    size_t count = listing_pick(listing, shelf, places, &more);
    if (call->fault.kind == FAULT_EMPTY) {
        count = 0;
        more = true;
    }
    buffer_append_text(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < count; i++) {
        const struct record *record = shelf_at(shelf, places[i]);
        if (i > 0)
            buffer_append_char(out, ',');
        if (sessions)
            put_session(call, record, listing->items);
        else
            buffer_append_str(out, record->edition->text);
    }
    buffer_append_format(out, "],\"has_more\":%s,\"url\":\"%s\"}", more ? "true" : "false",
                         call->path);
}

static void answer_sessions(struct rest_call *call)
{
    struct stripe_store *store = call->context;
    struct listing listing = {0};
    if (param_listing(call, store->sessions, "checkout.session", &listing) &&
        param_expand(call, "data.line_items", &listing.items))
        answer_list(call, store->sessions, &listing, true);
}

static void answer_refunds(struct rest_call *call)
{
    struct stripe_store *store = call->context;
    struct listing listing = {0};
    if (param_listing(call, store->refunds, "refund", &listing))
        answer_list(call, store->refunds, &listing, false);
}

/* ---- single objects ---- */

static const struct record *find_or_fail(struct rest_call *call, const struct shelf *shelf,
                                         const char *what, const char *param)
{
    const struct record *record = shelf_find(shelf, call->id);
    if (record == NULL)
        stripe_fail(call, 404, "invalid_request_error", "resource_missing", param,
                    "No such %s: '%.*s'", what, STR_ARG(call->id));
    return record;
}

static void answer_session(struct rest_call *call)
{
    struct stripe_store *store = call->context;
    bool items;
    if (!param_known(call) || !param_expand(call, "line_items", &items))
        return;
    const struct record *record =
        find_or_fail(call, store->sessions, "checkout.session", "session");
    if (record != NULL)
        put_session(call, record, items);
}

static void answer_refund(struct rest_call *call)
{
    struct stripe_store *store = call->context;
    const struct record *record = find_or_fail(call, store->refunds, "refund", "id");
    if (record != NULL)
        buffer_append_str(&call->body, record->edition->text);
}

/* The number of the item with this id; false when there is none. */
static bool item_find(const struct edition *edition, const char *id, size_t *ret_item)
{
    for (size_t i = 0; i < edition->item_count; i++) {
        struct str item = items_between(edition, i, i + 1);
        if (str_equal(slice_text(slice_get(item, "id")), str_from(id))) {
            *ret_item = i;
            return true;
        }
    }
    return false;
}

static bool item_cursor(struct rest_call *call, const struct edition *edition, const char *name,
                        size_t *ret_item)
{
    const char *id = rest_param(call, name);
    if (id == NULL)
        return true;
    if (item_find(edition, id, ret_item))
        return true;
    stripe_fail(call, 400, "invalid_request_error", "resource_missing", name,
                "No such line item: '%.200s'", id);
    return false;
}

static void answer_line_items(struct rest_call *call)
{
    struct stripe_store *store = call->context;
    int64_t limit;
    if (!param_known(call) || !param_limit(call, &limit))
        return;
    const struct record *record =
        find_or_fail(call, store->sessions, "checkout.session", "session");
    if (record == NULL)
        return;
    const struct edition *edition =
        strcmp(stripe_version(call), BUYERS_CURRENCY_END) < 0 ? record->older : record->edition;
    size_t after = SIZE_MAX, before = edition->item_count;
    if (!item_cursor(call, edition, "starting_after", &after) ||
        !item_cursor(call, edition, "ending_before", &before))
        return;
    size_t size = (size_t)limit;
    size_t from = after == SIZE_MAX ? 0 : after + 1;
    size_t to = from + size < before ? from + size : before;
    bool more = to < edition->item_count;
    if (rest_param(call, "ending_before") != NULL) {
        to = before;
        from = before > size ? before - size : 0;
        more = from > 0;
    }
    if (call->fault.kind == FAULT_EMPTY) {
        to = from;
        more = true;
    }
    put_items_list(&call->body, record, items_between(edition, from, to), more);
}

static void answer_account(struct rest_call *call)
{
    struct buffer *out = &call->body;
    scribe_open(out, NULL, '{');
    scribe_text(out, "id", call->options->account);
    scribe_text(out, "object", "account");
    scribe_text(out, "country", "IE");
    scribe_text(out, "default_currency", "usd");
    scribe_close(out, '}');
}

#define LIST_PARAMS " limit starting_after ending_before expand[] "
#define CREATED_PARAMS " created created[gt] created[gte] created[lt] created[lte] "

const struct rest_route stripe_routes[STRIPE_ROUTES] = {
    {"sessions", "/v1/checkout/sessions", "sessions",
     LIST_PARAMS CREATED_PARAMS "status payment_intent ", answer_sessions},
    {"session", "/v1/checkout/sessions/*", "sessions", " expand[] ", answer_session},
    {"line_items", "/v1/checkout/sessions/*/line_items", "sessions", LIST_PARAMS,
     answer_line_items},
    {"refunds", "/v1/refunds", "refunds", LIST_PARAMS CREATED_PARAMS "payment_intent charge ",
     answer_refunds},
    {"refund", "/v1/refunds/*", "refunds", " expand[] ", answer_refund},
    {"account", "/v1/account", "account", NULL, answer_account},
};
