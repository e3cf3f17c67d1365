/* What a generated Checkout Session is: every decision, before any byte is written. Session i of a
 * seed is the same whatever the number of them; only its moment depends on the days. */
#ifndef ORDERSYNC_SIM_SESSIONPLAN_H
#define ORDERSYNC_SIM_SESSIONPLAN_H

#include "base/error.h"
#include "sim/catalogue.h"
#include "sim/restoptions.h"

#define SESSION_MAX_ITEMS 200
#define SESSION_ID_SIZE 72
#define SESSION_MAX_COUNTS 16

enum session_state {
    SESSION_PAID,
    SESSION_UNPAID, /* complete, by a method that pays later */
    SESSION_OPEN,
    SESSION_EXPIRED,
    SESSION_FREE, /* no_payment_required */
    SESSION_REFUNDED,
    SESSION_STATE_COUNT
};
/* The words of the command `add`; false for another. */
bool session_state_parse(const char *name, enum session_state *ret_state);

/* What all plans of a run depend on. */
struct session_rules {
    uint64_t seed;
    unsigned shares[SESSION_STATE_COUNT]; /* percent */
    unsigned counts[SESSION_MAX_COUNTS];  /* line items, in turn */
    size_t count_count;
    int64_t now_s;
    int64_t days;
    size_t sessions; /* over how many the days are cut */
};
/* Errors: ERROR_USAGE for --mix and --items. */
MUST_CHECK bool session_rules_make(const struct rest_options *options, uint64_t seed,
                                   size_t sessions, struct session_rules *ret_rules,
                                   struct error *err);
/* When object `index` of them was created: the last one just before now. */
int64_t session_rules_created(const struct session_rules *rules, size_t index);
/* When a loaded object, the N-th, is said to have been created, for --restamp. */
int64_t session_rules_restamped(const struct session_rules *rules, size_t number);

/* In Stripe's own scale: amounts are multiples of `step`, so that ISK and UGX end in 00 and three
 * decimals in 0. `presentment`: what another buyer pays in, NULL for none. */
struct session_currency {
    const char *code;
    int64_t step;
    int64_t low, high; /* of a price, in steps */
    unsigned share;
    const char *presentment;
    unsigned rate; /* percent: buyer's minor units for one of the shop's */
};

struct session_item {
    const struct product *product;
    int64_t unit, quantity, subtotal, discount, tax, total;
};

struct session_plan {
    size_t index;
    enum session_state state;
    int64_t created_s;
    const struct session_currency *currency;
    const struct persona *persona;
    const char *first_name;
    size_t customer;
    bool guest;
    bool presented; /* to a buyer of another currency */
    bool shipped;
    size_t item_count;
    struct session_item items[SESSION_MAX_ITEMS];
    int64_t subtotal, discount, tax, shipping, total;
    int64_t refunded; /* 0: not at all */
    unsigned refunds; /* in so many parts */
    int64_t refund_after_s;
};

void session_plan_make(const struct session_rules *rules, size_t index,
                       struct session_plan *ret_plan);
/* As generated, or another one than the dice say. */
void session_plan_turn(struct session_plan *plan, enum session_state state);

/* Ids as Stripe's: prefix and letters from the numbers. */
void session_object_id(char *ret_id, size_t size, const char *prefix, uint64_t seed, uint64_t salt,
                       size_t index, unsigned letters);
void session_id(uint64_t seed, size_t index, char ret_id[SESSION_ID_SIZE]);
void session_intent_id(uint64_t seed, size_t index, char ret_id[SESSION_ID_SIZE]);
/* client_reference_id and metadata.order_ref: what fits into Printful's external_id. */
void session_reference(size_t index, char ret_id[SESSION_ID_SIZE]);
void session_order_ref(size_t index, char ret_id[SESSION_ID_SIZE]);

#endif
