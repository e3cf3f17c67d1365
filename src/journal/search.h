/* Which failures are meant: one language for the console, `ordersync failed --filter` and commands
 * in the journal. No SQLite here; any thread.
 *
 *   state:dead,retryable -source:stripe age:<2h code:OS-2103 label:#1042 "n/a" -currency
 *
 * Words stand side by side and must all hold; values after a comma are alternatives; a minus before
 * a word turns it around; what is no key:value is a text to find in label, id, message or field. A
 * value or a text with blanks, commas or quotes in it is written in double quotes, with \" and \\.
 * Keys: search_keys() in search.c. */
#ifndef ORDERSYNC_JOURNAL_SEARCH_H
#define ORDERSYNC_JOURNAL_SEARCH_H

#include "base/error.h"
#include "base/memory.h"
#include "journal/failure.h"

#define SEARCH_TERMS 16
#define SEARCH_VALUE 128
#define SEARCH_TEXT_MAX 8192 /* longest printed form */

/* Newest first; longest known first; most attempts first; next to be tried first; labels, numbers
 * in order. */
enum failure_sort { SORT_LAST, SORT_FIRST, SORT_ATTEMPTS, SORT_NEXT, SORT_LABEL };
const char *failure_sort_name(enum failure_sort sort);
bool failure_sort_parse(const char *name, enum failure_sort *ret_sort);

enum term_key {
    TERM_TEXT,        /* in label, id, message or field; letters of either case */
    TERM_CODE,        /* "OS-2103" */
    TERM_FINGERPRINT, /* its first digits */
    TERM_CLASS,       /* "invalid_data" */
    TERM_STAGE,       /* "transform" */
    TERM_FIELD,       /* in the path of the field */
    TERM_LABEL,       /* "#1042" or 1042, whole */
    TERM_ID,          /* the document's, whole */
    TERM_NOTE,        /* in a note; "": has one */
    TERM_COUNT
};
struct search_term {
    enum term_key key;
    bool negated;
    bool or_next; /* the next term is an alternative of this one: same key, same `negated` */
    char value[SEARCH_VALUE];
};

struct failure_filter {
    unsigned states;            /* bit per failure_state; 0: all that are not resolved */
    unsigned sources;           /* bit per source_kind; 0: all */
    char fingerprint[9];        /* "" any; its first digits suffice */
    char code[12];              /* "" any */
    char text[SEARCH_VALUE];    /* as TERM_TEXT; "" any */
    int64_t since_us, until_us; /* of last_us, both included; TIME_NONE any */
    enum failure_sort sort;
    struct search_term terms[SEARCH_TERMS];
    size_t term_count;
};

/* Everything that is not resolved. */
struct failure_filter search_all(void);

/* Replaces *filter but keeps its sort. ERROR_CONSOLE_FILTER says what is wrong in which column;
 * *ret_at (may be NULL) is the place as an offset into `text`. Ages count from `now_us`. */
MUST_CHECK bool search_parse(const char *text, int64_t now_us, struct failure_filter *filter,
                             size_t *ret_at, struct error *err);
/* The filter in the language, "" for everything unresolved; read again it gives the same. Moments
 * are ages before `now_us` where they are whole seconds; with TIME_NONE always points of time, so
 * that the text means the same later. `ret_text` has SEARCH_TEXT_MAX bytes of room. */
void search_print(const struct failure_filter *filter, int64_t now_us, struct buffer *ret_text);
/* One value or text as the language writes it, quoted where it must be. */
void search_print_value(struct buffer *ret_text, const char *value);

/* What may stand where the cursor is. */
#define SEARCH_CHOICES 256
struct search_choices {
    size_t from; /* a choice replaces text[from, cursor) */
    size_t count;
    char items[SEARCH_CHOICES][24]; /* whole: "state:", "retryable" */
    size_t common;                  /* bytes that all of them begin with */
};
/* Sorted as the keys and states are; count 0 when nothing is known to fit. */
void search_complete(const char *text, size_t cursor, struct search_choices *ret_choices);

/* Keys and what they take, for help: until NULL. */
struct search_key {
    const char *name;
    const char *form; /* "dead,retryable" */
    const char *help;
};
const struct search_key *search_keys(void);

#endif
