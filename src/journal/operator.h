/* Who acts: for every command, run and note. */
#ifndef ORDERSYNC_JOURNAL_OPERATOR_H
#define ORDERSYNC_JOURNAL_OPERATOR_H

#include <stddef.h>

/* The person's login name, through sudo as well: "alice (root)" when alice became root by it.
 * Control characters are replaced. Never empty. Any thread. */
void operator_find_name(char *ret_name, size_t size);
/* Where from: the address of the SSH client ("203.0.113.9 pts/3"), else the terminal, else "local".
 */
void operator_find_origin(char *ret_origin, size_t size);

#endif
