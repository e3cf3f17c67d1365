/* Unicode text from outside. Characters are taken apart by libutf8proc; what may reach a terminal
 * is decided by category, so that a new control character of a later Unicode is refused by default.
 */
#include "base/text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include <utf8proc.h>

/* More marks than any script stacks on one letter; beyond it they only deface neighbouring lines.
 */
#define TEXT_MAX_MARKS 4

static const char text_replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Length of the character at `at`, or a negative number when the bytes are not UTF-8. */
static utf8proc_ssize_t text_next(struct str text, size_t at, utf8proc_int32_t *ret_code)
{
    return utf8proc_iterate((const utf8proc_uint8_t *)text.data + at,
                            (utf8proc_ssize_t)(text.len - at), ret_code);
}

/* Index of the first byte that is not ASCII, or len. Most text is ASCII: eight bytes a step. */
static size_t text_ascii_prefix(struct str text)
{
    size_t at = 0;
    for (; at + 8 <= text.len; at += 8) {
        uint64_t word;
        memcpy(&word, text.data + at, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    while (at < text.len && (unsigned char)text.data[at] < 0x80)
        at++;
    return at;
}

bool text_is_valid_utf8(struct str text)
{
    size_t at = text_ascii_prefix(text);
    while (at < text.len) {
        utf8proc_int32_t code;
        utf8proc_ssize_t len = text_next(text, at, &code);
        if (len <= 0)
            return false;
        at += (size_t)len;
    }
    return true;
}

/* Bytes of one bad sequence: the first and the continuation bytes that a good one might have had.
 */
static size_t text_bad_len(struct str text, size_t at)
{
    unsigned char lead = (unsigned char)text.data[at];
    size_t most = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : 1;
    size_t len = 1;
    while (len < most && at + len < text.len && ((unsigned char)text.data[at + len] & 0xc0) == 0x80)
        len++;
    return len;
}

/* Copies `text` with every bad sequence, and NUL unless kept, replaced. */
static struct str text_replace(struct str text, bool keep_nul, struct arena *arena)
{
    char *repaired = arena_alloc(arena, text.len * 3 + 1);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t good = text_next(text, at, &code);
        size_t read = good > 0 ? (size_t)good : text_bad_len(text, at);
        bool keep = good > 0 && (code != 0 || keep_nul);
        memcpy(repaired + len, keep ? text.data + at : text_replacement, keep ? read : 3);
        len += keep ? read : 3;
        at += read;
    }
    repaired[len] = '\0';
    return (struct str){repaired, len};
}

struct str text_make_utf8(struct str text, struct arena *arena, bool *ret_changed)
{
    *ret_changed = !text_is_valid_utf8(text);
    return *ret_changed ? text_replace(text, true, arena) : text;
}

struct str text_repair(struct str text, struct arena *arena, bool *ret_changed)
{
    bool has_nul = text.len > 0 && memchr(text.data, '\0', text.len) != NULL;
    *ret_changed = has_nul || !text_is_valid_utf8(text);
    return *ret_changed ? text_replace(text, false, arena) : text;
}

/* ---- display ---- */

static bool text_is_mark(utf8proc_category_t category)
{
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

/* Invisible characters that Unicode does not class as format characters. */
static bool text_is_blank_trick(utf8proc_int32_t code)
{
    static const utf8proc_int32_t tricks[] = {0x034f, 0x115f, 0x1160, 0x17b4,
                                              0x17b5, 0x2800, 0x3164, 0xffa0};
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        if (tricks[i] == code)
            return true;
    }
    return code >= 0x180b && code <= 0x180f; /* Mongolian selectors */
}

/* NULL when the character may be shown as it is. */
static const char *text_shown_instead(utf8proc_int32_t code)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CC:
        return "?";
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return text_replacement;
    default:
        return text_is_blank_trick(code) ? text_replacement : NULL;
    }
}

static bool text_is_plain_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] < 0x20 || (unsigned char)text.data[i] >= 0x7f)
            return false;
    }
    return true;
}

/* Appends one character of `text` at `at` to out (3 bytes at most for each byte read); returns
 * bytes read. */
static size_t text_display_one(struct str text, size_t at, char *out, size_t *len, unsigned *marks)
{
    utf8proc_int32_t code;
    utf8proc_ssize_t good = text_next(text, at, &code);
    size_t read = good > 0 ? (size_t)good : text_bad_len(text, at);
    const char *instead = good > 0 ? text_shown_instead(code) : text_replacement;
    if (instead == NULL && text_is_mark(utf8proc_category(code))) {
        /* a mark needs a letter of its own text to sit on */
        if (*len == 0 || ++*marks > TEXT_MAX_MARKS)
            instead = text_replacement;
    } else {
        *marks = 0;
    }
    const char *shown = instead == NULL ? text.data + at : instead;
    size_t shown_len = instead == NULL ? read : strlen(instead);
    memcpy(out + *len, shown, shown_len);
    *len += shown_len;
    return read;
}

