/* Settings: one table (settings.def) of name, variable, type, default, help; read from flag,
 * environment, user file, system file, in that order. Loaded once in main; read-only afterwards
 * (any thread), but for the numbers that a reload may change, which every reader takes anew. */
#ifndef ORDERSYNC_BASE_SETTINGS_H
#define ORDERSYNC_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum setting_id {
#define SETTING(id, name, variable, type, fallback, low, high, help) id,
#include "base/settings.def"
#undef SETTING
    SETTING_COUNT
};

enum setting_type {
    SETTING_TEXT,
    SETTING_SECRET, /* never printed; variable also as NAME_FILE */
    SETTING_INTEGER,
    SETTING_BOOLEAN,
    SETTING_CHOICE,   /* `low`/`high` unused; choices in help as "a|b|c: ..." */
    SETTING_DURATION, /* "30s", "5m", "2h", "7d"; seconds */
};

enum setting_origin {
    ORIGIN_DEFAULT,
    ORIGIN_SYSTEM_FILE,
    ORIGIN_USER_FILE,
    ORIGIN_ENVIRONMENT,
    ORIGIN_FLAG
};

struct settings; /* opaque */

struct setting_override {
    const char *name;
    const char *value;
};
/* Overrides are flags (`--set name=value` and named flags), NULL-name terminated, may be NULL.
 * `file` NULL: the standard places. */
MUST_CHECK bool settings_load(const char *file, const struct setting_override *flags,
                              struct settings **ret_settings, struct error *err);
void settings_free(struct settings *settings);

/* A number that whoever uses it reads each time, so that it may change while the program runs. */
bool settings_is_live(enum setting_id id);
/* Takes the live numbers over from `fresh`, and tells every setting that differs there: taken, or
 * not before a restart. Main thread; other threads may read meanwhile. */
typedef void setting_changed_fn(void *context, enum setting_id id, bool taken);
void settings_adopt(struct settings *settings, const struct settings *fresh,
                    setting_changed_fn *changed, void *context);

const char *settings_text(const struct settings *settings, enum setting_id id); /* "" when unset */
/* Given in some place and not empty; a default does not count. */
bool settings_is_set(const struct settings *settings, enum setting_id id);
/* INTEGER, DURATION (seconds), BOOLEAN (0, 1), CHOICE (position in its list, from 0). */
int64_t settings_integer(const struct settings *settings, enum setting_id id);
bool settings_boolean(const struct settings *settings, enum setting_id id);

/* For `config show --origin` and the manual page. Secrets come masked. */
bool settings_find(const char *name, enum setting_id *ret_id);
const char *settings_default(enum setting_id id);
void settings_range(enum setting_id id, int64_t *ret_low, int64_t *ret_high);
enum setting_origin settings_place(const struct settings *settings, enum setting_id id);
const char *settings_name(enum setting_id id);
const char *settings_variable(enum setting_id id);
const char *settings_help(enum setting_id id);
enum setting_type settings_type(enum setting_id id);
const char *settings_shown(const struct settings *settings, enum setting_id id);
const char *settings_origin(const struct settings *settings,
                            enum setting_id id); /* "environment DATABASE_URL" */

#endif
