/* A plan written out as the wire bytes of a document's fields, with the places that vary marked as
 * patches. */
#ifndef ORDERSYNC_SIM_ORDERTEMPLATE_H
#define ORDERSYNC_SIM_ORDERTEMPLATE_H

#include "sim/encoder.h"
#include "sim/orderplan.h"

/* The numbers a document has; patch.source of VARINT, DIGITS and DOUBLE. Widths are the same for
 * every index. */
enum number {
    NUMBER_ORDER,    /* 13 digits, 7-byte varint: the document id */
    NUMBER_CUSTOMER, /* 13 digits, 7-byte varint */
    NUMBER_CHILD,    /* 14 digits, 7-byte varint: first of 64 ids for lines, refunds, ... */
    NUMBER_ORDINAL,  /* 7 digits, 3-byte varint: #1000001 */
    NUMBER_SHOPPER,  /* 7 digits: the customer's number in e-mail and telephone */
    NUMBER_CREATED,  /* seconds since 1970, 5-byte varint */
    NUMBER_UPDATED,  /* the same; until the first change it is when the order was created */
    NUMBER_COUNT
};

/* Shared by the files that write the parts. */
struct writer {
    struct encoder *encoder;
    const struct order_plan *plan;
    const struct persona *persona;
    const char *first_name;
    int64_t room; /* the largest addition that no money's width forbids */
};

/* Appends to `encoder` (cleared by the caller); returns the number of values the addition may take,
 * at least 1. */
int64_t order_template_write(struct encoder *encoder, const struct order_plan *plan);

/* Parts: values of a kind, used by every file of the template. */
void write_money(struct writer *w, const char *key, struct amount amount);
void write_money_fixed(struct writer *w, const char *key, int64_t minor);
void write_money_set(struct writer *w, const char *key, struct amount amount);
void write_set_fixed(struct writer *w, const char *key, int64_t minor);
void write_time(struct writer *w, const char *key, int64_t add_seconds);
void write_number(struct writer *w, const char *key, enum number source, int64_t add);
void write_gid(struct writer *w, const char *key, const char *type, enum number source,
               int64_t add);
void write_text_number(struct writer *w, const char *key, const char *before, enum number source,
                       int64_t add, const char *after);
void write_hex(struct writer *w, const char *key, int64_t salt, uint8_t width);
void write_empty_array(struct writer *w, const char *key);
void write_empty_map(struct writer *w, const char *key);

/* orderlines.c */
enum line_place { PLACE_ORDER, PLACE_FULFILLMENT, PLACE_REFUND };
void write_line(struct writer *w, size_t i, enum line_place place);
void write_line_items(struct writer *w);
void write_tax_lines(struct writer *w, int64_t first, int64_t second, double rate);
void write_shipping_lines(struct writer *w);
/* orderevents.c */
void write_fulfillments(struct writer *w);
void write_refunds(struct writer *w);
void write_returns(struct writer *w);
/* orderparties.c */
void write_customer(struct writer *w);
void write_addresses(struct writer *w);
void write_email(struct writer *w, const char *key, bool upper);

/* Ids of children: NUMBER_CHILD plus these. */
enum {
    CHILD_LINE = 0,
    CHILD_SHIPPING = 8,
    CHILD_FULFILLMENT = 12,
    CHILD_REFUND = 20,
    CHILD_REFUND_LINE = 24,
    CHILD_TRANSACTION = 32,
    CHILD_ADJUSTMENT = 36,
    CHILD_RETURN = 40,
    CHILD_ADDRESS = 48,
    CHILD_PRODUCT = 52
};

#endif
