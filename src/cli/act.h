/* Commands that act: a row is put into the journal, and the engine that holds it carries the row
 * out; where none runs, one is started here for it. Main thread only; the subcommand has `threads`
 * set. */
#ifndef ORDERSYNC_CLI_ACT_H
#define ORDERSYNC_CLI_ACT_H

#include "cli/subcommand.h"
#include "journal/reader.h"

/* Opens the journal for reading. `create`: an empty one is made where there is none yet. */
MUST_CHECK bool act_open_journal(const struct cli *cli, bool create,
                                 struct journal_reader **ret_reader, struct error *err);

/* "firestore/5123" or "5123" (of Firestore). *ret_id points into `text`. ERROR_USAGE. */
MUST_CHECK bool act_parse_document(const char *text, enum source_kind *ret_source,
                                   const char **ret_id, struct error *err);
/* The failure of each argument of the command line; heap. ERROR_NO_FAILURE names the one that has
 * none. */
MUST_CHECK bool act_find_failures(const struct cli *cli, struct journal_reader *reader,
                                  int64_t **ret_ids, struct error *err);

struct act_result {
    struct command_row command; /* result "done", "refused" or "failed" */
    bool interrupted;           /* that one was, by a signal */
    bool own_engine;            /* it was started for this, and has ended */
};
/* Sends the command and waits for its end. Errors: ERROR_COMMAND_WAITING when the engine does not
 * answer, and whatever keeps an engine from starting; the command stays queued then. */
MUST_CHECK bool act_send(struct cli *cli, struct journal_reader *reader, const char *kind,
                         const char *arguments, const char *reason, struct act_result *ret_result,
                         struct error *err);
/* The same for commands that are in the journal already, all of them; *ret_result is the last
 * one's. */
MUST_CHECK bool act_wait(struct cli *cli, struct journal_reader *reader, const int64_t *ids,
                         size_t count, struct act_result *ret_result, struct error *err);

#endif
