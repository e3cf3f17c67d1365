/* Fingerprints: failures that differ only in numbers, ids and quoted values share one. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/memory.h"
#include "journal/failure.h"

#define SHAPE_MAX 1024
#define ID_MIN 8
#define UUID_MIN 32 /* hexadecimal digits this many are an id, even all the same */

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

/* One token: letters, digits and what joins them inside an id or a date. */
struct token {
    size_t len, changes; /* changes: from letter to digit or back */
    bool hexadecimal;
};

static struct token token_at(const char *start)
{
    struct token token = {.hexadecimal = true};
    bool digit_before = false, any_before = false;
    const char *end = start;
    for (; is_word(*end) || ((*end == '-' || *end == ':') && is_word(end[1])); end++) {
        bool digit = isdigit((unsigned char)*end) != 0;
        token.hexadecimal &= isxdigit((unsigned char)*end) || *end == '-';
        if (!digit && !isalpha((unsigned char)*end))
            continue;
        token.changes += any_before && digit != digit_before ? 1 : 0;
        digit_before = digit;
        any_before = true;
    }
    token.len = (size_t)(end - start);
    return token;
}

/* Letters and digits in turns are an id, a UUID or a time ("cs_test_a1B2c3D4"); a word with a
 * number at its end
 * ("address1", "PF-88190") is a word and a number. */
static const char *id_end(const char *start)
{
    struct token token = token_at(start);
    bool id =
        (token.len >= ID_MIN && token.changes >= 2) || (token.len >= UUID_MIN && token.hexadecimal);
    return id ? start + token.len : NULL;
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
