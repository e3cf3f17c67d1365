/* The SQL of data/sql, compiled in by data/embed.awk. Files are listed in SQL_FILES
 * (data/Makefile.inc). Static data; any thread. */
#ifndef ORDERSYNC_TARGET_SQL_H
#define ORDERSYNC_TARGET_SQL_H

#include <stddef.h>

struct sql_file {
    const char *name; /* "queries/fence.sql", "migrations/001_base.sql"; NULL ends the list */
    const char *text;
};
/* Sorted as SQL_FILES lists them. */
extern const struct sql_file sql_files[];

/* The text of data/sql/queries/NAME.sql; aborts with a line on stderr when there is none (a slip of
 * the build, found by the first test that runs the statement). */
const char *sql_text(const char *name);

#endif
