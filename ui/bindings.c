/* Lookups over the bindings table. */
#include "ui/bindings.h"

#include <curses.h>
#include <stdio.h>

#define CONTROL(c) ((c)&0x1f)
#define ACTS true

static const struct request_info requests[REQUEST_COUNT] = {
    [REQUEST_NONE] = {"none", "", "", false},
#define REQUEST(id, label, flags, help) [REQUEST_##id] = {#id, label, help, flags},
#define BINDING(context, request, key)
#define HELP(context, request, help)
#include "ui/bindings.def"
#undef REQUEST
#undef BINDING
#undef HELP
};

static const struct binding bindings[] = {
#define REQUEST(id, label, flags, help)
#define BINDING(context, request, key) {CONTEXT_##context, REQUEST_##request, key},
#define HELP(context, request, help)
#include "ui/bindings.def"
#undef REQUEST
#undef BINDING
#undef HELP
};
#define BINDING_COUNT (sizeof(bindings) / sizeof(bindings[0]))

static const struct {
    enum binding_context context;
    enum request request;
    const char *help;
} helps[] = {
#define REQUEST(id, label, flags, help)
#define BINDING(context, request, key)
#define HELP(context, request, help) {CONTEXT_##context, REQUEST_##request, help},
#include "ui/bindings.def"
#undef REQUEST
#undef BINDING
#undef HELP
};

static const char *const context_names[CONTEXT_COUNT] = {
    [CONTEXT_OVERVIEW] = "Overview",   [CONTEXT_FAILED] = "Failed",       [CONTEXT_PLAN] = "Plan",
    [CONTEXT_INSPECTOR] = "Inspector", [CONTEXT_CUSTOMERS] = "Customers", [CONTEXT_LOG] = "Log",
    [CONTEXT_ALERTS] = "Alerts",       [CONTEXT_AUDIT] = "Audit",         [CONTEXT_HELP] = "Help",
    [CONTEXT_LIST] = "Lists",          [CONTEXT_GLOBAL] = "Everywhere",
};

static const struct {
    int key;
    const char *name;
} key_names[] = {
    {' ', "Space"},      {'\r', "Enter"},     {'\t', "Tab"},      {27, "Esc"},
    {KEY_UP, "Up"},      {KEY_DOWN, "Down"},  {KEY_LEFT, "Left"}, {KEY_RIGHT, "Right"},
    {KEY_PPAGE, "PgUp"}, {KEY_NPAGE, "PgDn"}, {KEY_HOME, "Home"}, {KEY_END, "End"},
    {KEY_F(1), "F1"},    {KEY_BTAB, "S-Tab"},
};

const struct request_info *request_info(enum request request)
{
    return &requests[request];
}

const char *request_help(enum binding_context context, enum request request)
{
    for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++)
        if (helps[i].context == context && helps[i].request == request)
            return helps[i].help;
    return requests[request].help;
}

const struct binding *bindings_table(size_t *ret_count)
{
    *ret_count = BINDING_COUNT;
    return bindings;
}

const char *binding_context_name(enum binding_context context)
{
    return context_names[context];
}

static enum request context_find(enum binding_context context, int key)
{
    for (size_t i = 0; i < BINDING_COUNT; i++)
        if (bindings[i].context == context && bindings[i].key == key)
            return bindings[i].request;
    return REQUEST_NONE;
}

enum request bindings_find(enum binding_context context, int key, bool read_only)
{
    const enum binding_context order[] = {context, CONTEXT_LIST, CONTEXT_GLOBAL};
    if (key == '\n' || key == KEY_ENTER)
        key = '\r';
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        enum request request = context_find(order[i], key);
        if (request != REQUEST_NONE)
            return read_only && requests[request].acts ? REQUEST_NONE : request;
    }
    return REQUEST_NONE;
}

const char *binding_key_name(int key, char ret_text[16])
{
    for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++)
        if (key_names[i].key == key)
            return key_names[i].name;
    if (key < 32)
        snprintf(ret_text, 16, "^%c", key + 64);
    else
        snprintf(ret_text, 16, "%c", key);
    return ret_text;
}

int bindings_key(enum binding_context context, enum request request)
{
    const enum binding_context order[] = {context, CONTEXT_LIST, CONTEXT_GLOBAL};
    for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++)
        for (size_t i = 0; i < BINDING_COUNT; i++)
            if (bindings[i].context == order[o] && bindings[i].request == request)
                return bindings[i].key;
    return 0;
}
