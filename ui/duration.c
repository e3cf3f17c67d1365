/* Lengths of time. */
#include "ui/duration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"

#define DAY_US (INT64_C(86400) * 1000000)
#define LONGEST_S (INT64_C(10) * 366 * 86400)

bool duration_parse(const char *text, int64_t *ret_us)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    const char *unit = *end == '\0' ? NULL : strchr(units, *end);
    if (errno != 0 || unit == NULL || end[1] != '\0' || number <= 0 ||
        number > LONGEST_S / seconds[unit - units])
        return false;
    *ret_us = number * seconds[unit - units] * 1000000;
    return true;
}

/* "07:30" as microseconds since midnight. */
static bool clock_parse(const char *text, int64_t *ret_us)
{
    static const char form[] = "00:00";
    for (size_t i = 0; i < sizeof(form); i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == '0' ? !digit : text[i] != form[i])
            return false;
    }
    int hours = (text[0] - '0') * 10 + text[1] - '0';
    int minutes = (text[3] - '0') * 10 + text[4] - '0';
    *ret_us = (hours * 60 + minutes) * INT64_C(60000000);
    return hours < 24 && minutes < 60;
}

bool duration_until(const char *text, int64_t now_us, int64_t *ret_us)
{
    enum timestamp_note note;
    int64_t part;
    int64_t moment;
    if (duration_parse(text, &part)) {
        moment = now_us + part;
    } else if (clock_parse(text, &part)) {
        moment = now_us / DAY_US * DAY_US + part;
        moment += moment <= now_us ? DAY_US : 0;
    } else if (!timestamp_parse(str_from(text), &moment, &note)) {
        return false;
    }
    if (moment <= now_us || moment > now_us + LONGEST_S * 1000000)
        return false;
    *ret_us = moment;
    return true;
}
