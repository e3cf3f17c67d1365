/* Customers: search, one customer's orders, and matches of two that wait for a person. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/action.h"
#include "ui/columns.h"
#include "ui/failed.h"
#include "ui/gauge.h"
#include "ui/list.h"
#include "ui/review.h"
#include "ui/screen.h"
#include "ui/unanswered.h"

#define SHOWN 300

enum view { VIEW_LIST, VIEW_ORDERS, VIEW_REVIEWS, VIEW_COUNT };

struct customers_screen {
    enum view view;
    struct lookup_reply *replies[VIEW_COUNT]; /* NULL before the first */
    uint64_t tickets[VIEW_COUNT];
    struct list lists[VIEW_COUNT];
    int64_t version; /* of the journal: a decision may have been carried out */
    int64_t seen;    /* the review whose two sides are on the screen; 0: none */
    char search[128];
    char customer_id[40]; /* whose orders */
};

/* ---- asking ---- */

static const enum lookup_kind kinds[VIEW_COUNT] = {LOOKUP_CUSTOMERS, LOOKUP_CUSTOMER,
                                                   LOOKUP_REVIEWS};

static void ask_of(struct console *console, struct customers_screen *screen, enum view view)
{
    struct lookup_request request = {
        .kind = kinds[view], .max = SHOWN, .arguments = screen->search};
    STR_FILL(request.source_id, screen->customer_id);
    screen->tickets[view] = console_ask(console, &request);
}

static void ask_reviews(struct console *console, struct customers_screen *screen)
{
    const struct lookup_status *status = console_status(console);
    screen->version = status == NULL ? -1 : status->version;
    ask_of(console, screen, VIEW_REVIEWS);
}

/* Reviews are asked for whatever is in front: every view says how many wait. */
static void view_ask(struct console *console, struct customers_screen *screen)
{
    if (screen->view != VIEW_REVIEWS)
        ask_of(console, screen, screen->view);
    ask_reviews(console, screen);
}

static void customers_enter(struct console *console, void *state)
{
    view_ask(console, state);
}

/* Customers change all the time: only reviews follow by themselves, as operators decide them. */
static void customers_update(struct console *console, void *state)
{
    struct customers_screen *screen = state;
    const struct lookup_status *status = console_status(console);
    if (screen->view == VIEW_REVIEWS && status != NULL && status->version != screen->version)
        ask_reviews(console, screen);
}

static size_t reply_count(const struct lookup_reply *reply)
{
    if (reply == NULL || !reply->ok)
        return 0;
    if (reply->kind == LOOKUP_CUSTOMERS)
        return reply->customers.count;
    return reply->kind == LOOKUP_CUSTOMER ? reply->customer_orders.count : reply->reviews.count;
}

static bool customers_take(struct console *console, void *state, struct lookup_reply *reply)
{
    struct customers_screen *screen = state;
    (void)console;
    for (int view = 0; view < VIEW_COUNT; view++) {
        if (reply->kind != kinds[view] || reply->ticket != screen->tickets[view])
            continue;
        lookup_reply_free(screen->replies[view]);
        screen->replies[view] = reply;
        screen->lists[view].count = reply_count(reply);
        return true;
    }
    return false;
}

static const struct lookup_customer *selected_customer(const struct customers_screen *screen)
{
    const struct lookup_reply *reply = screen->replies[VIEW_LIST];
    uint64_t index = screen->lists[VIEW_LIST].selected;
    return index < reply_count(reply) ? &reply->customers.list[index] : NULL;
}

static const struct lookup_review *selected_review(const struct customers_screen *screen)
{
    const struct lookup_reply *reply = screen->replies[VIEW_REVIEWS];
    uint64_t index = screen->lists[VIEW_REVIEWS].selected;
    return index < reply_count(reply) ? &reply->reviews.list[index] : NULL;
}

static const struct lookup_customer_order *selected_order(const struct customers_screen *screen)
{
    const struct lookup_reply *reply = screen->replies[VIEW_ORDERS];
    uint64_t index = screen->lists[VIEW_ORDERS].selected;
    return index < reply_count(reply) ? &reply->customer_orders.list[index] : NULL;
}

