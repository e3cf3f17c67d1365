/* Commands: consoles insert them (journal/reader.h), the engine takes them in order and carries
 * them out. Those on failures are carried out here, in pieces, and keep how far they are: a killed
 * engine goes on where it was. Engine thread. */
#ifndef ORDERSYNC_JOURNAL_COMMANDS_H
#define ORDERSYNC_JOURNAL_COMMANDS_H

#include "base/error.h"

struct journal;

struct command {
    int64_t id;
    char kind[24];   /* retry, skip, snooze, release, refuse, note, undo, pull, pause, ... */
    char *arguments; /* JSON, heap */
    char operator_name[64], origin[64];
    char *reason; /* heap */
    int64_t created_us;
};
void command_free(struct command *command); /* contents only */
MUST_CHECK bool journal_next_command(struct journal *journal, bool *ret_found,
                                     struct command *ret_command, struct error *err);
/* result: "done", "refused", "failed", "stopped", "cancelled"; message one line. One that has a
 * result keeps it. */
MUST_CHECK bool journal_finish_command(struct journal *journal, int64_t id, const char *result,
                                       const char *message, struct error *err);
/* The oldest unfinished one of a kind, whether it was handed out or not: for those that must not
 * wait their turn. */
MUST_CHECK bool journal_find_command(struct journal *journal, const char *kind, bool *ret_found,
                                     struct command *ret_command, struct error *err);
/* Whether a command stands in the queue or is being carried out. */
MUST_CHECK bool journal_command_is_open(struct journal *journal, int64_t id, bool *ret_open,
                                        struct error *err);

/* What a command on failures came to so far. */
struct bulk_counts {
    uint64_t total; /* that it is about; 0: not known */
    uint64_t changed;
    uint64_t skipped; /* being tried, or already as wanted, or no longer what was asked for */
    uint64_t refused; /* not there, or a state that the verb has no edge from */
    uint64_t landed;  /* of its retries */
    uint64_t failed;
    uint64_t awaited;    /* of its retries: no result yet */
    uint64_t pace;       /* a second; 0: none */
    uint64_t stop_after; /* failures; 0: none */
};

/* Carries out a verb on failures, with counts; an edge that the table lacks is refused, not an
 * error. Arguments, which all must hold: {"ids":[1,2]}, {"fingerprint":"..."},
 * {"source":"firestore","source_id":"..."}, {"state":"dead"}, {"command":7} (what it changed),
 * {"filter":"state:dead age:<2h"} (journal/search.h; ages before the command was sent), or
 * {"filter":{"states":[],"sources":[],"fingerprint":"","code":"","text":"","since":us,"until":us}};
 * plus "note", for snooze "until" (us since 1970), "pace", "stop_after", and "count", what the
 * operator was told it is about. ERROR_COMMAND_ARGUMENTS otherwise. Failures that are made after it
 * began are not its business. Works in transactions of 2000 failures. */
MUST_CHECK bool journal_apply_command(struct journal *journal, const struct command *command,
                                      struct bulk_counts *ret_counts, struct error *err);
/* The same for at most `max` failures, in one transaction, so that the engine may do other work
 * between: call again while *ret_more. */
MUST_CHECK bool journal_apply_some(struct journal *journal, const struct command *command,
                                   size_t max, bool *ret_more, struct bulk_counts *ret_counts,
                                   struct error *err);
/* As they are now; retries come to something after the command went past them. */
MUST_CHECK bool journal_bulk_counts(struct journal *journal, int64_t id,
                                    struct bulk_counts *ret_counts, struct error *err);
/* Of its retries, puts those that no writer has yet back to what they were. */
MUST_CHECK bool journal_bulk_withdraw(struct journal *journal, int64_t id, uint64_t *ret_count,
                                      struct error *err);

/* Indexes the texts of up to `max` failures that a search cannot look up yet; *ret_more: further
 * ones wait. Costs one look-up when there are none. */
MUST_CHECK bool journal_index_texts(struct journal *journal, size_t max, bool *ret_more,
                                    struct error *err);

#endif
