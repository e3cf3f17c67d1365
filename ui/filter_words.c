/* Completion of `key:value,value` words. */
#include "ui/filter_words.h"

#include <stdio.h>
#include <string.h>

static void offer(struct search_choices *choices, const char *item, struct str typed)
{
    size_t len = strlen(item);
    if (len < typed.len || memcmp(item, typed.data, typed.len) != 0 ||
        choices->count == SEARCH_CHOICES || len >= sizeof(choices->items[0]))
        return;
    memcpy(choices->items[choices->count], item, len + 1);
    size_t same = 0;
    while (choices->items[0][same] != '\0' && choices->items[0][same] == item[same])
        same++;
    if (choices->count == 0 || same < choices->common)
        choices->common = same;
    choices->count++;
}

/* The key that `word` begins with; NULL: none that takes known values. */
static const struct filter_word *key_of(const struct filter_word *words, size_t count,
                                        struct str word)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(words[i].key);
        if (word.len >= len && memcmp(word.data, words[i].key, len) == 0)
            return &words[i];
    }
    return NULL;
}

void filter_words_complete(const struct filter_word *words, size_t count, const char *text,
                           size_t cursor, struct search_choices *ret_choices)
{
    size_t from = cursor;
    ret_choices->count = ret_choices->common = 0;
    while (from > 0 && text[from - 1] != ' ')
        from--;
    if (text[from] == '-' && from < cursor)
        from++;
    const struct filter_word *key = key_of(words, count, (struct str){text + from, cursor - from});
    if (key != NULL) {
        from += strlen(key->key);
        for (size_t at = from; at < cursor; at++)
            if (text[at] == ',')
                from = at + 1;
    }
    struct str typed = {text + from, cursor - from};
    ret_choices->from = from;
    for (unsigned i = 0; key != NULL && i < key->count; i++)
        offer(ret_choices, key->value(i), typed);
    for (size_t i = 0; key == NULL && i < count; i++)
        offer(ret_choices, words[i].key, typed);
}
