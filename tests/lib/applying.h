/* What the tests of apply and plan share: documents as text, batches, and looking at what landed.
 */
#ifndef ORDERSYNC_TESTS_APPLYING_H
#define ORDERSYNC_TESTS_APPLYING_H

#include "model/transform.h"
#include "target/target.h"
#include "tests/lib/check.h"
#include "tests/lib/database.h"

/* One database, one writer, one onlooker. */
struct applying {
    char *conninfo;
    struct target *target;
    struct pg *pg; /* looks */
    struct arena arena;
    int64_t fence_seq;
};
void applying_open(struct applying *on, const char *database);
void applying_close(struct applying *on);
struct target *applying_connect(const struct applying *on, const char *name,
                                int statement_timeout_s);

/* A change of document `id` at `version` (nanoseconds); json NULL: a delete. Exits when it does not
 * transform. */
struct change applying_change(struct applying *on, const char *id, int64_t version,
                              const char *json);
/* Applies a batch through the target of `on`; false with *err (which must not be NULL). */
bool applying_batch(struct applying *on, struct change *changes, size_t count, struct error *err);
/* Applies one document and returns its outcome; fails the test on an error. */
enum outcome applying_one(struct applying *on, const char *id, int64_t version, const char *json);
/* assert that the first cell of the answer is this text. */
void applying_expect(struct applying *on, const char *sql, const char *expected);

/* JSON of an order with these line items; name and e-mail of the buyer follow from `id`. */
const char *applying_order(struct applying *on, long id, const char *price, int line_items);

#endif