static size_t reviews_open(const struct customers_screen *screen)
{
    const struct lookup_reply *reply = screen->replies[VIEW_REVIEWS];
    size_t count = 0;
    for (size_t i = 0; i < reply_count(reply); i++)
        count += review_is_open(&reply->reviews.list[i]);
    return count;
}

/* ---- drawing ---- */

enum {
    CUSTOMER_NAME,
    CUSTOMER_EMAIL,
    CUSTOMER_SEGMENT,
    CUSTOMER_ORDERS,
    CUSTOMER_SPENT,
    CUSTOMER_ACTIVE,
    CUSTOMER_REVIEWS,
    CUSTOMER_COLUMNS
};
static const struct column_spec customer_specs[CUSTOMER_COLUMNS] = {
    [CUSTOMER_NAME] = {"NAME", 14, 0, true, false},
    [CUSTOMER_EMAIL] = {"E-MAIL", 18, 1, false, false},
    [CUSTOMER_SEGMENT] = {"SEGMENT", 10, 3, false, false},
    [CUSTOMER_ORDERS] = {"ORDERS", 6, 0, false, true},
    [CUSTOMER_SPENT] = {"SPENT", 14, 0, false, true},
    [CUSTOMER_ACTIVE] = {"ACTIVE", 6, 2, false, true},
    [CUSTOMER_REVIEWS] = {"MATCH", 5, 4, false, true},
};
enum {
    ORDER_LABEL,
    ORDER_SOURCE,
    ORDER_STATUS,
    ORDER_PAYMENT,
    ORDER_TOTAL,
    ORDER_AGE,
    ORDER_LINK,
    ORDER_COLUMNS
};
static const struct column_spec order_specs[ORDER_COLUMNS] = {
    [ORDER_LABEL] = {"ORDER", 12, 0, true, false},
    [ORDER_SOURCE] = {"SOURCE", 9, 2, false, false},
    [ORDER_STATUS] = {"STATUS", 10, 0, false, false},
    [ORDER_PAYMENT] = {"PAYMENT", 14, 3, false, false},
    [ORDER_TOTAL] = {"TOTAL", 14, 0, false, true},
    [ORDER_AGE] = {"AGE", 5, 1, false, true},
    [ORDER_LINK] = {"LINK", 6, 4, false, false},
};
enum { REVIEW_STATE, REVIEW_AGE, REVIEW_REASON, REVIEW_BY, REVIEW_COLUMNS };
static const struct column_spec review_specs[REVIEW_COLUMNS] = {
    [REVIEW_STATE] = {"STATE", 10, 0, false, false},
    [REVIEW_AGE] = {"AGE", 5, 0, false, true},
    [REVIEW_REASON] = {"WHY", 20, 0, true, false},
    [REVIEW_BY] = {"BY", 12, 1, false, false},
};

static const char *age_of(int64_t now, int64_t moment, char ret_text[GAUGE_TEXT])
{
    return gauge_age(moment == TIME_NONE ? -1 : now > moment ? now - moment : 0, ret_text);
}

static const char *personal(struct console *console, const char *text)
{
    return console_personal(console, str_from(text)).data;
}

static void draw_customer(struct console *console, const struct columns *columns, int y,
                          const struct lookup_customer *customer)
{
    struct paint *paint = console_paint(console);
    char text[GAUGE_TEXT];
    columns_cell(columns, paint, y, CUSTOMER_NAME, ROLE_TEXT, personal(console, customer->name));
    columns_cell(columns, paint, y, CUSTOMER_EMAIL, ROLE_TEXT, personal(console, customer->email));
    columns_cell(columns, paint, y, CUSTOMER_SEGMENT, ROLE_DIM, customer->segment);
    columns_cell(columns, paint, y, CUSTOMER_ORDERS, ROLE_TEXT,
                 gauge_count((uint64_t)customer->orders, text));
    columns_cell(columns, paint, y, CUSTOMER_SPENT, ROLE_TEXT, customer->spent);
    columns_cell(columns, paint, y, CUSTOMER_ACTIVE, ROLE_DIM,
                 age_of(console_now(console), customer->last_active_us, text));
    if (customer->open_reviews > 0)
        columns_cell(columns, paint, y, CUSTOMER_REVIEWS, ROLE_WARNING,
                     gauge_count((uint64_t)customer->open_reviews, text));
}

