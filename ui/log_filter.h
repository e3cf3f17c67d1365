/* The filter language of the Log screen: words `key:value` or `-key:value`, the rest is text to
 * find. */
#ifndef ORDERSYNC_UI_LOG_FILTER_H
#define ORDERSYNC_UI_LOG_FILTER_H

#include "base/log.h"
#include "ui/filter_words.h"

#define LOG_TERMS 8

struct log_term {
    size_t key; /* a row of the table of keys */
    bool negated;
    char value[64];
};
struct log_filter {
    enum log_level level; /* this one and what is worse */
    struct log_term terms[LOG_TERMS];
    size_t count;
};

/* level:warning source:stripe order:5123 code:OS-21 component:live words -words. A filter without
 * level: keeps `level`. ERROR_CONSOLE_FILTER names the word that is wrong. */
MUST_CHECK bool log_filter_parse(const char *text, enum log_level level,
                                 struct log_filter *ret_filter, struct error *err);
/* Every term holds, letters of either case. */
bool log_filter_matches(const struct log_filter *filter, const struct log_entry *entry);
/* For completion. */
const struct filter_word *log_filter_words(size_t *ret_count);

#endif
