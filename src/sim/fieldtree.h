/* A document's fields as a tree that can be changed: update masks, transforms and projections.
 * Leaves keep their wire bytes; maps open when a path goes through them. All memory is the arena's.
 */
#ifndef ORDERSYNC_SIM_FIELDTREE_H
#define ORDERSYNC_SIM_FIELDTREE_H

#include "base/memory.h"
#include "base/str.h"

struct field_node;

/* `body` must stay. NULL when it is malformed. */
struct field_node *field_tree_parse(struct arena *arena, struct str body);
/* The inside of the Value at `path`, encoded anew when something below it was changed. */
bool field_tree_get(struct arena *arena, struct field_node *root, const char *path,
                    struct str *ret_span);
/* Puts a Value there, making maps on the way; false when the path is malformed. */
bool field_tree_set(struct arena *arena, struct field_node *root, const char *path,
                    struct str span);
void field_tree_remove(struct arena *arena, struct field_node *root, const char *path);
/* The fields' bytes again. */
struct str field_tree_encode(struct arena *arena, const struct field_node *root);
/* Only the named paths of `body`. */
struct str field_project(struct arena *arena, struct str body, char *const *paths, size_t count);

#endif
