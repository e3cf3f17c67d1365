/* The bindings table (bindings.def) and what is made of it. */
#ifndef ORDERSYNC_UI_BINDINGS_H
#define ORDERSYNC_UI_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum request {
    REQUEST_NONE,
#define REQUEST(id, label, flags, help) REQUEST_##id,
#define BINDING(context, request, key)
#define HELP(context, request, help)
#include "ui/bindings.def"
#undef REQUEST
#undef BINDING
#undef HELP
    REQUEST_COUNT
};

enum binding_context {
    CONTEXT_OVERVIEW,
    CONTEXT_FAILED,
    CONTEXT_PLAN,
    CONTEXT_INSPECTOR,
    CONTEXT_CUSTOMERS,
    CONTEXT_LOG,
    CONTEXT_ALERTS,
    CONTEXT_AUDIT,
    CONTEXT_HELP,
    CONTEXT_LIST,
    CONTEXT_GLOBAL,
    CONTEXT_COUNT
};

struct request_info {
    const char *name;
    const char *label;
    const char *help; /* see request_help() */
    bool acts;
};
const struct request_info *request_info(enum request request);
/* What a request does there: its own help, or what is particular to the context. */
const char *request_help(enum binding_context context, enum request request);

struct binding {
    enum binding_context context;
    enum request request;
    int key; /* as get_wch(3) gives it: a character or KEY_* */
};
const struct binding *bindings_table(size_t *ret_count);
const char *binding_context_name(enum binding_context context);

/* What `key` means where the screen's context is `context`; REQUEST_NONE when nothing, or when it
 * acts and `read_only`. */
enum request bindings_find(enum binding_context context, int key, bool read_only);
/* "Space", "^L", "PgUp", "r"; static or in `ret_text`. */
const char *binding_key_name(int key, char ret_text[16]);
/* The first key of a request in a context (or in those behind it); 0 when it has none. */
int bindings_key(enum binding_context context, enum request request);

#endif
