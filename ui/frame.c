/* Title, tabs and hints. */
#include "ui/frame.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/gauge.h"

#define SMALL_COLUMNS 40
#define SMALL_ROWS 10
#define STALE_AFTER_US INT64_C(2000000)

static const struct {
    const char *name;
    const char *word;
    enum role role;
} environments[] = {{"prod", "PROD", ROLE_PROD}, {"staging", "staging", ROLE_STAGING}};

static const struct {
    const char *word;
    enum role role;
} engine_words[] = {
    [ENGINE_STOPPED] = {"STOPPED", ROLE_WARNING},   [ENGINE_STARTING] = {"STARTING", ROLE_OK},
    [ENGINE_RUNNING] = {"LIVE", ROLE_OK},           [ENGINE_IDLE] = {"LIVE", ROLE_OK},
    [ENGINE_PAUSED] = {"PAUSED", ROLE_WARNING},     [ENGINE_WAITING] = {"WAITING", ROLE_ERROR},
    [ENGINE_DRAINING] = {"DRAINING", ROLE_WARNING},
};

void frame_engine_word(const struct lookup_status *status, int64_t now_us, char ret_word[32],
                       enum role *ret_role)
{
    char age[GAUGE_TEXT];
    if (status == NULL || !status->have_engine) {
        snprintf(ret_word, 32, "STOPPED");
        *ret_role = ROLE_WARNING;
        return;
    }
    const struct engine_status *engine = &status->engine;
    int64_t silent = now_us - engine->beat_us;
    bool working = engine->state == ENGINE_RUNNING || engine->state == ENGINE_IDLE;
    *ret_role = engine_words[engine->state].role;
    if (engine->state != ENGINE_STOPPED && silent > STALE_AFTER_US) {
        snprintf(ret_word, 32, "STALE %s", gauge_age(silent, age));
        *ret_role = ROLE_ERROR;
    } else if (working && !status->local) {
        snprintf(ret_word, 32, "ATTACHED");
    } else {
        snprintf(ret_word, 32, "%s", engine_words[engine->state].word);
    }
}

static int title_environment(struct paint *paint, int x, const char *environment)
{
    for (size_t i = 0; i < sizeof(environments) / sizeof(environments[0]); i++)
        if (strcmp(environment, environments[i].name) == 0)
            return paint_format(paint, 0, x, 12, environments[i].role, " %s ",
                                environments[i].word);
    return paint_format(paint, 0, x, 12, ROLE_DEV, " %s ", environment);
}

/* A part of the title, unless it would reach the right-hand part. */
static int title_part(struct paint *paint, int x, int limit, enum role role, const char *text)
{
    int width = (int)strlen(text) + 3;
    if (x + width > limit)
        return 0;
    const char *mark = theme_mark(role);
    paint_text(paint, 0, x, 3, ROLE_TITLE, STR(" | "));
    return 3 + paint_format(paint, 0, x + 3, width, ROLE_TITLE, "%s%s", mark, text);
}

static int title_right(struct paint *paint, const struct frame_title *title)
{
    char text[96];
    bool narrow = paint->columns < 72;
    snprintf(text, sizeof(text), "%s%s%.30s %s ", title->frozen ? "FROZEN " : "",
             title->unmasked ? "UNMASKED " : "", narrow ? "" : title->operator_name, title->clock);
    int width = (int)text_width(paint_clean(paint, str_from(text)));
    paint_text(paint, 0, paint->columns - width, width, ROLE_TITLE, str_from(text));
    return paint->columns - width;
}

void frame_paint_title(struct paint *paint, const struct frame_title *title)
{
    char text[64];
    char number[GAUGE_TEXT];
    paint_fill(paint, 0, 0, paint->columns, ROLE_TITLE);
    int limit = title_right(paint, title);
    int x = paint_text(paint, 0, 0, 11, ROLE_TITLE, STR(" ordersync "));
    x += title_environment(paint, x, title->environment);
    x += paint_text(paint, 0, x, 3, ROLE_TITLE, title->read_only ? STR(" RO") : STR(" rw"));
    x += title_part(paint, x, limit, title->engine_role, title->engine);
    snprintf(text, sizeof(text), "failed %s", gauge_count(title->unresolved, number));
    x += title_part(paint, x, limit, title->unresolved > 0 ? ROLE_ERROR : ROLE_OK, text);
    snprintf(text, sizeof(text), "lag %s", gauge_lag(title->lag_us, number));
    title_part(paint, x, limit, ROLE_OK, text);
}

