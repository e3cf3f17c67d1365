/* Decimal text. Numbers here are digit strings throughout: the only double that enters is the one
 * that decimal_from_double() is asked to print. */
#include "base/decimal.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define DECIMAL_MAX_WHOLE 131072
#define DECIMAL_MAX_SCALE 16383
#define DECIMAL_MAX_EXPONENT 1000

/* Text taken apart: sign, digits before and after the point, exponent. */
struct decimal_parts {
    bool negative;
    const char *whole;
    size_t whole_len;
    const char *fraction;
    size_t fraction_len;
    int exponent;
};

static size_t decimal_digits(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return (size_t)(at - start);
}

static bool decimal_read_exponent(const char *at, const char *end, int *ret_exponent)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || decimal_digits(at, end) != (size_t)(end - at))
        return false;
    int exponent = 0;
    for (; at < end; at++) {
        exponent = exponent * 10 + (*at - '0');
        if (exponent > DECIMAL_MAX_EXPONENT)
            return false;
    }
    *ret_exponent = negative ? -exponent : exponent;
    return true;
}

static bool decimal_split(struct str text, struct decimal_parts *ret_parts)
{
    const char *at = text.data;
    const char *end = at == NULL ? NULL : at + text.len;
    struct decimal_parts parts = {0};
    if (at == NULL || at == end)
        return false;
    parts.negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    parts.whole = at;
    parts.whole_len = decimal_digits(at, end);
    at += parts.whole_len;
    parts.fraction = at;
    if (at < end && *at == '.') {
        parts.fraction = ++at;
        parts.fraction_len = decimal_digits(at, end);
        at += parts.fraction_len;
    }
    if (parts.whole_len + parts.fraction_len == 0)
        return false;
    if (at < end && (*at == 'e' || *at == 'E') &&
        !decimal_read_exponent(at + 1, end, &parts.exponent))
        return false;
    else if (at < end && *at != 'e' && *at != 'E')
        return false;
    *ret_parts = parts;
    return true;
}

/* The digit at `place` of the joined digits; zeros beyond both ends. */
static char decimal_digit_at(const struct decimal_parts *parts, long place)
{
    if (place < 0 || (size_t)place >= parts->whole_len + parts->fraction_len)
        return '0';
    if ((size_t)place < parts->whole_len)
        return parts->whole[place];
    return parts->fraction[(size_t)place - parts->whole_len];
}

/* Lays digits out around the point, which stands `point` digits into the joined digits. */
static struct str decimal_layout(const struct decimal_parts *parts, long point, long scale,
                                 struct arena *arena)
{
    long first = 0;
    bool zero = true;
    while (first < point - 1 && decimal_digit_at(parts, first) == '0')
        first++;
    if (first > point - 1)
        first = point - 1;
    char *text = arena_alloc(arena, (size_t)(point - first + scale) + 3);
    char *at = text + 1; /* room for the sign */
    for (long place = first; place < point + scale; place++) {
        if (place == point)
            *at++ = '.';
        *at = decimal_digit_at(parts, place);
        zero = zero && *at == '0';
        at++;
    }
    *at = '\0';
    char *start = text + 1;
    if (parts->negative && !zero)
        *--start = '-';
    return (struct str){start, (size_t)(at - start)};
}

/* Money as documents have it is canonical already: no copy of its digits is worth making twice. */
static bool decimal_is_canonical(const struct decimal_parts *parts, struct str text)
{
    size_t plain = parts->whole_len + (parts->fraction_len > 0 ? parts->fraction_len + 1 : 0);
    return !parts->negative && plain == text.len && parts->whole_len > 0 &&
           (parts->whole_len == 1 || parts->whole[0] != '0');
}