static void draw_order(struct console *console, const struct columns *columns, int y,
                       const struct lookup_customer_order *order)
{
    struct paint *paint = console_paint(console);
    char text[GAUGE_TEXT];
    columns_cell(columns, paint, y, ORDER_LABEL, ROLE_STRONG, order->label);
    columns_cell(columns, paint, y, ORDER_SOURCE, ROLE_DIM, source_kind_name(order->source));
    columns_cell(columns, paint, y, ORDER_STATUS, ROLE_TEXT, order->status);
    columns_cell(columns, paint, y, ORDER_PAYMENT, ROLE_TEXT, order->payment);
    columns_cell(columns, paint, y, ORDER_TOTAL, ROLE_TEXT, order->total);
    columns_cell(columns, paint, y, ORDER_AGE, ROLE_DIM,
                 age_of(console_now(console), order->at_us, text));
    columns_cell(columns, paint, y, ORDER_LINK, ROLE_DIM, order->manual ? "manual" : "");
}

static void draw_review(struct console *console, const struct columns *columns, int y,
                        const struct lookup_review *review)
{
    struct paint *paint = console_paint(console);
    char text[GAUGE_TEXT];
    bool open = review_is_open(review);
    columns_cell(columns, paint, y, REVIEW_STATE, open ? ROLE_WARNING : ROLE_DIM,
                 review_word(review));
    columns_cell(columns, paint, y, REVIEW_AGE, ROLE_DIM,
                 age_of(console_now(console), review->opened_us, text));
    columns_cell(columns, paint, y, REVIEW_REASON, open ? ROLE_TEXT : ROLE_DIM, review->reason);
    columns_cell(columns, paint, y, REVIEW_BY, ROLE_DIM, review->decided_by);
}

static void draw_rows(struct console *console, struct customers_screen *screen, struct rect area)
{
    static const struct {
        const struct column_spec *specs;
        size_t count;
    } tables[VIEW_COUNT] = {{customer_specs, CUSTOMER_COLUMNS},
                            {order_specs, ORDER_COLUMNS},
                            {review_specs, REVIEW_COLUMNS}};
    struct paint *paint = console_paint(console);
    const struct lookup_reply *reply = screen->replies[screen->view];
    struct list *list = &screen->lists[screen->view];
    struct columns columns;
    unsigned height = area.height > 2 ? (unsigned)area.height - 1 : 1;
    list_fit(list, reply_count(reply), height);
    columns_fit(&columns, tables[screen->view].specs, tables[screen->view].count, area.x + 1,
                area.width - 2);
    columns_heading(&columns, paint, area.y);
    for (unsigned i = 0; i < height && list->top + i < list->count; i++) {
        uint64_t index = list->top + i;
        int y = area.y + 1 + (int)i;
        if (screen->view == VIEW_LIST)
            draw_customer(console, &columns, y, &reply->customers.list[index]);
        else if (screen->view == VIEW_ORDERS)
            draw_order(console, &columns, y, &reply->customer_orders.list[index]);
        else
            draw_review(console, &columns, y, &reply->reviews.list[index]);
        if (index == list->selected)
            paint_select(paint, y, area.x + 1, area.width - 2);
    }
}

static const char *none_text(const struct customers_screen *screen)
{
    if (screen->view == VIEW_ORDERS)
        return "No order is linked to this customer.";
    if (screen->view == VIEW_REVIEWS)
        return "No match waits for a person: nobody's e-mail, customer id and phone name different "
               "customers.";
    return screen->search[0] != '\0'
               ? "No customer is named so. / searches by e-mail, name, phone or id; Esc drops the "
                 "search."
               : "No customers yet. They are made from orders: `ordersync backfill` reads every "
                 "order once, `ordersync listen` keeps up with them.";
}

static void draw_none(struct console *console, const struct customers_screen *screen,
                      struct rect area)
{
    struct paint *paint = console_paint(console);
    const struct lookup_reply *reply = screen->replies[screen->view];
    if (reply == NULL)
        paint_text(paint, area.y, area.x, area.width, ROLE_DIM, STR("reading..."));
    else if (!reply->ok)
        unanswered_paint(paint, area, &reply->error);
    else
        (void)paint_wrapped(paint, area, ROLE_TEXT, str_from(none_text(screen)));
}

