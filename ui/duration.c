/* Lengths of time. */
#include "ui/duration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