bool decimal_parse(struct str text, struct arena *arena, struct str *ret_canonical)
{
    struct decimal_parts parts;
    if (!decimal_split(text, &parts))
        return false;
    long point = (long)parts.whole_len + parts.exponent;
    long scale = (long)parts.fraction_len - parts.exponent;
    if (scale < 0)
        scale = 0;
    if (point > DECIMAL_MAX_WHOLE || scale > DECIMAL_MAX_SCALE)
        return false;
    *ret_canonical = decimal_is_canonical(&parts, text)
                         ? arena_copy(arena, text)
                         : decimal_layout(&parts, point, scale, arena);
    return true;
}

/* ---- doubles ---- */

static pthread_once_t decimal_once = PTHREAD_ONCE_INIT;
static locale_t decimal_c_locale; /* written once; the console's locale may have a decimal comma */

static void decimal_make_locale(void)
{
    decimal_c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

double decimal_to_double(struct str text)
{
    char small[64];
    char *copy = text.len < sizeof(small) ? small : memory_alloc(text.len + 1);
    memcpy(copy, text.data == NULL ? "" : text.data, text.len);
    copy[text.len] = '\0';
    pthread_once(&decimal_once, decimal_make_locale);
    double number = strtod_l(copy, NULL, decimal_c_locale);
    if (copy != small)
        free(copy);
    return number;
}

/* "%.*e" with a '.', whatever the locale says. */
static struct str decimal_scientific(double number, int digits, char *text, size_t size)
{
    locale_t before = uselocale(decimal_c_locale);
    int len = snprintf(text, size, "%.*e", digits - 1, number);
    uselocale(before);
    return (struct str){text, (size_t)len};
}

/* Every decimal of up to 15 digits survives a normal double, so 15 digits are the shortest there
 * once their trailing zeros are gone; denormals hold fewer digits and are tried from one up. */
static struct str decimal_shortest(double number, char *text, size_t size)
{
    int digits = fabs(number) < DBL_MIN ? 1 : DBL_DIG;
    struct str shortest = decimal_scientific(number, digits, text, size);
    while (digits < DBL_DECIMAL_DIG && strtod_l(text, NULL, decimal_c_locale) != number)
        shortest = decimal_scientific(number, ++digits, text, size);
    return shortest;
}

struct str decimal_from_minor(int64_t minor, unsigned scale, struct arena *arena)
{
    char digits[32];
    uint64_t magnitude = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)magnitude);
    struct decimal_parts parts = {.negative = minor < 0, .whole = digits, .whole_len = (size_t)len};
    return decimal_layout(&parts, len - (long)scale, (long)scale, arena);
}

/* Prices: a whole number of cents (up to 10^-6) of 15 digits at most. Division is correctly
 * rounded, so minor / 10^scale being the number again proves the text; the first scale that does is
 * the shortest. */
static bool decimal_from_short_double(double number, struct arena *arena, struct str *ret_canonical)
{
    double power = 1;
    for (unsigned scale = 0; scale <= 6; scale++, power *= 10) {
        double minor = nearbyint(number * power);
        if (fabs(minor) >= 1e15)
            return false;
        if (minor / power == number) {
            *ret_canonical = decimal_from_minor((int64_t)minor, scale, arena);
            return true;
        }
    }
    return false;
}

bool decimal_from_double(double number, struct arena *arena, struct str *ret_canonical)
{
    char text[64];
    struct decimal_parts parts;
    if (!isfinite(number))
        return false;
    if (decimal_from_short_double(number, arena, ret_canonical))
        return true;
    pthread_once(&decimal_once, decimal_make_locale);
    if (!decimal_split(decimal_shortest(number, text, sizeof(text)), &parts))
        return false;
    while (parts.fraction_len > 0 && parts.fraction[parts.fraction_len - 1] == '0')
        parts.fraction_len--;
    long scale = (long)parts.fraction_len - parts.exponent;
    *ret_canonical = decimal_layout(&parts, (long)parts.whole_len + parts.exponent,
                                    scale < 0 ? 0 : scale, arena);
    return true;
}

/* ---- exact arithmetic on canonical text ---- */

static long decimal_max(long a, long b)
{
    return a > b ? a : b;
}

