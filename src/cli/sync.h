/* What a sync came to, as the journal has it: the newest run of each source. Main thread only. */
#ifndef ORDERSYNC_CLI_SYNC_H
#define ORDERSYNC_CLI_SYNC_H

#include "cli/subcommand.h"
#include "journal/reader.h"

struct sync_outcome {
    unsigned sources; /* a bit each */
    bool interrupted;
    struct run_row runs[SOURCE_COUNT];
};
MUST_CHECK bool sync_outcome_read(struct journal_reader *reader, unsigned sources, bool interrupted,
                                  struct sync_outcome *ret_outcome, struct error *err);
/* The summary on stdout, what to do about it on stderr; returns the exit code. */
int sync_outcome_report(const struct cli *cli, const struct sync_outcome *outcome);

#endif
