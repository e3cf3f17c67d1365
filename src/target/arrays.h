/* Parallel PostgreSQL text[] parameters, one a column, for set-wise statements over unnest(). */
#ifndef ORDERSYNC_TARGET_ARRAYS_H
#define ORDERSYNC_TARGET_ARRAYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/str.h"

/* A statement's parameters should stay below this; arrays_full() says when to send what is there.
 */
#define ARRAYS_BYTES (8u << 20)
#define ARRAYS_ROWS 2000

struct arrays {
    struct buffer *columns;
    const char **values;
    size_t count;
    size_t rows;
    size_t next; /* column of the next cell */
};
#define ARRAYS_AUTO __attribute__((cleanup(arrays_free)))

void arrays_init(struct arrays *arrays, size_t columns);
void arrays_free(struct arrays *arrays);
/* The next cell of the row, left to right; data NULL is SQL NULL. A row ends by itself. */
void arrays_add(struct arrays *arrays, struct str cell);
bool arrays_full(const struct arrays *arrays);
/* The parameters: `count` literals such as {"a",NULL}. Borrowed until arrays_clear(). */
const char *const *arrays_values(struct arrays *arrays);
void arrays_clear(struct arrays *arrays);

#endif
