/* An order document made for a test, and what became of it. One per program. */
#ifndef ORDERSYNC_TESTS_MADE_ORDER_H
#define ORDERSYNC_TESTS_MADE_ORDER_H

#include "tests/lib/orders.h"

extern struct arena made_arena;
extern struct change made_change;
extern struct error made_error;

/* cmocka teardown: frees the arena. */
int made_free(void **state);

/* A good order, id 42, with these fields beside it ("" for none). */
struct document made_with(const char *fields);
/* A complete and paid session cs_1 of 25.00 USD, or Printful order 77 that is fulfilled, with these
 * fields, which win over those it has anyway. */
struct document made_session(const char *fields);
struct document made_parcel(const char *fields);
/* Overwrites a field: for values that JSON has no text for. */
struct document made_set(struct document document, const char *key, struct value value);
struct value made_double(double number);
struct value made_text(struct str text);

/* Transforms it into made_change, or the test fails; and what is stored gives the document back. */
void made_transforms(struct document document);
/* The document fails with this error, field, and text in the message; and has what its failure is
 * recorded by. */
void made_fails(struct document document, enum error_id id, const char *field, const char *message);

struct str made_cell(enum table_id table, size_t row, const char *column);
struct str made_order(const char *column);
size_t made_rows(enum table_id table);
void made_is_null(struct str text);
bool made_drifted(enum drift_kind kind, const char *path, const char *detail);

#endif
