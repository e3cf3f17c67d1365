/* Settings: one table, four places. The last word has the flag, then the environment, the user's
 * file, the system's file; places are read in the reverse order and the later one overwrites. */
#include "base/settings.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/settings_file.h"
#include "base/settings_value.h"

static const struct setting_row rows[SETTING_COUNT] = {
#define SETTING(id, name, variable, type, fallback, low, high, help)                               \
    [id] = {name, variable, type, fallback, low, high, help},
#include "base/settings.def"
#undef SETTING
};

struct setting_value {
    char *text;
    char *shown;
    char *origin; /* words, as in `config show --origin` */
    enum setting_origin place;
    _Atomic int64_t number; /* settings_adopt() changes it while others read */
};

struct settings {
    struct setting_value values[SETTING_COUNT];
};

#define SECRET_MAX (64u * 1024)

/* ---- one value ---- */

static void value_replace(struct setting_value *value, char *take_text, char *take_shown,
                          char *take_origin)
{
    free(value->text);
    free(value->shown);
    free(value->origin);
    value->text = take_text;
    value->shown = take_shown;
    value->origin = take_origin;
}

/* Checks and stores; an empty word for a number, a choice or a truth value is a mistake, for a text
 * it means "none". */
static bool settings_put(struct settings *settings, enum setting_id id, const char *text,
                         enum setting_origin place, const char *origin, struct error *err)
{
    const struct setting_row *row = &rows[id];
    int64_t number;
    if (!setting_parse(row, text, &number, err))
        return error_prefix(err, "%s", origin);
    char *shown = row->type == SETTING_SECRET ? setting_mask(text) : memory_string(text);
    value_replace(&settings->values[id], memory_string(text), shown, memory_string(origin));
    atomic_store(&settings->values[id].number, number);
    settings->values[id].place = place;
    return true;
}

static void trim_line_end(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
}

/* A secret kept in a file of its own (containers mount them so). */
static bool settings_put_file(struct settings *settings, enum setting_id id, const char *path,
                              enum setting_origin place, const char *origin, struct error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set_errno(err, ERROR_SETTING_INVALID, "%s: %s", origin, path);
    char *text AUTO_FREE = memory_alloc(SECRET_MAX + 1);
    size_t len = fread(text, 1, SECRET_MAX + 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed || len > SECRET_MAX)
        return error_set(err, ERROR_SETTING_INVALID, "%s: %s %s", origin, path,
                         failed ? "cannot be read" : "is too long for a secret");
    text[len] = '\0';
    trim_line_end(text);
    char *words AUTO_FREE = memory_format("%s (file %s)", origin, path);
    bool put = settings_put(settings, id, text, place, words, err);
    explicit_bzero(text, len);
    return put;
}

/* ---- names ---- */

static bool find_name(const char *name, size_t len, enum setting_id *ret_id)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0) {
            *ret_id = (enum setting_id)i;
            return true;
        }
    }
    return false;
}

bool settings_find(const char *name, enum setting_id *ret_id)
{
    return find_name(name, strlen(name), ret_id);
}

/* "database_url_file": the secret's file. */
static bool find_secret_file(const char *name, enum setting_id *ret_id)
{
    static const char suffix[] = "_file";
    size_t len = strlen(name);
    size_t tail = strlen(suffix);
    enum setting_id id;
    if (len <= tail || strcmp(name + len - tail, suffix) != 0 ||
        !find_name(name, len - tail, &id) || rows[id].type != SETTING_SECRET)
        return false;
    *ret_id = id;
    return true;
}

static bool settings_put_named(struct settings *settings, const char *name, const char *text,
                               enum setting_origin place, const char *origin, struct error *err)
{
    enum setting_id id;
    if (settings_find(name, &id))
        return settings_put(settings, id, text, place, origin, err);
    if (find_secret_file(name, &id))
        return settings_put_file(settings, id, text, place, origin, err);
    const struct setting_row *nearest = setting_nearest(rows, SETTING_COUNT, name);
    if (nearest == NULL)
        return error_set(err, ERROR_SETTING_UNKNOWN,
                         "%s: unknown setting \"%s\"; see ordersync config show", origin, name);
    return error_set(err, ERROR_SETTING_UNKNOWN, "%s: unknown setting \"%s\"; did you mean \"%s\"?",
                     origin, name, nearest->name);
}

