/* Title, tabs and hints. */
#include "ui/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/gauge.h"

#define SMALL_COLUMNS 40
#define SMALL_ROWS 10

static const struct {
    const char *name;
    const char *word;
    enum role role;
} environments[] = {{"prod", "PROD", ROLE_PROD}, {"staging", "staging", ROLE_STAGING}};

static int title_environment(struct paint *paint, int x, const char *environment)
{
    for (size_t i = 0; i < sizeof(environments) / sizeof(environments[0]); i++)
        if (strcmp(environment, environments[i].name) == 0)
            return paint_format(paint, 0, x, 12, environments[i].role, " %s ",
                                environments[i].word);
    return paint_format(paint, 0, x, 12, ROLE_DEV, " %s ", environment);
}

#define PARTS 4

struct title_part {
    enum role role;
    char text[64];
};

/* By what is missed most when there is no room: the last is left out first. */
static int title_parts(const struct frame_title *title, struct title_part *ret_parts)
{
    char number[GAUGE_TEXT];
    ret_parts[0].role = title->engine_role;
    snprintf(ret_parts[0].text, sizeof(ret_parts[0].text), "%s", title->engine);
    ret_parts[1].role = title->unresolved > 0 ? ROLE_ERROR : ROLE_OK;
    snprintf(ret_parts[1].text, sizeof(ret_parts[1].text), "failed %s",
             gauge_count(title->unresolved, number));
    ret_parts[2].role = ROLE_OK;
    snprintf(ret_parts[2].text, sizeof(ret_parts[2].text), "lag %s",
             gauge_lag(title->lag_us, number));
    ret_parts[3].role = title->alerts > 0 ? ROLE_ERROR : ROLE_OK;
    snprintf(ret_parts[3].text, sizeof(ret_parts[3].text), "alerts %d", title->alerts);
    return title->alerts < 0 ? PARTS - 1 : PARTS;
}

static int part_width(const struct title_part *part)
{
    return 3 + (int)strlen(theme_mark(part->role)) + (int)strlen(part->text);
}

/* Clock, and the operator where there is room; returns where it begins. */
static int title_right(struct paint *paint, int taken, const struct frame_title *title)
{
    char text[128], name[40];
    int width;
    snprintf(name, sizeof(name), "%.30s ", title->operator_name);
    for (const char *shown = name;; shown = "") {
        snprintf(text, sizeof(text), " %s%s%s%s ", title->frozen ? "FROZEN " : "",
                 title->unmasked ? "UNMASKED " : "", shown, title->clock);
        width = (int)text_width(paint_clean(paint, str_from(text)));
        if (taken + width <= paint->columns || shown[0] == '\0')
            break;
    }
    paint_text(paint, 0, paint->columns - width, width, ROLE_TITLE, str_from(text));
    return paint->columns - width;
}

void frame_paint_title(struct paint *paint, const struct frame_title *title)
{
    struct title_part parts[PARTS];
    int count = title_parts(title, parts);
    int x = 0;
    paint_fill(paint, 0, 0, paint->columns, ROLE_TITLE);
    if (paint->columns >= 72)
        x += paint_text(paint, 0, 0, 11, ROLE_TITLE, STR(" ordersync "));
    x += title_environment(paint, x, title->environment);
    x += paint_text(paint, 0, x, 3, ROLE_TITLE, title->read_only ? STR(" RO") : STR(" rw"));
    int taken = x;
    for (int i = 0; i < count; i++)
        taken += part_width(&parts[i]);
    int limit = title_right(paint, taken, title);
    for (int i = 0; i < count && x + part_width(&parts[i]) <= limit; i++) {
        int width = part_width(&parts[i]);
        paint_text(paint, 0, x, 3, ROLE_TITLE, STR(" | "));
        paint_format(paint, 0, x + 3, width - 3, ROLE_TITLE, "%s%s", theme_mark(parts[i].role),
                     parts[i].text);
        x += width;
    }
}

/* ---- tabs ---- */

/* How much of the tabs' names is shown, the most first. */
static const struct tab_style {
    int name; /* columns of a name */
    int gap;
} tab_styles[] = {{48, 2}, {48, 1}, {6, 1}, {4, 1}, {0, 1}};

static int tab_label(char ret_label[64], const struct screen_ops *screen, bool front,
                     const struct tab_style *style)
{
    char key[16];
    int name = front ? 48 : style->name;
    return snprintf(ret_label, 64, "%s%s%.*s",
                    binding_key_name(bindings_key(CONTEXT_GLOBAL, screen->request), key),
                    name > 0 ? " " : "", name, screen->title);
}

static int tabs_width(const struct screen_ops *const *screens, const struct screen_ops *front,
                      const struct tab_style *style)
{
    char label[64];
    int width = 1;
    for (; *screens != NULL; screens++)
        if ((*screens)->title != NULL)
            width += tab_label(label, *screens, *screens == front, style) + style->gap;
    return width;
}