/* "2 customers, search: ..." and what waits for a decision. */
static void draw_summary(struct console *console, const struct customers_screen *screen,
                         struct rect line)
{
    static const char *const what[VIEW_COUNT] = {"customers", "orders of ", "matches"};
    struct paint *paint = console_paint(console);
    size_t count = reply_count(screen->replies[screen->view]);
    size_t waiting = reviews_open(screen);
    bool listed = screen->view == VIEW_LIST;
    char right[64] = "";
    if (waiting > 0)
        snprintf(right, sizeof(right), "%s%zu match%s%s", theme_mark(ROLE_WARNING), waiting,
                 waiting == 1 ? " waits" : "es wait", screen->view == VIEW_REVIEWS ? "" : ": Tab");
    int room = line.width - 3 - (int)strlen(right);
    paint_format(paint, line.y, 1, room, ROLE_DIM, "%zu%s %s%.8s%s%s", count,
                 count == SHOWN ? " first" : "", what[screen->view],
                 screen->view == VIEW_ORDERS ? screen->customer_id : "",
                 listed && screen->search[0] != '\0' ? ", search: " : "",
                 listed ? personal(console, screen->search) : "");
    paint_right(paint, line.y, line.width / 2, line.width - line.width / 2 - 1, ROLE_WARNING,
                str_from(right));
}

static void customers_draw(struct console *console, void *state, struct rect body)
{
    struct customers_screen *screen = state;
    const struct lookup_review *review =
        screen->view == VIEW_REVIEWS ? selected_review(screen) : NULL;
    int sides = review != NULL && body.height >= 16 ? REVIEW_LINES : 0;
    screen->seen = sides > 0 ? review->id : 0;
    draw_summary(console, screen, body);
    if (reply_count(screen->replies[screen->view]) == 0)
        draw_none(console, screen, (struct rect){body.y + 2, 2, body.height - 2, body.width - 4});
    else
        draw_rows(console, screen,
                  (struct rect){body.y + 1, 0, body.height - 1 - sides, body.width});
    if (sides > 0)
        review_paint(console, (struct rect){body.y + body.height - sides, 0, sides, body.width},
                     review);
}

/* ---- acting ---- */

static void view_show(struct console *console, struct customers_screen *screen, enum view view)
{
    screen->view = view;
    view_ask(console, screen);
    console_repaint(console);
}

static void search_typed(struct console *console, void *context, const char *text)
{
    struct customers_screen *screen = context;
    STR_FILL(screen->search, text + strspn(text, " "));
    screen->lists[VIEW_LIST] = (struct list){0};
    view_show(console, screen, VIEW_LIST);
}

/* Nobody merges two persons whom the screen does not show. */
static bool merge_is_blind(const struct customers_screen *screen)
{
    const struct lookup_review *review =
        screen->view == VIEW_REVIEWS ? selected_review(screen) : NULL;
    return review != NULL && review_is_open(review) && screen->seen != review->id;
}

/* The customer's id; of a match both. */
static void customers_copy(struct console *console, const struct customers_screen *screen)
{
    char text[160];
    const struct lookup_review *review = selected_review(screen);
    const struct lookup_customer *customer = selected_customer(screen);
    if (screen->view == VIEW_REVIEWS && review != NULL) {
        snprintf(text, sizeof(text), "%s %s", review->people[0].id, review->people[1].id);
        console_copy(console, str_from(text));
    } else if (screen->view == VIEW_ORDERS) {
        console_copy(console, str_from(screen->customer_id));
    } else if (screen->view == VIEW_LIST && customer != NULL) {
        console_copy(console, str_from(customer->id));
    }
}

static bool customers_can(struct console *console, void *state, enum request request)
{
    const struct customers_screen *screen = state;
    const struct lookup_review *review =
        screen->view == VIEW_REVIEWS ? selected_review(screen) : NULL;
    bool open = review != NULL && review_is_open(review);
    (void)console;
    switch (request) {
    case REQUEST_COPY:
        return screen->view == VIEW_ORDERS || review != NULL ||
               (screen->view == VIEW_LIST && selected_customer(screen) != NULL);
    case REQUEST_OPEN:
        return screen->view == VIEW_LIST     ? selected_customer(screen) != NULL
               : screen->view == VIEW_ORDERS ? selected_order(screen) != NULL
                                             : false;
    case REQUEST_MERGE:
        return open && !merge_is_blind(screen);
    case REQUEST_KEEP_APART:
        return open;
    case REQUEST_UNDO:
        return review != NULL && !open;
    case REQUEST_BACK:
        return screen->view != VIEW_LIST || screen->search[0] != '\0';
    default:
        return true;
    }
}

