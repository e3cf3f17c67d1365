/* Order documents for tests: the public ones of shared/orders, and JSON text. */
#ifndef ORDERSYNC_TESTS_ORDERS_H
#define ORDERSYNC_TESTS_ORDERS_H

#include "model/transform.h"

/* $ORDERSYNC_SHARED/orders, or NULL when it is not there (said on stderr). */
const char *orders_directory(void);
/* The sorted names of its .json files; the caller frees each and the array. */
char **orders_files(size_t *ret_count);
/* The document in a file, its id being the file's name. False: unreadable (said on stderr). */
bool orders_read(const char *name, struct arena *arena, struct document *ret_document);
/* A document of this JSON text. Exits the program when it is no JSON. */
struct document orders_document(const char *id, const char *json, struct arena *arena);

#endif
