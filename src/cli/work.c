/* Engine work from the command line: started, watched, drained by a signal. */
#include "cli/work.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/operator.h"

#define TURN_US 100000

int work_wait_signal(int64_t timeout_us)
{
    sigset_t set;
    struct timespec timeout = {timeout_us / 1000000, timeout_us % 1000000 * 1000};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    int number = sigtimedwait(&set, NULL, &timeout);
    return number > 0 ? number : 0;
}

static void take_signal(struct engine *engine, struct progress *progress, bool *interrupted)
{
    if (*interrupted)
        _exit(EX_TEMPFAIL);
    *interrupted = true;
    engine_stop(engine);
    progress_say(progress, "stopping: settling what is under way (once more: end at once)");
}

static void watch(struct engine *engine, struct progress *progress, struct work_result *result)
{
    while (!engine_wait(engine, TURN_US)) {
        engine_read_status(engine, &result->status);
        progress_update(progress, &result->status);
        if (work_wait_signal(0) != 0)
            take_signal(engine, progress, &result->interrupted);
    }
    engine_read_status(engine, &result->status);
}

bool work_run(struct cli *cli, const struct engine_options *options, bool quiet,
              struct work_result *ret_result, struct error *err)
{
    struct operator_identity operator_now = operator_identify();
    struct engine_options with_operator = *options;
    struct work_result result = {0};
    struct progress progress;
    struct engine *engine = NULL;
    int64_t started = clock_monotonic_us();
    with_operator.operator_name = operator_now.name;
    with_operator.origin = operator_now.origin;
    progress_start(&progress, cli->settings, quiet || cli->quiet);
    if (!engine_start(cli->settings, &with_operator, &engine, err)) {
        progress_end(&progress);
        return false;
    }
    watch(engine, &progress, &result);
    progress_end(&progress);
    if (engine_result(engine, &result.counts, &result.error))
        result.error = (struct error){0};
    engine_free(engine);
    result.seconds = (double)(clock_monotonic_us() - started) / 1e6;
    *ret_result = result;
    return true;
}
