/* Numbers made short enough for a column. */
#include "ui/gauge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define SECOND INT64_C(1000000)

void gauge_bar(struct paint *paint, int y, int x, int width, uint64_t done, uint64_t total)
{
    int inside = width - 2;
    if (inside < 1 || paint->theme->page)
        return;
    double part = total == 0 ? 0 : (double)done / (double)total;
    int full = part >= 1 ? inside : (int)(part * inside);
    paint_text(paint, y, x, 1, ROLE_DIM, STR("["));
    for (int i = 0; i < inside; i++)
        paint_text(
            paint, y, x + 1 + i, 1, i < full ? ROLE_BAR : ROLE_DIM,
            str_from(theme_glyph(paint->theme, i < full ? GLYPH_BAR_FULL : GLYPH_BAR_EMPTY)));
    paint_text(paint, y, x + width - 1, 1, ROLE_DIM, STR("]"));
}

void gauge_spark(struct paint *paint, int y, int x, int width, const uint32_t *values, size_t count)
{
    if (width <= 0 || paint->theme->page)
        return;
    size_t shown = count < (size_t)width ? count : (size_t)width;
    const uint32_t *first = values + (count - shown);
    uint32_t top = 0;
    for (size_t i = 0; i < shown; i++)
        top = first[i] > top ? first[i] : top;
    for (size_t i = 0; i < shown && top > 0; i++) {
        unsigned level = (unsigned)((uint64_t)first[i] * (SPARK_LEVELS - 1) / top);
        if (first[i] > 0)
            paint_text(paint, y, x + (int)(width - (int)shown + (int)i), 1, ROLE_BAR,
                       str_from(theme_spark(paint->theme, level)));
    }
}

const char *gauge_count(uint64_t number, char ret_text[GAUGE_TEXT])
{
    char digits[GAUGE_TEXT];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    size_t out = 0;
    for (int i = 0; i < len && out + 2 < GAUGE_TEXT; i++) {
        if (i > 0 && (len - i) % 3 == 0 && len < 19)
            ret_text[out++] = ',';
        ret_text[out++] = digits[i];
    }
    ret_text[out] = '\0';
    return ret_text;
}

const char *gauge_short(double number, char ret_text[GAUGE_TEXT])
{
    static const char units[] = " kMGTPE";
    size_t unit = 0;
    while (number >= (unit == 0 ? 9999.5 : 999.5) && unit + 2 < sizeof(units)) {
        number /= 1000;
        unit++;
    }
    if (unit == 0)
        snprintf(ret_text, GAUGE_TEXT, "%.0f", number);
    else
        snprintf(ret_text, GAUGE_TEXT, number < 99.95 ? "%.1f%c" : "%.0f%c", number, units[unit]);
    return ret_text;
}

static const struct {
    int64_t seconds;
    int64_t until; /* the unit is used below this many seconds */
    char unit;
} ages[] = {{1, 100, 's'}, {60, 6000, 'm'}, {3600, 172800, 'h'}, {86400, INT64_MAX, 'd'}};

const char *gauge_age(int64_t microseconds, char ret_text[GAUGE_TEXT])
{
    int64_t seconds = microseconds / SECOND;
    size_t i = 0;
    if (microseconds < 0)
        return memcpy(ret_text, "-", 2);
    while (seconds >= ages[i].until)
        i++;
    snprintf(ret_text, GAUGE_TEXT, "%" PRId64 "%c", seconds / ages[i].seconds, ages[i].unit);
    return ret_text;
}

const char *gauge_duration(int64_t microseconds, char ret_text[GAUGE_TEXT])
{
    int64_t seconds = microseconds / SECOND;
    if (microseconds < 0)
        return memcpy(ret_text, "-", 2);
    if (seconds < 60)
        snprintf(ret_text, GAUGE_TEXT, "%" PRId64 "s", seconds);
    else if (seconds < 3600)
        snprintf(ret_text, GAUGE_TEXT, "%" PRId64 "m%02" PRId64 "s", seconds / 60, seconds % 60);
    else
        snprintf(ret_text, GAUGE_TEXT, "%" PRId64 "h%02" PRId64 "m", seconds / 3600,
                 seconds / 60 % 60);
    return ret_text;
}

const char *gauge_lag(int64_t microseconds, char ret_text[GAUGE_TEXT])
{
    if (microseconds >= 0 && microseconds < SECOND)
        snprintf(ret_text, GAUGE_TEXT, "%" PRId64 "ms", microseconds / 1000);
    else if (microseconds >= 0 && microseconds < 10 * SECOND)
        snprintf(ret_text, GAUGE_TEXT, "%.1fs", (double)microseconds / 1e6);
    else
        return gauge_age(microseconds, ret_text);
    return ret_text;
}

const char *gauge_bytes(uint64_t bytes, char ret_text[GAUGE_TEXT])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double number = (double)bytes;
    size_t unit = 0;
    while (number >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        number /= 1000;
        unit++;
    }
    snprintf(ret_text, GAUGE_TEXT, unit > 0 && number < 9.95 ? "%.1f %s" : "%.0f %s", number,
             units[unit]);
    return ret_text;
}

const char *gauge_clock(int64_t wall_us, int64_t now_us, char ret_text[GAUGE_TEXT])
{
    if (wall_us == TIME_NONE)
        return memcpy(ret_text, "-", 2);
    time_t seconds = (time_t)(wall_us / SECOND);
    bool today = wall_us / (86400 * SECOND) == now_us / (86400 * SECOND);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(ret_text, GAUGE_TEXT, today ? "%H:%M:%S" : "%m-%d %H:%M", &parts);
    return ret_text;
}
