/* Help: the keys of the screen it was asked on, then those of every screen, then the runbook. */
#include <stdio.h>
#include <string.h>

#include "ui/list.h"
#include "ui/screen.h"

#define WHOLE_LINES 5 /* of the pane below */

enum help_kind { HELP_HEADING, HELP_KEY, HELP_ERROR, HELP_CAUSE, HELP_REMEDY, HELP_BLANK };

struct help_line {
    enum help_kind kind;
    int value; /* context, binding index or error id */
};
struct help {
    struct help_line *lines;
    size_t count, cap;
    struct list list;
};

static void help_add(struct help *help, enum help_kind kind, int value)
{
    if (help->count == help->cap) {
        help->cap = help->cap == 0 ? 256 : help->cap * 2;
        help->lines = memory_resize(help->lines, help->cap * sizeof(*help->lines));
    }
    help->lines[help->count++] = (struct help_line){kind, value};
}

static void help_add_context(struct help *help, const struct console *console,
                             enum binding_context context)
{
    size_t count;
    const struct binding *table = bindings_table(&count);
    size_t before = help->count;
    help_add(help, HELP_HEADING, (int)context);
    for (size_t i = 0; i < count; i++)
        if (table[i].context == context &&
            !(console_read_only(console) && request_info(table[i].request)->acts) &&
            bindings_key(context, table[i].request) == table[i].key)
            help_add(help, HELP_KEY, (int)i);
    if (help->count == before + 1)
        help->count = before;
    else
        help_add(help, HELP_BLANK, 0);
}

static void help_enter(struct console *console, void *state)
{
    struct help *help = state;
    const struct screen_ops *about = console_below(console);
    help->count = 0;
    help->list = (struct list){0};
    help_add_context(help, console, about->context);
    help_add_context(help, console, CONTEXT_LIST);
    help_add_context(help, console, CONTEXT_GLOBAL);
    for (enum binding_context other = 0; other < CONTEXT_LIST; other++)
        if (other != about->context)
            help_add_context(help, console, other);
    help_add(help, HELP_HEADING, -1);
    for (int id = 1; id < ERROR_ID_COUNT; id++) {
        help_add(help, HELP_ERROR, id);
        help_add(help, HELP_CAUSE, id);
        help_add(help, HELP_REMEDY, id);
    }
}

/* "k Up": all keys that mean the same here. */
static void key_names(const struct binding *binding, char *ret_names, size_t size)
{
    size_t count;
    size_t len = 0;
    char name[16];
    const struct binding *table = bindings_table(&count);
    ret_names[0] = '\0';
    for (size_t i = 0; i < count && len < size; i++)
        if (table[i].context == binding->context && table[i].request == binding->request)
            len += (size_t)snprintf(ret_names + len, size - len, "%s%s", len > 0 ? " " : "",
                                    binding_key_name(table[i].key, name));
}

static void draw_key(struct paint *paint, int y, int width, int index)
{
    size_t count;
    char names[48];
    const struct binding *binding = &bindings_table(&count)[index];
    key_names(binding, names, sizeof(names));
    paint_text(paint, y, 3, 12, ROLE_KEY, str_from(names));
    paint_text(paint, y, 16, width - 17, ROLE_TEXT,
               str_from(request_help(binding->context, binding->request)));
}

static void draw_line(struct paint *paint, int y, int width, const struct help_line *line)
{
    switch (line->kind) {
    case HELP_HEADING:
        paint_text(paint, y, 1, width - 2, ROLE_HEADING,
                   line->value < 0
                       ? STR("Runbook: every error code")
                       : str_from(binding_context_name((enum binding_context)line->value)));
        break;
    case HELP_KEY:
        draw_key(paint, y, width, line->value);
        break;
    case HELP_ERROR:
        paint_format(paint, y, 3, width - 4, ROLE_STRONG, "%s %s",
                     error_info((enum error_id)line->value)->code,
                     error_info((enum error_id)line->value)->summary);
        break;
    case HELP_CAUSE:
        paint_text(paint, y, 5, width - 6, ROLE_TEXT,
                   str_from(error_info((enum error_id)line->value)->cause));
        break;
    case HELP_REMEDY:
        paint_text(paint, y, 5, width - 6, ROLE_DIM,
                   str_from(error_info((enum error_id)line->value)->remedy));
        break;
    case HELP_BLANK:
        break;
    }
}

/* The selected line in full, as one line cuts it. */
static bool whole_text(const struct help *help, char *ret_text, size_t size)
{
    const struct help_line *line =
        help->list.selected < help->count ? &help->lines[help->list.selected] : NULL;
    size_t count;
    if (line == NULL || line->kind == HELP_HEADING || line->kind == HELP_BLANK)
        return false;
    if (line->kind == HELP_KEY) {
        const struct binding *binding = &bindings_table(&count)[line->value];
        char names[48];
        key_names(binding, names, sizeof(names));
        snprintf(ret_text, size, "%s: %s.", names,
                 request_help(binding->context, binding->request));
        return true;
    }
    const struct error_info *info = error_info((enum error_id)line->value);
    snprintf(ret_text, size, "%s %s. %s %s", info->code, info->summary, info->cause, info->remedy);
    return true;
}

/* A pane that is always there, so that the list keeps its height while one moves. */
static int draw_whole(struct paint *paint, struct rect body, const struct help *help)
{
    char text[1024];
    if (body.height < 12)
        return 0;
    paint_rule(paint, body.y + body.height - WHOLE_LINES, body.x, body.width, STR_NULL, STR_NULL);
    if (whole_text(help, text, sizeof(text)))
        paint_wrapped(paint,
                      (struct rect){body.y + body.height - WHOLE_LINES + 1, 1, WHOLE_LINES - 1,
                                    body.width - 2},
                      ROLE_TEXT, str_from(text));
    return WHOLE_LINES;
}

static void help_draw(struct console *console, void *state, struct rect body)
{
    struct help *help = state;
    struct paint *paint = console_paint(console);
    int height = body.height - draw_whole(paint, body, help);
    list_fit(&help->list, help->count, height > 0 ? (unsigned)height : 1);
    for (int i = 0; i < height && help->list.top + (unsigned)i < help->count; i++) {
        uint64_t index = help->list.top + (unsigned)i;
        draw_line(paint, body.y + i, body.width, &help->lines[index]);
        if (index != help->list.selected)
            continue;
        paint_text(paint, body.y + i, 0, 1, ROLE_STRONG, str_from(theme_mark(ROLE_SELECTED)));
        paint_cursor(paint, body.y + i, 0);
    }
}

static bool help_act(struct console *console, void *state, enum request request)
{
    struct help *help = state;
    (void)console;
    return list_request(&help->list, request) || request == REQUEST_HELP;
}

static void help_close(void *state)
{
    free(((struct help *)state)->lines);
}

const struct screen_ops screen_help = {
    .name = "help",
    .request = REQUEST_HELP,
    .context = CONTEXT_HELP,
    .size = sizeof(struct help),
    .enter = help_enter,
    .draw = help_draw,
    .act = help_act,
    .close = help_close,
};
