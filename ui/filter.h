/* The filter language of the Failed screen: words `key:value`, the rest is text to find. */
#ifndef ORDERSYNC_UI_FILTER_H
#define ORDERSYNC_UI_FILTER_H

#include "engine/boundary.h"

/* state:dead,retryable source:firestore,stripe code:OS-2103 fp:a91f03c2 age:<2h age:>1d words.
 * Keeps the sort of *ret_filter and replaces the rest. ERROR_CONSOLE_FILTER names the word that is
 * wrong. */
MUST_CHECK bool filter_parse(const char *text, int64_t now_us, struct failure_filter *ret_filter,
                             struct error *err);

#endif
