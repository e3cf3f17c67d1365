/* Statements by name. */
#include "target/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sql_text(const char *name)
{
    static const char folder[] = "queries/";
    size_t len = strlen(name);
    for (const struct sql_file *file = sql_files; file->name != NULL; file++) {
        const char *base = file->name + sizeof(folder) - 1;
        if (strncmp(file->name, folder, sizeof(folder) - 1) == 0 && strncmp(base, name, len) == 0 &&
            strcmp(base + len, ".sql") == 0)
            return file->text;
    }
    fprintf(stderr, "ordersync: no statement named %s\n", name);
    abort();
}