struct str text_display(struct str text, struct arena *arena)
{
    unsigned marks = 0;
    size_t len = 0;
    if (text.data == NULL || text_is_plain_ascii(text))
        return text;
    char *shown = arena_alloc(arena, text.len * 3 + 1);
    for (size_t at = 0; at < text.len;)
        at += text_display_one(text, at, shown, &len, &marks);
    shown[len] = '\0';
    return (struct str){shown, len};
}

/* ncurses lays lines out by wcwidth(3), so its word counts where it has one; libutf8proc speaks for
 * the characters that the C library's locale does not know. */
static size_t text_code_width(utf8proc_int32_t code)
{
    int width = wcwidth((wchar_t)code);
    return (size_t)(width >= 0 ? width : utf8proc_charwidth(code));
}

size_t text_width(struct str text)
{
    size_t width = 0;
    for (size_t at = 0; at < text.len;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t len = text_next(text, at, &code);
        if (len <= 0) {
            width++;
            at++;
            continue;
        }
        width += text_code_width(code);
        at += (size_t)len;
    }
    return width;
}

struct str text_truncate(struct str text, size_t columns)
{
    size_t width = 0, end = 0; /* end: of the last whole grapheme that fits */
    utf8proc_int32_t state = 0, previous = 0;
    for (size_t at = 0; at < text.len;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t len = text_next(text, at, &code);
        if (len <= 0) {
            code = 0xfffd;
            len = 1;
        }
        if (at == 0 || utf8proc_grapheme_break_stateful(previous, code, &state))
            end = at;
        width += text_code_width(code);
        if (width > columns)
            return (struct str){text.data, end};
        previous = code;
        at += (size_t)len;
    }
    return text;
}

/* ---- JSON and matching ---- */

/* What follows the backslash; 'u' for \u00XX, 0 for bytes that stand as they are. */
static char text_json_escape(unsigned char c)
{
    static const char escapes[256] = {
        "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu"
        "\0\0\"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\\"};
    return escapes[c];
}

#define TEXT_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Nonzero when one of eight bytes is no plain one: a borrow out of a byte sets its high bit ("Bit
 * Twiddling Hacks", haszero and hasless). */
static uint64_t text_odd_bytes(uint64_t word)
{
    uint64_t quote = word ^ TEXT_EACH('"'), backslash = word ^ TEXT_EACH('\\');
    uint64_t odd = ((word - TEXT_EACH(0x20)) & ~word) | ((quote - TEXT_EACH(1)) & ~quote) |
                   ((backslash - TEXT_EACH(1)) & ~backslash) | word;
    return odd & TEXT_EACH(0x80);
}

bool text_is_plain(struct str text)
{
    uint64_t word = TEXT_EACH(' ');
    size_t at = 0;
    if (text.len < sizeof(word)) {
        for (; at < text.len; at++)
            word = word << 8 | (unsigned char)text.data[at];
        return text_odd_bytes(word) == 0;
    }
    for (; at + sizeof(word) <= text.len; at += sizeof(word)) {
        memcpy(&word, text.data + at, sizeof(word));
        if (text_odd_bytes(word) != 0)
            return false;
    }
    memcpy(&word, text.data + text.len - sizeof(word), sizeof(word));
    return text_odd_bytes(word) == 0;
}

static size_t text_json_size(struct str text)
{
    size_t size = text.len;
    for (size_t i = 0; i < text.len; i++) {
        char escape = text_json_escape((unsigned char)text.data[i]);
        if (escape != 0)
            size += escape == 'u' ? 5 : 1;
    }
    return size;
}

static char *text_json_body(char *out, struct str text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char escape = text_json_escape(c);
        if (escape == 0) {
            *out++ = (char)c;
            continue;
        }
        *out++ = '\\';
        *out++ = escape;
        if (escape == 'u') {
            *out++ = '0';
            *out++ = '0';
            *out++ = digits[c >> 4];
            *out++ = digits[c & 15];
        }
    }
    return out;
}

void text_append_json(struct buffer *buffer, struct str text)
{
    size_t size = text_is_plain(text) ? text.len : text_json_size(text);
    char *out = buffer_reserve(buffer, size + 2);
    if (out == NULL)
        return;
    *out++ = '"';
    if (size == text.len && size > 0)
        memcpy(out, text.data, size);
    else
        text_json_body(out, text);
    out[size] = '"';
    out[size + 1] = '\0';
    buffer->len += size + 2;
}

bool text_holds(struct str text, struct str words)
{
    for (size_t i = 0; i + words.len <= text.len; i++)
        if (words.len == 0 || strncasecmp(text.data + i, words.data, words.len) == 0)
            return true;
    return words.len == 0;
}

struct str text_lower_trim(struct str text, struct arena *arena)
{
    static const char blanks[] = " \t\n\v\f\r";
    while (text.len > 0 && text.data[0] != '\0' && strchr(blanks, text.data[0]) != NULL) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && text.data[text.len - 1] != '\0' &&
           strchr(blanks, text.data[text.len - 1]) != NULL)
        text.len--;
    if (text.data == NULL)
        return STR_NULL;
    char *lower = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        lower[i] =
            text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] + 32) : text.data[i];
    lower[text.len] = '\0';
    return (struct str){lower, text.len};
}
