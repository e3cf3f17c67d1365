/* Rebuilds rows from stored documents after an upgrade of the mapping; the source is not asked. */
#ifndef ORDERSYNC_ENGINE_REPROJECT_H
#define ORDERSYNC_ENGINE_REPROJECT_H

#include "engine/engine.h"

/* Runs in the caller's thread, holding the journal's lock; `all`: every stored document, not only
 * those of an older mapping version. Failures go to the journal as always. Safe to end at any
 * instant and to run again. */
typedef void reproject_progress_fn(void *context, const struct run_counts *counts);
MUST_CHECK bool reproject_run(const struct settings *settings, bool all,
                              const struct engine_options *options, reproject_progress_fn *progress,
                              void *context, struct run_counts *ret_counts, struct error *err);

#endif
