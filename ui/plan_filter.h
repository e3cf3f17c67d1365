/* The filter language of the Plan screen: words `key:value`, the rest is text to find. */
#ifndef ORDERSYNC_UI_PLAN_FILTER_H
#define ORDERSYNC_UI_PLAN_FILTER_H

#include "engine/boundary.h"
#include "ui/filter_words.h"

/* action:create,update state:open source:stripe words. ERROR_CONSOLE_FILTER names the word that is
 * wrong. */
MUST_CHECK bool plan_filter_parse(const char *text, struct plan_filter *ret_filter,
                                  struct error *err);
/* For completion. */
const struct filter_word *plan_filter_words(size_t *ret_count);

#endif
