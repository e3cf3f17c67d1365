/* The index of texts: filled by the engine, and asked with a filter's texts. Trigrams (FTS5,
 * detail=none) find too much, never too little, so what they find is still compared. */
#include <string.h>

#include "base/text.h"
#include "journal/filter.h"

#define GRAM 3       /* characters */
#define GRAMS_MAX 24 /* of one text: more hardly sort out any better */
#define MATCH_MAX 32768

static size_t character_size(const char *at)
{
    size_t size = 1;
    while (((unsigned char)at[size] & 0xc0) == 0x80)
        size++;
    return size;
}

/* The end of three characters, NULL when there are fewer. */
static const char *gram_end(const char *at)
{
    for (int i = 0; i < GRAM; i++) {
        if (*at == '\0')
            return NULL;
        at += character_size(at);
    }
    return at;
}

static void append_gram(struct buffer *match, const char *from, const char *to)
{
    buffer_append_char(match, '"');
    for (; from < to; from++) {
        if (*from == '"')
            buffer_append_char(match, '"');
        buffer_append_char(match, *from);
    }
    buffer_append_char(match, '"');
}

static bool has_grams(const char *text)
{
    return text_is_valid_utf8(str_from(text)) && gram_end(text) != NULL;
}

static bool same_gram(const char *a, const char *b)
{
    size_t size = (size_t)(gram_end(a) - a);
    return (size_t)(gram_end(b) - b) == size && memcmp(a, b, size) == 0;
}

/* Each once. Those of a long text are taken evenly, for its end tells as much as its start. */
static void append_text_grams(struct buffer *match, const char *text)
{
    size_t count = 0;
    size_t written = 0;
    for (const char *at = text; gram_end(at) != NULL; at += character_size(at))
        count++;
    size_t step = (count + GRAMS_MAX - 1) / GRAMS_MAX;
    size_t number = 0;
    for (const char *at = text; gram_end(at) != NULL; at += character_size(at), number++) {
        bool again = false;
        for (const char *before = text; before < at && !again; before += character_size(before))
            again = same_gram(before, at);
        if (again || (number % step != 0 && number != count - 1))
            continue;
        buffer_append_text(match, written++ > 0 ? " AND " : "(");
        append_gram(match, at, gram_end(at));
    }
    buffer_append_char(match, ')');
}

static void append_and(struct buffer *match)
{
    if (match->len > 0)
        buffer_append_text(match, " AND ");
}

/* Alternatives help only when every one of them can be looked for. Returns how many terms it took.
 */
static size_t append_alternatives(struct buffer *match, const struct search_term *term)
{
    size_t count = 1;
    bool usable = !term->negated && term->key == TERM_TEXT && has_grams(term->value);
    for (; term[count - 1].or_next; count++)
        usable = usable && has_grams(term[count].value);
    if (!usable)
        return count;
    append_and(match);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(match, i == 0 ? "(" : " OR ");
        append_text_grams(match, term[i].value);
    }
    buffer_append_char(match, ')');
    return count;
}

bool filter_match(const struct failure_filter *filter, struct buffer *ret_match)
{
    ret_match->max = MATCH_MAX;
    if (has_grams(filter->text))
        append_text_grams(ret_match, filter->text);
    for (size_t i = 0; i < filter->term_count;)
        i += append_alternatives(ret_match, &filter->terms[i]);
    return ret_match->len > 0 && buffer_ok(ret_match);
}

/* ---- filling ---- */

bool journal_index_texts(struct journal *journal, size_t max, bool *ret_more, struct error *err)
{
    struct sqlite *db = &journal->db;
    bool found;
    int64_t waits = 0;
    if (!sqlite_number(db, SQL_TEXT_WAITS, SQL_NO_VALUES, &found, &waits, err))
        return false;
    *ret_more = waits != 0;
    if (waits == 0)
        return true;
    /* The revision stays: lists show the same as before. */
    if (!sqlite_begin(db, err))
        return false;
    bool done = sqlite_run(db, SQL_TEXT_FILL, SQL_VALUES(SQL_INT(max)), err) &&
                sqlite_run(db, SQL_TEXT_FILLED, SQL_VALUES(SQL_INT(max)), err) &&
                sqlite_number(db, SQL_TEXT_WAITS, SQL_NO_VALUES, &found, &waits, err);
    *ret_more = waits != 0;
    return sqlite_end(db, done, err);
}
