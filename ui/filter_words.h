/* Completion over a table: the keys of a filter language and what each of them takes. */
#ifndef ORDERSYNC_UI_FILTER_WORDS_H
#define ORDERSYNC_UI_FILTER_WORDS_H

#include "engine/boundary.h"

struct filter_word {
    const char *key; /* "state:" */
    unsigned count;  /* of its values; 0: whatever is typed */
    const char *(*value)(unsigned index);
};
/* What may stand at the cursor: the rest of a key, or of the value behind the last comma. */
void filter_words_complete(const struct filter_word *words, size_t count, const char *text,
                           size_t cursor, struct search_choices *ret_choices);

#endif