static void open_selected(struct console *console, struct customers_screen *screen)
{
    if (screen->view == VIEW_ORDERS) {
        const struct lookup_customer_order *order = selected_order(screen);
        inspector_show_document(console, order->source, order->source_id, order->label);
        return;
    }
    STR_FILL(screen->customer_id, selected_customer(screen)->id);
    screen->lists[VIEW_ORDERS] = (struct list){0};
    lookup_reply_free(screen->replies[VIEW_ORDERS]); /* another customer's */
    screen->replies[VIEW_ORDERS] = NULL;
    view_show(console, screen, VIEW_ORDERS);
}

/* A key that would do nothing now; false: not one of these. */
static bool refuse(struct console *console, const struct customers_screen *screen,
                   enum request request)
{
    if (request == REQUEST_MERGE && merge_is_blind(screen))
        console_say(console, ROLE_WARNING,
                    "the two sides are not on the screen: make the terminal higher to merge");
    return request == REQUEST_OPEN || request == REQUEST_MERGE || request == REQUEST_KEEP_APART ||
           request == REQUEST_UNDO || request == REQUEST_COPY;
}

static bool customers_back(struct console *console, struct customers_screen *screen)
{
    if (screen->view == VIEW_LIST && screen->search[0] == '\0')
        return false;
    if (screen->view == VIEW_LIST)
        screen->search[0] = '\0';
    view_show(console, screen, VIEW_LIST);
    return true;
}

static bool customers_act(struct console *console, void *state, enum request request)
{
    struct customers_screen *screen = state;
    if (list_request(&screen->lists[screen->view], request))
        return true;
    if (request == REQUEST_BACK)
        return customers_back(console, screen);
    if (!customers_can(console, state, request))
        return refuse(console, screen, request);
    switch (request) {
    case REQUEST_FILTER:
        console_prompt(console, "search:", screen->search, search_typed, screen);
        return true;
    case REQUEST_NEXT_TAB:
        view_show(console, screen, screen->view == VIEW_REVIEWS ? VIEW_LIST : VIEW_REVIEWS);
        return true;
    case REQUEST_OPEN:
        open_selected(console, screen);
        return true;
    case REQUEST_COPY:
        customers_copy(console, screen);
        return true;
    case REQUEST_MERGE:
    case REQUEST_KEEP_APART:
    case REQUEST_UNDO:
        review_decide(console, selected_review(screen), request);
        return true;
    default:
        return false;
    }
}

static const char *customers_crumb(struct console *console, void *state)
{
    static const char *const words[VIEW_COUNT] = {"", "orders", "matches"};
    (void)console;
    return words[((struct customers_screen *)state)->view];
}

/* The same keys lead elsewhere from each view. */
static const char *customers_label(struct console *console, void *state, enum request request)
{
    const struct customers_screen *screen = state;
    (void)console;
    if (request == REQUEST_FILTER)
        return "search";
    if (request == REQUEST_NEXT_TAB)
        return screen->view == VIEW_REVIEWS ? "customers" : "matches";
    return NULL;
}

static void customers_close(void *state)
{
    struct customers_screen *screen = state;
    for (int view = 0; view < VIEW_COUNT; view++)
        lookup_reply_free(screen->replies[view]);
}

const struct screen_ops screen_customers = {
    .name = "customers",
    .title = "Customers",
    .request = REQUEST_CUSTOMERS,
    .context = CONTEXT_CUSTOMERS,
    .size = sizeof(struct customers_screen),
    .enter = customers_enter,
    .update = customers_update,
    .take = customers_take,
    .draw = customers_draw,
    .act = customers_act,
    .crumb = customers_crumb,
    .can = customers_can,
    .label = customers_label,
    .close = customers_close,
};
