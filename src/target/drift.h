/* Drift into schema_drift, seldom: a field the mapping does not know is unknown in every document,
 * and two writers that count it in each batch would wait for each other's commit. So a connection
 * remembers what it saw and writes each finding at most once a minute. Counts are approximate: what
 * a connection has not written when it ends, or counted in a batch that was rolled back, is off. */
#ifndef ORDERSYNC_TARGET_DRIFT_H
#define ORDERSYNC_TARGET_DRIFT_H

#include "target/arrays.h"
#include "target/work.h"

#define DRIFT_COLUMNS 6 /* of record_drift.sql */
#define DRIFT_FINDINGS                                                                             \
    4096 /* remembered by one connection; further ones are not recorded by it                      \
          */

void drift_memory_free(struct drift_memory *memory); /* NULL is fine */
/* Counts the drift of the written items; adds the findings that are due to `arrays`, sorted by key.
 */
void drift_collect(struct work *work, struct arrays *arrays);
/* After the commit: what was added is written. */
void drift_written(struct target *target);

#endif
