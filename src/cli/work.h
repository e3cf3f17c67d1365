/* Engine work from the command line: started, watched, drained by a signal. Main thread only; the
 * subcommand has `threads` set, so that SIGINT, SIGTERM and SIGHUP are blocked and waited for here.
 */
#ifndef ORDERSYNC_CLI_WORK_H
#define ORDERSYNC_CLI_WORK_H

#include "cli/progress.h"
#include "cli/subcommand.h"
#include "engine/engine.h"

struct work_result {
    struct run_counts counts;
    struct engine_status status; /* the last one */
    struct error
        error;        /* what stopped the engine; ERROR_NONE: it ended by itself or was asked to */
    bool interrupted; /* by a signal: what was under way is settled */
    double seconds;
};

/* `quiet`: no progress, whatever the flags say (short actions). False when the engine could not
 * start. A second signal ends the process at once, which is as safe as kill -9. */
MUST_CHECK bool work_run(struct cli *cli, const struct engine_options *options, bool quiet,
                         struct work_result *ret_result, struct error *err);

/* Waits up to timeout_us; the number of a signal that asked to end, or 0. */
int work_wait_signal(int64_t timeout_us);

#endif
