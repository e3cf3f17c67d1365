/* Trees of fields. */
#include "sim/fieldtree.h"

#include <string.h>

#include "sim/fieldvalue.h"
#include "sim/wire.h"

struct field_node {
    struct str key;
    struct str span; /* the Value's bytes while closed */
    bool open;       /* children hold the truth */
    struct field_node *first;
    struct field_node *last;
    struct field_node *next;
};

static struct field_node *node_add(struct arena *arena, struct field_node *parent, struct str key)
{
    struct field_node *node = arena_zero(arena, sizeof(*node));
    node->key = key;
    if (parent->last == NULL)
        parent->first = node;
    else
        parent->last->next = node;
    parent->last = node;
    return node;
}

static bool node_fill(struct arena *arena, struct field_node *parent, struct str map,
                      uint32_t number)
{
    struct wire_reader reader = wire_reader(map);
    struct wire_field entry, part;
    while (wire_next(&reader, &entry)) {
        if (entry.number != number)
            continue;
        struct wire_reader inside = wire_reader(entry.bytes);
        struct str key = STR(""), span = STR("");
        while (wire_next(&inside, &part))
            *(part.number == 1 ? &key : &span) = part.bytes;
        node_add(arena, parent, key)->span = span;
    }
    parent->open = true;
    return reader.at == reader.end;
}

struct field_node *field_tree_parse(struct arena *arena, struct str body)
{
    struct field_node *root = arena_zero(arena, sizeof(*root));
    return node_fill(arena, root, body, 2) ? root : NULL;
}

/* Opens a map's node; anything else becomes an empty map when `make`. */
static bool node_open(struct arena *arena, struct field_node *node, bool make)
{
    if (node->open)
        return true;
    struct field_value value = field_value_decode(node->span);
    if (value.rank != RANK_MAP && !make)
        return false;
    return node_fill(arena, node, value.rank == RANK_MAP ? value.bytes : STR(""), 1);
}

static struct field_node *node_child(struct field_node *node, struct str key)
{
    struct field_node *found = NULL;
    for (struct field_node *child = node->first; child != NULL; child = child->next) {
        if (str_equal(child->key, key))
            found = child;
    }
    return found;
}

/* The node at a path. *ret_parent is its parent, also when it was not found but the parent was. */
static struct field_node *node_walk(struct arena *arena, struct field_node *node, const char *path,
                                    bool make, struct field_node **ret_parent)
{
    char segment[FIELD_SEGMENT_SIZE];
    struct field_node *parent = NULL;
    while (field_path_next(&path, segment, sizeof(segment))) {
        if (node == NULL || !node_open(arena, node, make))
            return NULL;
        parent = node;
        node = node_child(parent, str_from(segment));
        if (node == NULL && make) {
            node = node_add(arena, parent, arena_copy(arena, str_from(segment)));
            node->span = STR("");
        }
    }
    *ret_parent = parent;
    return *path == '\0' && parent != NULL ? node : NULL;
}

static size_t node_size(const struct field_node *node);

static size_t bytes_size(uint32_t number, size_t len)
{
    return wire_varint_size(WIRE_TAG(number, WIRE_BYTES)) + wire_varint_size(len) + len;
}

static size_t children_size(const struct field_node *node, uint32_t number)
{
    size_t size = 0;
    for (const struct field_node *child = node->first; child != NULL; child = child->next)
        size += bytes_size(number, node_size(child));
    return size;
}

static size_t value_size(const struct field_node *node)
{
    return node->open ? bytes_size(6, children_size(node, 1)) : node->span.len;
}

static size_t node_size(const struct field_node *node)
{
    return bytes_size(1, node->key.len) + bytes_size(2, value_size(node));
}

static void head_write(struct buffer *out, uint32_t number, size_t len)
{
    wire_append_varint(out, WIRE_TAG(number, WIRE_BYTES));
    wire_append_varint(out, len);
}

static void children_write(struct buffer *out, const struct field_node *node, uint32_t number);

static void value_write(struct buffer *out, const struct field_node *node)
{
    if (!node->open) {
        buffer_append_str(out, node->span);
        return;
    }
    head_write(out, 6, children_size(node, 1));
    children_write(out, node, 1);
}

static void children_write(struct buffer *out, const struct field_node *node, uint32_t number)
{
    for (const struct field_node *child = node->first; child != NULL; child = child->next) {
        head_write(out, number, node_size(child));
        wire_append_bytes(out, 1, child->key);
        head_write(out, 2, value_size(child));
        value_write(out, child);
    }
}

static struct str take_into(struct arena *arena, struct buffer *out)
{
    struct str copy = arena_copy(arena, buffer_str(out));
    buffer_free(out);
    return copy;
}

bool field_tree_get(struct arena *arena, struct field_node *root, const char *path,
                    struct str *ret_span)
{
    struct field_node *parent = NULL;
    struct field_node *node = node_walk(arena, root, path, false, &parent);
    if (node == NULL)
        return false;
    struct buffer out = {.max = 32u << 20};
    value_write(&out, node);
    *ret_span = take_into(arena, &out);
    return true;
}

bool field_tree_set(struct arena *arena, struct field_node *root, const char *path, struct str span)
{
    struct field_node *parent = NULL;
    struct field_node *node = node_walk(arena, root, path, true, &parent);
    if (node == NULL)
        return false;
    *node = (struct field_node){.key = node->key, .span = span, .next = node->next};
    return true;
}

void field_tree_remove(struct arena *arena, struct field_node *root, const char *path)
{
    struct field_node *parent = NULL;
    struct field_node *node = node_walk(arena, root, path, false, &parent);
    if (node == NULL)
        return;
    struct field_node **link = &parent->first;
    parent->last = NULL;
    while (*link != NULL) {
        if (*link == node) {
            *link = node->next;
            continue;
        }
        parent->last = *link;
        link = &(*link)->next;
    }
}

struct str field_tree_encode(struct arena *arena, const struct field_node *root)
{
    struct buffer out = {.max = 32u << 20};
    children_write(&out, root, 2);
    return take_into(arena, &out);
}

struct str field_project(struct arena *arena, struct str body, char *const *paths, size_t count)
{
    struct field_node *from = field_tree_parse(arena, body);
    struct field_node *to = field_tree_parse(arena, STR(""));
    struct str span;
    for (size_t i = 0; from != NULL && i < count; i++) {
        if (field_tree_get(arena, from, paths[i], &span))
            field_tree_set(arena, to, paths[i], span);
    }
    return field_tree_encode(arena, to);
}
