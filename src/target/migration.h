/* The migrations that are compiled in, against those that a target records. No connection in here.
 */
#ifndef ORDERSYNC_TARGET_MIGRATION_H
#define ORDERSYNC_TARGET_MIGRATION_H

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "target/sql.h"

struct migration {
    int number;
    char name[64]; /* "schema" of migrations/001_schema.sql */
    const char *sql;
    char checksum[65]; /* SHA-256 of the text, hex */
};

/* One row of ordersync.schema_migrations. */
struct migration_row {
    int number;
    struct str name;
    struct str checksum;
    int64_t applied_at_us;
};

/* The migrations among `files`, sorted by number, in the arena. */
struct migration *migration_list(const struct sql_file *files, struct arena *arena,
                                 size_t *ret_count);

/* Refuses what must not be built upon: a past migration with another text, or that this version
 * lacks (ERROR_MIGRATION_CHANGED), or newer than all it has (ERROR_TARGET_SCHEMA); a gap before an
 * applied one. Else *ret_next is the index of the first pending one, or `count`. Both lists sorted
 * by number. */
MUST_CHECK bool migration_check(const struct migration *known, size_t count,
                                const struct migration_row *rows, size_t row_count,
                                size_t *ret_next, struct error *err);

#endif
