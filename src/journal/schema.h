/* The journal's own migrations: data/sql/journal/NNN_*.sql, counted by PRAGMA user_version. */
#ifndef ORDERSYNC_JOURNAL_SCHEMA_H
#define ORDERSYNC_JOURNAL_SCHEMA_H

#include "journal/sqlite.h"

/* Brings the file to this program's version, each step a transaction. ERROR_JOURNAL_NEWER when it
 * is beyond. */
MUST_CHECK bool schema_migrate(struct sqlite *db, struct error *err);
/* For readers, who migrate nothing: ERROR_JOURNAL_NEWER, ERROR_JOURNAL_OLDER, ERROR_JOURNAL_MISSING
 * (no table yet). */
MUST_CHECK bool schema_check(struct sqlite *db, struct error *err);

#endif
