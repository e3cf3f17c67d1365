/* Many failures quickly, for the tests and the bench of lists. */
#ifndef ORDERSYNC_TESTS_MASS_H
#define ORDERSYNC_TESTS_MASS_H

#include "lib/ledger.h"

/* `count` failures of 40 shapes, some permanent, in settlements of 500; the id of number i is
 * "id-%08zu" of i. */
void mass_fail(struct ledger *ledger, size_t count);

/* Failures of 40 shapes written straight into the tables of a new journal in `state_dir`, texts
 * indexed, ten times faster: what a journal of a million looks like, without their attempts. Number
 * i, from 0, is document "id-%08zu", label "#%zu", message `FIELD of kind X: "i,90" is not a
 * decimal number`; every 1000th is held, every 1001st skipped, else every 7th dead; source i % 3;
 * failed last within the 30 days before `now_us`. */
void mass_make(const char *state_dir, size_t count, int64_t now_us);

#endif
