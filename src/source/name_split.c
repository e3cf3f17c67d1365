/* Split points as fractions of the way from the first id to the last. */
#include "source/name_split.h"

#include <stdint.h>

/* Characters looked at behind the common prefix: 94^8 fits in 53 bits and is finer than any real id
 * needs. */
#define PLACES 8
/* Without '/', which no id may hold. */
#define PRINTABLE                                                                                  \
    " !\"#$%&'()*+,-.0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"                           \
    "abcdefghijklmnopqrstuvwxyz{|}~"

static const struct str alphabets[] = {
    {"0123456789", 10},
    {"0123456789abcdef", 16},
    {"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 62},
    {PRINTABLE, sizeof(PRINTABLE) - 1},
};
#define ALPHABETS (sizeof(alphabets) / sizeof(alphabets[0]))

static bool alphabet_covers(struct str alphabet, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(alphabet.data, text.data[i], alphabet.len) == NULL)
            return false;
    }
    return true;
}

/* The smallest that covers both; printable ASCII when none does. */
static struct str alphabet_for(struct str a, struct str b)
{
    for (size_t i = 0; i < ALPHABETS; i++) {
        if (alphabet_covers(alphabets[i], a) && alphabet_covers(alphabets[i], b))
            return alphabets[i];
    }
    return alphabets[ALPHABETS - 1];
}

/* Rank of a byte: the number of symbols below it, at most the highest symbol's. */
static uint64_t symbol_rank(struct str alphabet, char symbol)
{
    uint64_t rank = 0;
    while (rank + 1 < alphabet.len && (unsigned char)alphabet.data[rank] < (unsigned char)symbol)
        rank++;
    return rank;
}

static uint64_t number_from(struct str alphabet, struct str text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < PLACES; i++)
        number = number * alphabet.len + (i < text.len ? symbol_rank(alphabet, text.data[i]) : 0);
    return number;
}

static struct str text_from(struct str alphabet, struct str prefix, uint64_t number,
                            struct arena *arena)
{
    char *text = arena_alloc(arena, prefix.len + PLACES + 1);
    memcpy(text, prefix.data, prefix.len);
    for (size_t i = PLACES; i > 0; i--) {
        text[prefix.len + i - 1] = alphabet.data[number % alphabet.len];
        number /= alphabet.len;
    }
    size_t len = prefix.len + PLACES;
    while (len > prefix.len && text[len - 1] == alphabet.data[0])
        len--;
    text[len] = '\0';
    return (struct str){text, len};
}

static struct str tail_of(struct str text, size_t skip)
{
    return (struct str){text.data + skip, text.len - skip};
}

/* Not in the middle of a UTF-8 character: a point must be one itself. */
static size_t common_prefix(struct str a, struct str b)
{
    size_t len = 0;
    while (len < a.len && len < b.len && a.data[len] == b.data[len])
        len++;
    while (len > 0 && len < b.len && ((unsigned char)b.data[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* "." , ".." and "__x__" are no ids, and Firestore refuses a cursor that holds one. */
static bool is_reserved(struct str point)
{
    return str_equal(point, STR(".")) || str_equal(point, STR("..")) ||
           (point.len >= 2 && memcmp(point.data, "__", 2) == 0);
}

size_t name_split(struct str first, struct str last, size_t want, struct arena *arena,
                  struct str *ret_points)
{
    size_t count = 0;
    if (want < 2 || str_compare(first, last) >= 0)
        return 0;
    size_t skip = common_prefix(first, last);
    struct str prefix = {last.data, skip};
    struct str alphabet = alphabet_for(tail_of(first, skip), tail_of(last, skip));
    uint64_t low = number_from(alphabet, tail_of(first, skip));
    uint64_t high = number_from(alphabet, tail_of(last, skip));
    struct str before = first;
    for (size_t i = 1; i < want && high > low; i++) {
        uint64_t step = (high - low) / want * i + (high - low) % want * i / want;
        struct str point = text_from(alphabet, prefix, low + step, arena);
        if (is_reserved(point) || str_compare(point, before) <= 0 || str_compare(point, last) > 0)
            continue;
        ret_points[count++] = point;
        before = point;
    }
    return count;
}
