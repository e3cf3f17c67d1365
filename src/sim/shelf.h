/* Objects of a REST source as texts made before anybody asks: sessions, refunds, orders. Kept by
 * when they were created and by id. Not thread-safe; the server's lock guards it. */
#ifndef ORDERSYNC_SIM_SHELF_H
#define ORDERSYNC_SIM_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

#define RECORD_LOADED SIZE_MAX

/* The text of an object. Lists of line items are apart: they are served whole, in part, or not at
 * all. */
struct edition {
    struct str text;     /* a session's has no closing brace */
    struct str shipping; /* session: {"name", "address"}, whose place depends on the API version;
                            STR_NULL: it has none, or stands in the text */
    struct str items;    /* line items, with commas between them */
    uint32_t *ends;      /* where each of them ends */
    size_t item_count;
    bool items_inside; /* the text has its line items already: a loaded session */
};

/* All is memory of the shelf's arena. */
struct record {
    const char *id;
    const char *status;         /* what lists are filtered by; NULL: none */
    const char *payment_status; /* sessions */
    const char *link;           /* session, refund: payment intent; order: external id */
    const char *charge;         /* refund */
    int64_t created_s;
    uint64_t number; /* in order of arrival; breaks ties */
    size_t index;    /* of the generator; RECORD_LOADED */
    bool hidden;     /* removed */
    const struct edition *edition;
    const struct edition *older; /* session: before buyers' currencies moved */
};

struct shelf;
struct shelf *shelf_new(void);
void shelf_free(struct shelf *shelf);
struct arena *shelf_arena(struct shelf *shelf);
/* A buffer's text, kept. */
struct str shelf_keep(struct shelf *shelf, const struct buffer *text);

/* Adds it, or puts it in the place of the one with its id. `number` is set here. */
struct record *shelf_put(struct shelf *shelf, const struct record *record);
/* NULL when there is none, or it was removed. */
struct record *shelf_find(const struct shelf *shelf, struct str id);
/* The newest visible record with this link; NULL: none. */
struct record *shelf_find_link(const struct shelf *shelf, struct str link);
/* Places count from the oldest; hidden records have one, too. */
size_t shelf_count(const struct shelf *shelf);
const struct record *shelf_at(const struct shelf *shelf, size_t place);
size_t shelf_place(const struct shelf *shelf, const struct record *record);
/* The first place that was not created before `created_s`; the count when there is none. */
size_t shelf_lower_bound(const struct shelf *shelf, int64_t created_s);
size_t shelf_visible(const struct shelf *shelf);

#endif
