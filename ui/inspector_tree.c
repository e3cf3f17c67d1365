/* The Document tab: the stored document as a tree that folds, numbers exactly as they came. */
#include <inttypes.h>
#include <string.h>

#include "model/json.h"
#include "ui/inspector.h"

#define SCALAR_MAX 4096
#define LINES_MAX 20000 /* a document of a megabyte unfolded; the rest is said to be there */

/* FNV-1a over the path: the fold of a branch outlives the tree it was made in. */
static uint64_t path_hash(uint64_t hash, struct str part)
{
    for (size_t i = 0; i < part.len; i++)
        hash = (hash ^ (unsigned char)part.data[i]) * UINT64_C(1099511628211);
    return (hash ^ '/') * UINT64_C(1099511628211);
}

static struct str scalar_text(struct inspector *inspector, const struct value *value)
{
    struct buffer buffer = {.max = SCALAR_MAX};
    json_append(&buffer, value, false);
    struct str text = buffer_ok(&buffer) ? arena_copy(&inspector->arena, buffer_str(&buffer))
                                         : STR("(too long to show)");
    buffer_free(&buffer);
    return text;
}

struct node {
    struct str name;
    const struct value *value;
    struct personal personal;
    uint64_t hash;
    int depth;
};

static void add_node(struct inspector *inspector, const struct console *console, struct node node);

static void add_children(struct inspector *inspector, const struct console *console,
                         const struct node *node)
{
    const struct value *value = node->value;
    bool map = value->kind == VALUE_MAP;
    size_t count = map ? value->map.count : value->array.count;
    for (size_t i = 0; i < count && inspector->lines.count < LINES_MAX; i++) {
        struct node child = {.depth = node->depth + 1, .personal = node->personal};
        child.name = map ? value->map.entries[i].key : arena_format(&inspector->arena, "[%zu]", i);
        child.value = map ? &value->map.entries[i].value : &value->array.items[i];
        child.hash = path_hash(node->hash, child.name);
        if (map)
            child.personal = personal_enter(node->personal, child.name);
        add_node(inspector, console, child);
    }
}

static void add_branch(struct inspector *inspector, const struct console *console,
                       const struct node *node, size_t count)
{
    bool folded = inspector_is_folded(inspector, node->hash, node->depth);
    bool map = node->value->kind == VALUE_MAP;
    inspector_addf(inspector, ROLE_STRONG, node->depth, "%c %.*s  %c%zu%c", folded ? '+' : '-',
                   STR_ARG(node->name), map ? '{' : '[', count, map ? '}' : ']');
    inspector->lines.items[inspector->lines.count - 1].branch = node->hash;
    if (!folded)
        add_children(inspector, console, node);
}

static void add_node(struct inspector *inspector, const struct console *console, struct node node)
{
    const struct value *value = node.value;
    if (value->kind == VALUE_MAP && value->map.count > 0) {
        add_branch(inspector, console, &node, value->map.count);
        return;
    }
    if (value->kind == VALUE_ARRAY && value->array.count > 0) {
        add_branch(inspector, console, &node, value->array.count);
        return;
    }
    bool empty =
        value->kind == VALUE_NULL || value->kind == VALUE_MAP || value->kind == VALUE_ARRAY;
    struct str text = scalar_text(inspector, value);
    if (node.personal.masked && !empty)
        text = console_personal(console, text);
    inspector_addf(inspector, empty ? ROLE_DIM : ROLE_TEXT, node.depth, "  %.*s: %.*s",
                   STR_ARG(node.name), STR_ARG(text));
}

void inspector_document(struct inspector *inspector, const struct console *console)
{
    const struct lookup_reply *reply = inspector->document;
    if (!reply->found) {
        inspector_add(inspector, ROLE_TEXT, 0,
                      STR("The target does not hold this document (it never applied)."));
        return;
    }
    if (reply->document.content == NULL) {
        inspector_add(inspector, ROLE_WARNING, 0, STR("Deleted at its source: a tombstone."));
        return;
    }
    struct node root = {.value = reply->document.content,
                        .personal = personal_root_of(inspector->source),
                        .hash = UINT64_C(14695981039346656037),
                        .depth = -1};
    if (root.value->kind == VALUE_MAP || root.value->kind == VALUE_ARRAY)
        add_children(inspector, console, &root);
    else
        add_node(inspector, console, root);
    if (inspector->lines.count >= LINES_MAX)
        inspector_addf(inspector, ROLE_WARNING, 0, "more lines than %d: fold some branches",
                       LINES_MAX);
}
