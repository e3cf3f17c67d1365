/* JSON on stdout: an object or a list under construction. Text from outside may be of any bytes: it
 * is repaired here. Numbers keep all their 64 bits. Only output.c knows cJSON. Main thread only. */
#ifndef ORDERSYNC_CLI_OUTPUT_H
#define ORDERSYNC_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Children belong to their parent: only the root is freed or printed. */
struct node;
struct node *node_new(void);
void node_free(struct node *root);                                      /* NULL is fine */
void node_text(struct node *object, const char *key, const char *text); /* NULL text: null */
void node_str(struct node *object, const char *key, struct str text);
void node_integer(struct node *object, const char *key, int64_t number); /* all 64 bits, exact */
void node_unsigned(struct node *object, const char *key, uint64_t number);
void node_real(struct node *object, const char *key, double number);
void node_boolean(struct node *object, const char *key, bool truth);
void node_time(struct node *object, const char *key,
               int64_t wall_us); /* RFC 3339; TIME_NONE: null */
void node_raw(struct node *object, const char *key,
              struct str json); /* JSON text as it is; data NULL: null */
struct node *node_object(struct node *object, const char *key);
struct node *node_list(struct node *object, const char *key);
struct node *node_add(struct node *list); /* a new object at the list's end */
void node_add_integer(struct node *list, int64_t number);
void node_add_text(struct node *list, const char *text);
void node_add_raw(struct node *list, struct str json); /* JSON text as it is */
void node_error(struct node *object, const char *key, const struct error *err);
char *node_line(const struct node *root); /* compact; the caller frees with free() */
void node_print(struct node *take_root);  /* one line on stdout */

#endif
