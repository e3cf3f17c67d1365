/* What one generated order looks like: every decision, before any byte is written. A plan is a
 * template: ids, dates, the customer's number and a small addition to the price vary per document.
 */
#ifndef ORDERSYNC_SIM_ORDERPLAN_H
#define ORDERSYNC_SIM_ORDERPLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/catalogue.h"
#include "sim/hash.h"

#define PLAN_MAX_LINES 5
#define PLAN_MAX_DISCOUNTS 2

/* Minor units of the shop's currency; `moves`: the document's addition is part of it. */
struct amount {
    int64_t minor;
    bool moves;
};

enum line_kind { LINE_PRODUCT, LINE_CUSTOM, LINE_TIP, LINE_GIFT_CARD, LINE_KIND_COUNT };
struct plan_line {
    enum line_kind kind;
    const struct product *product;
    struct amount price;
    int64_t quantity;
    int64_t current;  /* after edits and refunds */
    int64_t discount; /* of the whole line */
    int64_t tax;
    int64_t tax2; /* a second tax line, 0 when none */
    bool no_id;
    bool refunded;
};

/* The generation of Shopify's order shape (facts/orders.md, api_shape). */
enum generation {
    GENERATION_2022,
    GENERATION_2023_07,
    GENERATION_2024_01,
    GENERATION_2024_10,
    GENERATION_2025
};
enum customer_form {
    CUSTOMER_FULL,
    CUSTOMER_GUEST,
    CUSTOMER_PHONE_ONLY,
    CUSTOMER_NULL,
    CUSTOMER_MISSING
};
enum email_form { EMAIL_SET, EMAIL_EMPTY, EMAIL_MISSING, EMAIL_OTHER, EMAIL_UPPER };
enum refund_form {
    REFUND_NONE,
    REFUND_LINE,
    REFUND_FULL,
    REFUND_NOTE_ONLY,
    REFUND_SHIPPING,
    REFUND_DISCREPANCY
};
enum ship_form {
    SHIP_NONE,
    SHIP_PARTIAL,
    SHIP_FULL,
    SHIP_TWO_PARCELS,
    SHIP_DELIVERED,
    SHIP_FAILED
};
enum id_form { ID_INTEGER, ID_DOUBLE, ID_TEXT };
enum time_form { TIME_OFFSET, TIME_ZULU, TIME_BLANK_ZULU, TIME_NATIVE };
enum absence { ABSENCE_VALUE, ABSENCE_NULL, ABSENCE_EMPTY, ABSENCE_MISSING };
/* Documents that fail for honest reasons. */
enum breakage {
    BREAKAGE_NONE,
    BREAKAGE_MONEY_WORD,
    BREAKAGE_MONEY_COMMA,
    BREAKAGE_MONEY_BRACES,
    BREAKAGE_ID_FAKE,
    BREAKAGE_DATE_FEB_30,
    BREAKAGE_ID_MISSING,
    BREAKAGE_ID_FRACTION,
    BREAKAGE_LINE_PRICE,
    BREAKAGE_REFUND_AMOUNT,
    BREAKAGE_LINE_DISCOUNT,
    BREAKAGE_MONEY_NAN,
    BREAKAGE_DATE_WORD,
    BREAKAGE_COUNT
};

struct order_plan {
    unsigned persona;
    const struct currency *currency;
    enum generation generation;
    enum customer_form customer;
    enum email_form email;
    enum refund_form refund;
    enum ship_form ship;
    enum id_form id;
    enum time_form time;
    enum breakage breakage;
    enum absence returns;
    enum absence discounts_absent;
    enum absence addresses;
    size_t line_count;
    struct plan_line lines[PLAN_MAX_LINES];
    size_t discount_count; /* 0: none; 1: code; 2: code and automatic */
    bool discount_percent;
    bool lean; /* an order stripped of its money sets and of what a browser leaves behind */
    bool presentment;
    bool taxes_included;
    bool test;
    bool cancelled;
    bool closed;
    bool paid;
    bool edited;
    bool pos;
    bool draft;
    bool b2b;
    bool duties;
    bool note_attributes;
    bool note;
    bool tags;
    bool digital; /* nothing to ship */
    bool two_shipping_lines;
    int64_t shipping;
    int64_t shipping_discount;
    int64_t shipping_tax;
    int64_t tip;
    int64_t duty;
    double tax_rate;
    struct amount lines_total; /* before discounts */
    struct amount subtotal;
    struct amount total;
    struct amount current_total;
    struct amount current_subtotal;
    int64_t tax;
    int64_t discount;
    struct amount refunded;
    struct dice dice; /* for small choices while writing */
};

/* Deterministic from its arguments; `attempt` makes another plan when the first came out too large.
 */
void order_plan_make(uint64_t seed, unsigned persona, unsigned variant, enum breakage breakage,
                     unsigned attempt, struct order_plan *ret_plan);

#endif
