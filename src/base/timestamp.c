/* Date-time text. The calendar is the C library's (timegm, gmtime_r). */
#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_S 1000000

struct timestamp_cursor {
    const char *at;
    const char *end;
};

static bool timestamp_digits(struct timestamp_cursor *cursor, size_t count, int *ret_number)
{
    int number = 0;
    if ((size_t)(cursor->end - cursor->at) < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        char c = cursor->at[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    cursor->at += count;
    *ret_number = number;
    return true;
}

static bool timestamp_one_of(struct timestamp_cursor *cursor, const char *set)
{
    if (cursor->at == cursor->end || *cursor->at == '\0' || strchr(set, *cursor->at) == NULL)
        return false;
    cursor->at++;
    return true;
}

static bool timestamp_date(struct timestamp_cursor *cursor, struct tm *parts)
{
    if (!timestamp_digits(cursor, 4, &parts->tm_year) || !timestamp_one_of(cursor, "-") ||
        !timestamp_digits(cursor, 2, &parts->tm_mon) || !timestamp_one_of(cursor, "-") ||
        !timestamp_digits(cursor, 2, &parts->tm_mday))
        return false;
    return parts->tm_year >= 1 && parts->tm_mon >= 1 && parts->tm_mon <= 12 && parts->tm_mday >= 1;
}

/* hh:mm:ss; second 60 is a leap second and reads as the next one, as PostgreSQL does. */
static bool timestamp_clock(struct timestamp_cursor *cursor, struct tm *parts)
{
    return timestamp_digits(cursor, 2, &parts->tm_hour) && timestamp_one_of(cursor, ":") &&
           timestamp_digits(cursor, 2, &parts->tm_min) && timestamp_one_of(cursor, ":") &&
           timestamp_digits(cursor, 2, &parts->tm_sec) && parts->tm_hour <= 23 &&
           parts->tm_min <= 59 && parts->tm_sec <= 60;
}

static bool timestamp_fraction(struct timestamp_cursor *cursor, int *ret_us)
{
    int us = 0, weight = US_PER_S / 10;
    const char *start;
    if (!timestamp_one_of(cursor, "."))
        return true;
    start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        us += (*cursor->at++ - '0') * weight;
        weight /= 10;
    }
    *ret_us = us;
    return cursor->at > start;
}

static bool timestamp_offset(struct timestamp_cursor *cursor, int64_t *ret_seconds)
{
    int hours = 0, minutes = 0;
    if (timestamp_one_of(cursor, "Zz"))
        return true;
    bool west = cursor->at < cursor->end && *cursor->at == '-';
    if (!timestamp_one_of(cursor, "+-") || !timestamp_digits(cursor, 2, &hours))
        return false;
    if (cursor->at < cursor->end) {
        bool colon = timestamp_one_of(cursor, ":");
        (void)colon; /* "+hhmm" is as good */
        if (!timestamp_digits(cursor, 2, &minutes))
            return false;
    }
    if (hours > 23 || minutes > 59)
        return false;
    *ret_seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

/* Seconds since 1970 of a calendar moment; false when the day does not exist. */
static bool timestamp_seconds(const struct tm *read, int64_t offset, int64_t *ret_seconds)
{
    struct tm day = {
        .tm_year = read->tm_year - 1900, .tm_mon = read->tm_mon - 1, .tm_mday = read->tm_mday};
    int64_t seconds = (int64_t)timegm(&day);
    if (day.tm_mday != read->tm_mday || day.tm_mon != read->tm_mon - 1)
        return false;
    seconds += read->tm_hour * 3600 + read->tm_min * 60 + read->tm_sec - offset;
    /* 0001-01-01 .. 9999-12-31, after the offset too */
    if (seconds < -62135596800 || seconds > 253402300799)
        return false;
    *ret_seconds = seconds;
    return true;
}

bool timestamp_parse(struct str text, int64_t *ret_us, enum timestamp_note *ret_note)
{
    if (text.data == NULL)
        return false;
    struct timestamp_cursor cursor = {text.data, text.data + text.len};
    struct tm parts = {0};
    enum timestamp_note note = TIMESTAMP_NO_OFFSET;
    int64_t offset = 0, seconds;
    int us = 0;
    if (!timestamp_date(&cursor, &parts))
        return false;
    if (cursor.at < cursor.end) {
        if (!timestamp_one_of(&cursor, "Tt ") || !timestamp_clock(&cursor, &parts) ||
            !timestamp_fraction(&cursor, &us))
            return false;
        if (cursor.at < cursor.end) {
            note = TIMESTAMP_EXACT;
            if (!timestamp_offset(&cursor, &offset) || cursor.at != cursor.end)
                return false;
        }
    }
    if (!timestamp_seconds(&parts, offset, &seconds))
        return false;
    *ret_us = seconds * US_PER_S + us;
    *ret_note = note;
    return true;
}

static char *put_digits(char *out, int number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
    return out + digits;
}

static char *put_parts(char *out, const struct tm *parts, char separator)
{
    out = put_digits(out, parts->tm_year + 1900, 4);
    *out++ = '-';
    out = put_digits(out, parts->tm_mon + 1, 2);
    *out++ = '-';
    out = put_digits(out, parts->tm_mday, 2);
    *out++ = separator;
    out = put_digits(out, parts->tm_hour, 2);
    *out++ = ':';
    out = put_digits(out, parts->tm_min, 2);
    *out++ = ':';
    return put_digits(out, parts->tm_sec, 2);
}

/* "2024-01-31T10:00:00.5" with `separator` between date and time, then `suffix`. By hand: every
 * order has a dozen, and printf was a visible part of a backfill. */
static struct str timestamp_print(int64_t seconds, int32_t fraction, int digits, char separator,
                                  const char *suffix, struct arena *arena)
{
    time_t moment = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&moment, &parts) == NULL)
        return STR_NULL;
    if (parts.tm_year + 1900LL > 9999 || parts.tm_year + 1900LL < 0)
        return arena_format(arena, "%04lld-%02d-%02d%c%02d:%02d:%02d%s", parts.tm_year + 1900LL,
                            parts.tm_mon + 1, parts.tm_mday, separator, parts.tm_hour, parts.tm_min,
                            parts.tm_sec, suffix);
    char *text = arena_alloc(arena, 40);
    char *out = put_parts(text, &parts, separator);
    if (fraction != 0) {
        *out++ = '.';
        out = put_digits(out, (int)fraction, digits);
        while (out[-1] == '0')
            out--;
    }
    size_t len = strlen(suffix);
    memcpy(out, suffix, len + 1);
    return (struct str){text, (size_t)(out - text) + len};
}

struct str timestamp_to_sql(int64_t us, struct arena *arena)
{
    int64_t micros = us % US_PER_S;
    if (micros < 0)
        micros += US_PER_S;
    return timestamp_print((us - micros) / US_PER_S, (int32_t)micros, 6, ' ', "+00", arena);
}

struct str timestamp_to_rfc3339(int64_t seconds, int32_t nanos, struct arena *arena)
{
    return timestamp_print(seconds, nanos, 9, 'T', "Z", arena);
}