/* ---- places ---- */

/* $XDG_name/ordersync, or $HOME/fallback/ordersync; NULL without a home. The caller frees. */
static char *home_directory(const char *variable, const char *fallback)
{
    const char *base = getenv(variable);
    if (base != NULL && base[0] == '/')
        return memory_format("%s/ordersync", base);
    const char *home = getenv("HOME");
    if (home == NULL || home[0] != '/')
        return NULL;
    return memory_format("%s/%s/ordersync", home, fallback);
}

static bool load_defaults(struct settings *settings, struct error *err)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (!settings_put(settings, (enum setting_id)i, rows[i].fallback, ORIGIN_DEFAULT, "default",
                          err))
            return false;
    }
    char *state AUTO_FREE = home_directory("XDG_STATE_HOME", ".local/state");
    return settings_put(settings, SET_STATE_DIR, state == NULL ? "" : state, ORIGIN_DEFAULT,
                        "default", err);
}

struct file_place {
    struct settings *settings;
    enum setting_origin place;
    unsigned char seen[SETTING_COUNT];
};

static bool load_file_entry(void *context, const char *path, int line, const char *name,
                            const char *value, struct error *err)
{
    struct file_place *file = context;
    char *origin AUTO_FREE = memory_format("%s:%d", path, line);
    enum setting_id id;
    if ((settings_find(name, &id) || find_secret_file(name, &id)) && file->seen[id]++ > 0)
        return error_set(err, ERROR_SETTING_INVALID, "%s: %s is set twice in this file", origin,
                         rows[id].name);
    return settings_put_named(file->settings, name, value, file->place, origin, err);
}

static bool load_file(struct settings *settings, const char *path, bool must_exist,
                      enum setting_origin place, struct error *err)
{
    struct file_place file = {.settings = settings, .place = place};
    return settings_file_read(path, must_exist, load_file_entry, &file, err);
}

static bool load_files(struct settings *settings, const char *file, struct error *err)
{
    if (file != NULL)
        return load_file(settings, file, true, ORIGIN_USER_FILE, err);
    if (!load_file(settings, SYSCONFDIR "/ordersync/ordersync.conf", false, ORIGIN_SYSTEM_FILE,
                   err))
        return false;
    char *directory AUTO_FREE = home_directory("XDG_CONFIG_HOME", ".config");
    if (directory == NULL)
        return true;
    char *path AUTO_FREE = memory_format("%s/ordersync.conf", directory);
    return load_file(settings, path, false, ORIGIN_USER_FILE, err);
}

/* An empty variable counts as unset, as for the SDKs whose variables these are. */
static const char *environment(const char *variable)
{
    const char *text = getenv(variable);
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static bool load_variable(struct settings *settings, enum setting_id id, struct error *err)
{
    const char *text = environment(rows[id].variable);
    char *file_variable AUTO_FREE = memory_format("%s_FILE", rows[id].variable);
    const char *path = rows[id].type == SETTING_SECRET ? environment(file_variable) : NULL;
    if (text != NULL && path != NULL)
        return error_set(err, ERROR_SETTING_INVALID, "both %s and %s are set; keep one",
                         rows[id].variable, file_variable);
    const char *variable = path != NULL ? file_variable : rows[id].variable;
    char *origin AUTO_FREE = memory_format("environment %s", variable);
    if (path != NULL)
        return settings_put_file(settings, id, path, ORIGIN_ENVIRONMENT, origin, err);
    return text == NULL || settings_put(settings, id, text, ORIGIN_ENVIRONMENT, origin, err);
}

static bool load_environment(struct settings *settings, struct error *err)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (!load_variable(settings, (enum setting_id)i, err))
            return false;
    }
    return true;
}

