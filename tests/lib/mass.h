/* Many failures quickly, for the tests and the bench of lists. */
#ifndef ORDERSYNC_TESTS_MASS_H
#define ORDERSYNC_TESTS_MASS_H

#include "lib/ledger.h"

/* `count` failures of 40 shapes, some permanent, in settlements of 500; the id of number i is
 * "id-%08zu" of i. */
void mass_fail(struct ledger *ledger, size_t count);

#endif
