/* Ports, signals, faults of the command line. */
#include "sim/process.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/memory.h"

bool process_faults(struct fault_set *faults, const struct sim_options *options, struct error *err)
{
    for (size_t i = 0; i < options->fault_count; i++) {
        if (!fault_add(faults, options->faults[i], err))
            return false;
    }
    return true;
}

bool process_publish_port(const char *path, unsigned port, struct error *err)
{
    if (path == NULL)
        return true;
    char *temporary AUTO_FREE = memory_format("%s.new", path);
    FILE *file = fopen(temporary, "we");
    if (file == NULL)
        return error_set_errno(err, ERROR_SIM_LISTEN, "%s", temporary);
    bool written = fprintf(file, "%u\n", port) > 0;
    if (fclose(file) != 0 || !written || rename(temporary, path) != 0)
        return error_set_errno(err, ERROR_SIM_LISTEN, "%s", path);
    return true;
}

int process_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}
