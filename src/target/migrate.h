/* Schema migrations: data/sql/migrations/NNN_*.sql, compiled in. */
#ifndef ORDERSYNC_TARGET_MIGRATE_H
#define ORDERSYNC_TARGET_MIGRATE_H

#include "base/error.h"
#include "base/memory.h"
#include "target/target.h"

struct migration_status {
    int number;
    char name[64];
    bool applied;
    int64_t applied_at_us; /* TIME_NONE when pending */
    bool checksum_matches; /* false: the file was changed after it was applied */
};

/* Applies what is pending, each in its own transaction, all under one advisory lock (waits for
 * another migrate, with the statement timeout). Refuses: a changed or missing past migration
 * (ERROR_MIGRATION_CHANGED), one from the future, objects of schema ordersync that are not ours
 * (ERROR_MIGRATION_COLLISION). */
MUST_CHECK bool migrate_run(struct target *target, int *ret_applied, struct error *err);
MUST_CHECK bool migrate_status(struct target *target, struct arena *arena,
                               struct migration_status **ret_list, size_t *ret_count,
                               struct error *err);

#endif
