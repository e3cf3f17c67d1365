/* Help texts, made from the tables. */
#ifndef ORDERSYNC_CLI_HELP_H
#define ORDERSYNC_CLI_HELP_H

#include <stdio.h>

struct flag;
struct subcommand;

void help_print(FILE *stream);
void help_print_subcommand(FILE *stream, const struct subcommand *which);
/* The options that every command knows, for help, manual page and shell completion; ends with a
 * NULL name. */
const struct flag *help_common_flags(void);

#endif