/* The digit of weight 10^-place: units are place 0, tenths place 1, tens place -1. */
static int decimal_weight(const struct decimal_parts *parts, long place)
{
    return decimal_digit_at(parts, (long)parts->whole_len - 1 + place) - '0';
}

static int decimal_compare_magnitude(const struct decimal_parts *a, const struct decimal_parts *b)
{
    long from = -decimal_max((long)a->whole_len, (long)b->whole_len);
    long to = decimal_max((long)a->fraction_len, (long)b->fraction_len);
    for (long place = from; place <= to; place++) {
        int order = decimal_weight(a, place) - decimal_weight(b, place);
        if (order != 0)
            return order < 0 ? -1 : 1;
    }
    return 0;
}

/* big +- small, |big| >= |small|, with the sign of big. */
static struct str decimal_combine(const struct decimal_parts *big,
                                  const struct decimal_parts *small, bool subtract,
                                  struct arena *arena)
{
    long whole = decimal_max((long)big->whole_len, (long)small->whole_len) + 1;
    long scale = decimal_max((long)big->fraction_len, (long)small->fraction_len);
    char *digits = arena_alloc(arena, (size_t)(whole + scale));
    int carry = 0;
    for (long at = whole + scale - 1; at >= 0; at--) {
        long place = at - (whole - 1);
        int sum = decimal_weight(big, place) + carry;
        sum += subtract ? -decimal_weight(small, place) : decimal_weight(small, place);
        carry = sum < 0 ? -1 : sum / 10;
        digits[at] = (char)('0' + (sum - carry * 10));
    }
    struct decimal_parts parts = {
        .negative = big->negative, .whole = digits, .whole_len = (size_t)(whole + scale)};
    return decimal_layout(&parts, whole, scale, arena);
}

static struct decimal_parts decimal_canonical_parts(struct str text)
{
    struct decimal_parts parts;
    if (!decimal_split(text, &parts) || parts.exponent != 0)
        return (struct decimal_parts){.whole = "0", .whole_len = 1};
    return parts;
}

struct str decimal_add(struct str a, struct str b, struct arena *arena)
{
    struct decimal_parts left = decimal_canonical_parts(a);
    struct decimal_parts right = decimal_canonical_parts(b);
    bool subtract = left.negative != right.negative;
    if (decimal_compare_magnitude(&left, &right) < 0)
        return decimal_combine(&right, &left, subtract, arena);
    return decimal_combine(&left, &right, subtract, arena);
}

struct str decimal_negate(struct str a, struct arena *arena)
{
    struct decimal_parts parts = decimal_canonical_parts(a);
    parts.negative = !parts.negative;
    return decimal_layout(&parts, (long)parts.whole_len, (long)parts.fraction_len, arena);
}

int decimal_compare(struct str a, struct str b)
{
    static const struct decimal_parts zero = {.whole = "0", .whole_len = 1};
    struct decimal_parts left = decimal_canonical_parts(a);
    struct decimal_parts right = decimal_canonical_parts(b);
    bool left_negative = left.negative && decimal_compare_magnitude(&left, &zero) != 0;
    bool right_negative = right.negative && decimal_compare_magnitude(&right, &zero) != 0;
    if (left_negative != right_negative)
        return left_negative ? -1 : 1;
    int order = decimal_compare_magnitude(&left, &right);
    return left_negative ? -order : order;
}

bool decimal_to_int64(struct str text, int64_t *ret_number)
{
    struct decimal_parts parts;
    if (!decimal_split(text, &parts) || parts.exponent != 0)
        return false;
    for (size_t i = 0; i < parts.fraction_len; i++) {
        if (parts.fraction[i] != '0')
            return false;
    }
    int64_t number = 0; /* negative, so that INT64_MIN fits */
    for (size_t i = 0; i < parts.whole_len; i++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_sub_overflow(number, parts.whole[i] - '0', &number))
            return false;
    }
    if (!parts.negative && number == INT64_MIN)
        return false;
    *ret_number = parts.negative ? number : -number;
    return true;
}