void frame_paint_tabs(struct paint *paint, int y, const struct screen_ops *const *screens,
                      const struct screen_ops *front, const char *crumb)
{
    char label[64];
    int x = 1;
    const struct tab_style *style = tab_styles;
    const struct tab_style *last = &tab_styles[sizeof(tab_styles) / sizeof(tab_styles[0]) - 1];
    while (style < last && tabs_width(screens, front, style) > paint->columns)
        style++;
    for (; *screens != NULL; screens++) {
        if ((*screens)->title == NULL)
            continue;
        tab_label(label, *screens, *screens == front, style);
        x += paint_text(paint, y, x, paint->columns - x, *screens == front ? ROLE_TAB_ON : ROLE_TAB,
                        str_from(label)) +
             style->gap;
    }
    snprintf(label, sizeof(label), "> %s%s%.30s", front->name, crumb[0] != '\0' ? " > " : "",
             crumb);
    if (x + (int)text_width(paint_clean(paint, str_from(label))) < paint->columns)
        paint_right(paint, y, x, paint->columns - x - 1, ROLE_DIM, str_from(label));
}

/* ---- hints ---- */

/* One hint, when it fits before `limit`; returns the columns used. */
static int hint_text(struct paint *paint, int y, int x, int limit, const char *key,
                     const char *label)
{
    if (x + (int)strlen(key) + (int)strlen(label) + 1 > limit)
        return 0;
    int used = paint_text(paint, y, x, 8, ROLE_KEY, str_from(key));
    used += 1 + paint_text(paint, y, x + used + 1, 16, ROLE_TEXT, str_from(label));
    return used + 2;
}

static int hint(struct paint *paint, int y, int x, int limit, enum binding_context context,
                enum request request)
{
    char name[16];
    const char *key = binding_key_name(bindings_key(context, request), name);
    return hint_text(paint, y, x, limit, key, request_info(request)->label);
}

/* Of the screen in front, which may have a word of its own. */
static int hint_of_screen(struct console *console, const struct frame_hints *hints, int y, int x,
                          int limit, enum request request)
{
    const struct screen_ops *front = hints->front;
    char name[16];
    const char *label = front->label == NULL ? NULL : front->label(console, hints->state, request);
    return hint_text(console_paint(console), y, x, limit,
                     binding_key_name(bindings_key(front->context, request), name),
                     label != NULL ? label : request_info(request)->label);
}

static bool hint_is_true(struct console *console, const struct frame_hints *hints,
                         const struct binding *binding)
{
    const struct screen_ops *front = hints->front;
    const struct request_info *info = request_info(binding->request);
    return binding->context == front->context && info->label[0] != '\0' &&
           !(hints->read_only && info->acts) &&
           bindings_key(front->context, binding->request) == binding->key &&
           (front->can == NULL || front->can(console, hints->state, binding->request));
}

void frame_paint_hints(struct console *console, int y, const struct frame_hints *hints)
{
    struct paint *paint = console_paint(console);
    char key[16];
    int x = 1;
    /* Help, and quit or back, are always there: they keep the room on the right. */
    int limit = paint->columns - 17;
    size_t count;
    const struct binding *table = bindings_table(&count);
    if (hints->frozen)
        x += hint_text(paint, y, x, limit,
                       binding_key_name(bindings_key(CONTEXT_GLOBAL, REQUEST_FREEZE), key), "thaw");
    for (size_t i = 0; i < count; i++)
        if (hint_is_true(console, hints, &table[i]))
            x += hint_of_screen(console, hints, y, x, limit, table[i].request);
    int right = limit + 1;
    /* Where commands are typed: in the room that is left. */
    int commands = right - 2 - (int)strlen(": command");
    if (x <= commands)
        (void)hint(paint, y, commands, right, CONTEXT_GLOBAL, REQUEST_COMMAND);
    if (hints->front->request != REQUEST_HELP)
        right += hint(paint, y, right, paint->columns, CONTEXT_GLOBAL, REQUEST_HELP);
    (void)hint(paint, y, right, paint->columns, CONTEXT_GLOBAL,
               hints->below ? REQUEST_BACK : REQUEST_QUIT);
}

void frame_paint_editing(struct paint *paint, int y, const struct dialog *dialog, bool completes)
{
    const char *enter = "go on";
    int x = 1;
    if (dialog != NULL && dialog->focus == dialog->field_count)
        enter = "cancel";
    else if (dialog != NULL && dialog->focus > dialog->field_count)
        enter = dialog->confirm;
    bool field = dialog == NULL || dialog->focus < dialog->field_count;
    x += hint_text(paint, y, x, paint->columns, "Enter", enter);
    if (dialog != NULL)
        x += hint_text(paint, y, x, paint->columns, "Tab", "next");
    else if (completes)
        x += hint_text(paint, y, x, paint->columns, "Tab", "complete");
    x += hint_text(paint, y, x, paint->columns, "Esc", "cancel");
    if (field)
        (void)hint_text(paint, y, x, paint->columns, "^U", "clear");
}

struct rect frame_body(const struct paint *paint)
{
    if (paint->columns < SMALL_COLUMNS || paint->rows < SMALL_ROWS)
        return (struct rect){0};
    return (struct rect){.y = 2, .x = 0, .height = paint->rows - 4, .width = paint->columns};
}

void frame_paint_small(struct paint *paint, const struct frame_title *title)
{
    paint_format(paint, 0, 0, paint->columns, ROLE_TEXT, "%s %s %sfailed %" PRIu64 " %s",
                 title->environment, title->engine,
                 title->unresolved > 0 ? theme_mark(ROLE_ERROR) : "", title->unresolved,
                 title->clock);
}