static int tab_label(char *ret_label, size_t size, const struct screen_ops *screen)
{
    char key[16];
    return snprintf(ret_label, size, "%s %s",
                    binding_key_name(bindings_key(CONTEXT_GLOBAL, screen->request), key),
                    screen->title);
}

void frame_paint_tabs(struct paint *paint, int y, const struct screen_ops *const *screens,
                      const struct screen_ops *front, const char *crumb)
{
    char label[48];
    int x = 1;
    for (; *screens != NULL; screens++) {
        if ((*screens)->title == NULL)
            continue;
        tab_label(label, sizeof(label), *screens);
        x += paint_text(paint, y, x, paint->columns - x, *screens == front ? ROLE_TAB_ON : ROLE_TAB,
                        str_from(label)) +
             2;
    }
    snprintf(label, sizeof(label), "> %s%s%.30s", front->name, crumb[0] != '\0' ? " > " : "",
             crumb);
    if (x + (int)strlen(label) < paint->columns)
        paint_right(paint, y, x, paint->columns - x - 1, ROLE_DIM, str_from(label));
}

/* One hint, when it fits before `limit`; returns the columns used. */
static int hint(struct paint *paint, int y, int x, int limit, enum binding_context context,
                enum request request)
{
    char name[16];
    const char *label = request_info(request)->label;
    const char *key = binding_key_name(bindings_key(context, request), name);
    if (x + (int)strlen(key) + (int)strlen(label) + 1 > limit)
        return 0;
    int used = paint_text(paint, y, x, 8, ROLE_KEY, str_from(key));
    used += 1 + paint_text(paint, y, x + used + 1, 16, ROLE_TEXT, str_from(label));
    return used + 2;
}

static void hints_of(struct paint *paint, int y, int *x, int limit, enum binding_context context,
                     bool read_only)
{
    size_t count;
    const struct binding *table = bindings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct request_info *info = request_info(table[i].request);
        if (table[i].context == context && info->label[0] != '\0' && !(read_only && info->acts) &&
            bindings_key(context, table[i].request) == table[i].key)
            *x += hint(paint, y, *x, limit, context, table[i].request);
    }
}

void frame_paint_hints(struct paint *paint, int y, enum binding_context context, bool read_only)
{
    int x = 1;
    /* Help and quit are always there: they keep the room on the right. */
    int limit = paint->columns - 16;
    hints_of(paint, y, &x, limit, context, read_only);
    int right = limit + 1;
    right += hint(paint, y, right, paint->columns, CONTEXT_GLOBAL, REQUEST_HELP);
    (void)hint(paint, y, right, paint->columns, CONTEXT_GLOBAL, REQUEST_QUIT);
}

void frame_paint_editing(struct paint *paint, int y, bool dialog)
{
    static const struct {
        const char *key;
        const char *label;
        bool in_prompt;
    } hints[] = {{"Enter", "go on", true},
                 {"Tab", "next", false},
                 {"Esc", "cancel", true},
                 {"^U", "clear", true}};
    int x = 1;
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (!dialog && !hints[i].in_prompt)
            continue;
        x += 1 + paint_text(paint, y, x, 8, ROLE_KEY, str_from(hints[i].key));
        x += 2 + paint_text(paint, y, x, 10, ROLE_TEXT, str_from(hints[i].label));
    }
}

struct rect frame_body(const struct paint *paint)
{
    if (paint->columns < SMALL_COLUMNS || paint->rows < SMALL_ROWS)
        return (struct rect){0};
    return (struct rect){.y = 2, .x = 0, .height = paint->rows - 4, .width = paint->columns};
}

void frame_paint_small(struct paint *paint, const struct frame_title *title)
{
    paint_format(paint, 0, 0, paint->columns, ROLE_TEXT, "%s %s failed %" PRIu64 " %s",
                 title->environment, title->engine, title->unresolved, title->clock);
}