static bool load_flags(struct settings *settings, const struct setting_override *flags,
                       struct error *err)
{
    for (; flags != NULL && flags->name != NULL; flags++) {
        if (!settings_put_named(settings, flags->name, flags->value, ORIGIN_FLAG, "flag", err))
            return false;
    }
    return true;
}

bool settings_load(const char *file, const struct setting_override *flags,
                   struct settings **ret_settings, struct error *err)
{
    struct settings *settings = memory_zero(1, sizeof(*settings));
    if (!load_defaults(settings, err) || !load_files(settings, file, err) ||
        !load_environment(settings, err) || !load_flags(settings, flags, err)) {
        settings_free(settings);
        return false;
    }
    *ret_settings = settings;
    return true;
}

void settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        struct setting_value *value = &settings->values[i];
        if (rows[i].type == SETTING_SECRET && value->text != NULL)
            explicit_bzero(value->text, strlen(value->text));
        value_replace(value, NULL, NULL, NULL);
    }
    free(settings);
}

/* ---- changing ---- */

bool settings_is_live(enum setting_id id)
{
    static const enum setting_id live[] = {
        SET_LOG_LEVEL,     SET_LOG_FORMAT,           SET_TARGET_RATE,      SET_MAX_ATTEMPTS,
        SET_DRAIN_TIMEOUT, SET_VERIFY_REPAIR,        SET_ALERT_LAG,        SET_ALERT_STALENESS,
        SET_ALERT_SKEW,    SET_ALERT_ERROR_PERCENT,  SET_ALERT_VERIFY_AGE, SET_ALERT_PENDING,
        SET_ALERT_GROWTH,  SET_ALERT_BUDGET_PERCENT, SET_ALERT_DISK,
    };
    for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); i++) {
        if (live[i] == id)
            return true;
    }
    return false;
}

/* Texts stay as they are: somebody may hold a pointer to one. */
void settings_adopt(struct settings *settings, const struct settings *fresh,
                    setting_changed_fn *changed, void *context)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        int64_t number = settings_integer(fresh, id);
        bool live = settings_is_live(id);
        bool same = live ? number == settings_integer(settings, id)
                         : strcmp(settings->values[i].text, fresh->values[i].text) == 0;
        if (same)
            continue;
        if (live)
            atomic_store(&settings->values[i].number, number);
        changed(context, id, live);
    }
}

/* ---- reading ---- */

const char *settings_text(const struct settings *settings, enum setting_id id)
{
    return settings->values[id].text;
}

bool settings_is_set(const struct settings *settings, enum setting_id id)
{
    return settings->values[id].place != ORIGIN_DEFAULT && settings->values[id].text[0] != '\0';
}

int64_t settings_integer(const struct settings *settings, enum setting_id id)
{
    return atomic_load_explicit(&settings->values[id].number, memory_order_relaxed);
}

bool settings_boolean(const struct settings *settings, enum setting_id id)
{
    return settings_integer(settings, id) != 0;
}

const char *settings_name(enum setting_id id)
{
    return rows[id].name;
}

const char *settings_variable(enum setting_id id)
{
    return rows[id].variable;
}

const char *settings_help(enum setting_id id)
{
    return rows[id].help;
}

const char *settings_default(enum setting_id id)
{
    return rows[id].fallback;
}

void settings_range(enum setting_id id, int64_t *ret_low, int64_t *ret_high)
{
    *ret_low = rows[id].low;
    *ret_high = rows[id].high;
}

enum setting_type settings_type(enum setting_id id)
{
    return rows[id].type;
}

const char *settings_shown(const struct settings *settings, enum setting_id id)
{
    return settings->values[id].shown;
}

const char *settings_origin(const struct settings *settings, enum setting_id id)
{
    return settings->values[id].origin;
}

enum setting_origin settings_place(const struct settings *settings, enum setting_id id)
{
    return settings->values[id].place;
}
