/* Fingerprints: failures that differ only in numbers, ids and quoted values share one. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/memory.h"
#include "journal/failure.h"

#define SHAPE_MAX 1024
#define ID_MIN 8 /* a run of letters and digits this long that holds a digit is an id */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The end of the quoted text that begins at `quote`, or NULL when nothing closes it. An apostrophe
 * inside a word ("can't") opens nothing. */
static const char *quoted_end(const char *message, const char *quote)
{
    if (*quote != '"' && *quote != '\'' && *quote != '`')
        return NULL;
    if (*quote == '\'' && quote > message && is_word(quote[-1]))
        return NULL;
    const char *end = strrchr(quote + 1, *quote);
    const char *next = strchr(quote + 1, *quote);
    /* A value may itself hold quotes ("12"" wide"): doubled and escaped ones do not close it. */
    while (next != NULL && next != end && (next[1] == *quote || next[-1] == '\\'))
        next = strchr(next + (next[1] == *quote ? 2 : 1), *quote);
    return next;
}

/* The end of an id, UUID or number that begins at `start`: letters, digits and inner - _ : . of
 * which one is a digit; short words without a digit ("money") stay. NULL when it is no such thing.
 */
static const char *id_end(const char *start)
{
    const char *end = start;
    size_t digits = 0;
    while (is_word(*end) || (strchr("-:.,", *end) != NULL && *end != '\0' && is_word(end[1]))) {
        digits += isdigit((unsigned char)*end) ? 1 : 0;
        end++;
    }
    size_t len = (size_t)(end - start);
    bool hexadecimal = strspn(start, "0123456789abcdefABCDEF-") >= len && len >= ID_MIN;
    return digits > 0 && (len >= ID_MIN || hexadecimal) ? end : NULL;
}

static void append_shape(struct buffer *shape, const char *message)
{
    const char *at = message;
    while (*at != '\0') {
        const char *end = quoted_end(message, at);
        bool word_start = at == message || !is_word(at[-1]);
        if (end != NULL) {
            buffer_append_text(shape, "{}");
            at = end + 1;
        } else if (word_start && is_word(*at) && (end = id_end(at)) != NULL) {
            buffer_append_text(shape, "{id}");
            at = end;
        } else if (isdigit((unsigned char)*at)) {
            buffer_append_char(shape, '#');
            at += strspn(at, "0123456789");
        } else {
            buffer_append_char(shape, *at++);
        }
    }
}

void failure_fingerprint(enum source_kind source, const char *stage, const struct error *err,
                         char ret_fingerprint[9])
{
    struct buffer shape = {.max = SHAPE_MAX};
    buffer_append_format(&shape, "%d|%s|%s|", (int)source, stage, error_info(err->id)->code);
    append_shape(&shape, err->message);
    struct str text = buffer_str(&shape);
    unsigned char hash[EVP_MAX_MD_SIZE] = {0};
    EVP_Digest(text.data, text.len, hash, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 4; i++)
        snprintf(ret_fingerprint + i * 2, 3, "%02x", hash[i]);
    buffer_free(&shape);
}
