/* Work of one test that is mostly waiting, shared out to processes side by side. */
#ifndef ORDERSYNC_TESTS_ABREAST_H
#define ORDERSYNC_TESTS_ABREAST_H

#include <stddef.h>

/* Calls one(0) to one(count - 1), each in one of some processes; the test fails when one of them
 * does, which says why on stderr. Nothing that `one` changes in memory comes back. */
void abreast(size_t count, void (*one)(size_t index));

#endif
