/* The Document tab: the stored document as a tree that folds, numbers exactly as they came. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
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

static struct str scalar_text(struct arena *arena, const struct value *value)
{
    struct buffer buffer = {.max = SCALAR_MAX};
    json_append(&buffer, value, false);
    struct str text =
        buffer_ok(&buffer) ? arena_copy(arena, buffer_str(&buffer)) : STR("(too long to show)");
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

static size_t child_count(const struct value *value)
{
    if (value->kind == VALUE_MAP)
        return value->map.count;
    return value->kind == VALUE_ARRAY ? value->array.count : 0;
}

static struct node child_at(struct arena *arena, const struct node *node, size_t i)
{
    const struct value *value = node->value;
    bool map = value->kind == VALUE_MAP;
    struct node child = {.depth = node->depth + 1, .personal = node->personal};
    child.name = map ? value->map.entries[i].key : arena_format(arena, "[%zu]", i);
    child.value = map ? &value->map.entries[i].value : &value->array.items[i];
    child.hash = path_hash(node->hash, child.name);
    if (map)
        child.personal = personal_enter(node->personal, child.name);
    return child;
}

static struct node root_of(const struct inspector *inspector)
{
    return (struct node){.value = inspector->document->document.content,
                         .personal = personal_root_of(inspector->source),
                         .hash = UINT64_C(14695981039346656037),
                         .depth = -1};
}

/* ---- lines ---- */

static void add_node(struct inspector *inspector, const struct node *node);

static void add_children(struct inspector *inspector, const struct node *node)
{
    size_t count = child_count(node->value);
    for (size_t i = 0; i < count && inspector->lines.count < LINES_MAX; i++) {
        struct node child = child_at(&inspector->arena, node, i);
        add_node(inspector, &child);
    }
}

static void mark_line(struct inspector *inspector, const struct node *node, bool branch)
{
    struct inspector_line *line = &inspector->lines.items[inspector->lines.count - 1];
    line->node = node->hash;
    line->branch = branch;
}

static void add_branch(struct inspector *inspector, const struct node *node, size_t count)
{
    bool folded = inspector_is_folded(inspector, node->hash, node->depth);
    bool map = node->value->kind == VALUE_MAP;
    inspector_addf(inspector, ROLE_STRONG, node->depth, "%c %.*s  %c%zu%c", folded ? '+' : '-',
                   STR_ARG(node->name), map ? '{' : '[', count, map ? '}' : ']');
    mark_line(inspector, node, true);
    if (!folded)
        add_children(inspector, node);
}

/* Nothing to mask: no value, or an empty one. */
static bool is_empty(const struct value *value)
{
    return value->kind == VALUE_NULL || value->kind == VALUE_MAP || value->kind == VALUE_ARRAY;
}

static void add_node(struct inspector *inspector, const struct node *node)
{
    const struct value *value = node->value;
    if (child_count(value) > 0) {
        add_branch(inspector, node, child_count(value));
        return;
    }
    struct str text = scalar_text(&inspector->arena, value);
    if (node->personal.masked && !is_empty(value))
        text = inspector_personal(inspector, text);
    inspector_addf(inspector, is_empty(value) ? ROLE_DIM : ROLE_TEXT, node->depth, "  %.*s: %.*s",
                   STR_ARG(node->name), STR_ARG(text));
    mark_line(inspector, node, false);
}

void inspector_document(struct inspector *inspector, const struct console *console)
{
    const struct lookup_reply *reply = inspector->document;
    (void)console;
    if (!reply->found) {
        inspector_add(inspector, ROLE_TEXT, 0,
                      STR("The target does not hold this document (it never applied)."));
        return;
    }
    if (reply->document.content == NULL) {
        inspector_add(inspector, ROLE_WARNING, 0, STR("Deleted at its source: a tombstone."));
        return;
    }
    struct node root = root_of(inspector);
    if (root.value->kind == VALUE_MAP || root.value->kind == VALUE_ARRAY)
        add_children(inspector, &root);
    else
        add_node(inspector, &root);
    if (inspector->lines.count >= LINES_MAX)
        inspector_addf(inspector, ROLE_WARNING, 0, "more lines than %d: fold some branches",
                       LINES_MAX);
}

/* ---- search ---- */

struct finder {
    const struct inspector *inspector;
    struct str words;
    uint64_t after;
    bool passed;          /* `after` was met */
    uint64_t first, next; /* of all; behind `after`; 0: none */
    struct arena arena;   /* of one node's text */
};

static bool node_matches(struct finder *finder, const struct node *node)
{
    const struct value *value = node->value;
    bool masked = node->personal.masked && finder->inspector->mask.data != NULL;
    if (node->depth >= 0 && text_holds(node->name, finder->words))
        return true;
    if (masked || child_count(value) > 0)
        return false;
    if (value->kind == VALUE_STRING)
        return text_holds(value->text, finder->words);
    return text_holds(scalar_text(&finder->arena, value), finder->words);
}

static void find_in(struct finder *finder, const struct node *node)
{
    struct arena names = {0};
    bool matches = node_matches(finder, node);
    arena_reset(&finder->arena);
    if (matches && finder->first == 0)
        finder->first = node->hash;
    if (matches && finder->passed)
        finder->next = node->hash;
    if (node->hash == finder->after)
        finder->passed = true;
    for (size_t i = 0; i < child_count(node->value) && finder->next == 0; i++) {
        struct node child = child_at(&names, node, i);
        find_in(finder, &child);
    }
    arena_free(&names);
}

/* Opens what hides the node; false: it is not in here. */
static bool reveal(struct inspector *inspector, const struct node *node, uint64_t wanted)
{
    struct arena names = {0};
    bool found = node->hash == wanted;
    for (size_t i = 0; i < child_count(node->value) && !found; i++) {
        struct node child = child_at(&names, node, i);
        found = reveal(inspector, &child, wanted);
        if (found && node->depth >= 0 && inspector_is_folded(inspector, node->hash, node->depth))
            inspector_toggle(inspector, node->hash);
    }
    arena_free(&names);
    return found;
}

bool inspector_find(struct inspector *inspector, struct str words, uint64_t after,
                    uint64_t *ret_node)
{
    const struct lookup_reply *reply = inspector->document;
    struct finder finder = {
        .inspector = inspector, .words = words, .after = after, .passed = after == 0};
    if (reply == NULL || !reply->ok || !reply->found || reply->document.content == NULL)
        return false;
    struct node root = root_of(inspector);
    find_in(&finder, &root);
    arena_free(&finder.arena);
    uint64_t wanted = finder.next != 0 ? finder.next : finder.first;
    if (wanted == 0)
        return false;
    *ret_node = wanted;
    return reveal(inspector, &root, wanted);
}
