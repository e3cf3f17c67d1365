/* Values of settings, without places: reading by type, masking of secrets, the nearest name. Any
 * thread. */
#ifndef ORDERSYNC_BASE_SETTINGS_VALUE_H
#define ORDERSYNC_BASE_SETTINGS_VALUE_H

#include "base/settings.h"

/* One line of settings.def. */
struct setting_row {
    const char *name;
    const char *variable;
    enum setting_type type;
    const char *fallback;
    int64_t low; /* INTEGER, DURATION (seconds): inclusive */
    int64_t high;
    const char *help; /* CHOICE: "a|b|c: ..." */
};

/* Checks `text` against the row's type, choices and range; *ret_number is the number, the truth
 * value or the choice's position, 0 for text. ERROR_SETTING_INVALID without the value of a secret
 * in it. */
MUST_CHECK bool setting_parse(const struct setting_row *row, const char *text, int64_t *ret_number,
                              struct error *err);

/* "90", "30s", "5m", "2h", "7d" in seconds. */
MUST_CHECK bool setting_parse_duration(const char *text, int64_t *ret_seconds);

/* What may be shown of a secret: a URL or conninfo keeps all but its passwords, anything else
 * becomes stars. The caller frees. */
char *setting_mask(const char *secret);

/* The row whose name is nearest to `name`, NULL when nothing is near. */
const struct setting_row *setting_nearest(const struct setting_row *rows, size_t count,
                                          const char *name);

#endif
