/* Reading of a configuration file: name = value lines, comments from ';' or '#', an indented line
 * continues the one before it. inih does the parsing; this adds line numbers, the too long line and
 * the refusal of sections. */
#ifndef ORDERSYNC_BASE_SETTINGS_FILE_H
#define ORDERSYNC_BASE_SETTINGS_FILE_H

#include "base/error.h"

/* One setting of the file; false stops the reading with the error it made. */
typedef bool settings_entry_fn(void *context, const char *path, int line, const char *name,
                               const char *value, struct error *err);

/* A file that does not exist is no error unless must_exist. ERROR_SETTING_INVALID with path:line
 * otherwise. */
MUST_CHECK bool settings_file_read(const char *path, bool must_exist, settings_entry_fn *entry,
                                   void *context, struct error *err);

#endif
