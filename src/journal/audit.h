/* Who did what, when, from where, why, and what came of it: the journal's commands, searched; and
 * what one shift hands over to the next. Reading side. */
#ifndef ORDERSYNC_JOURNAL_AUDIT_H
#define ORDERSYNC_JOURNAL_AUDIT_H

#include "journal/alerts.h"
#include "journal/reader.h"

/* Every part that is not "" or TIME_NONE must hold. */
struct audit_filter {
    char who[64];     /* in the operator's name or origin */
    char what[24];    /* the command's kind, or its beginning */
    char result[16];  /* done, refused, failed, queued */
    char text[128];   /* in arguments, reason or message */
    int64_t since_us; /* sent then or later */
};
/* "who:kim what:skip result:refused since:8h words". A word in quotes is text, whatever it looks
 * like. ERROR_CONSOLE_FILTER says which word is wrong. */
MUST_CHECK bool audit_filter_parse(const char *text, int64_t now_us,
                                   struct audit_filter *ret_filter, struct error *err);
/* The filter's keys and what is known of their values, for completion. */
#define AUDIT_KEYS_MAX 4
struct audit_key {
    const char *name; /* "result:" */
    unsigned count;   /* of its values; 0: whatever is typed */
    const char *(*value)(unsigned index);
};
const struct audit_key *audit_keys(size_t *ret_count);
/* Newest first; *ret_total: all that match, at most 10,000. */
MUST_CHECK bool journal_list_audit(struct journal_reader *reader, const struct audit_filter *filter,
                                   uint64_t offset, size_t max, struct arena *arena,
                                   struct command_row **ret_rows, size_t *ret_count,
                                   uint64_t *ret_total, struct error *err);
/* What operators did to one failure by name, newest first; what they did to all that a filter
 * matched is not among it. */
MUST_CHECK bool journal_list_actions(struct journal_reader *reader,
                                     const struct failure_detail *detail, struct arena *arena,
                                     struct command_row **ret_rows, size_t *ret_count,
                                     struct error *err);
/* Its kind can be undone, and it was done. */
bool audit_can_undo(const struct command_row *row);

/* A command that was carried out before; ERROR_JOURNAL_NO_SUCH. Engine thread. */
MUST_CHECK bool journal_own_command(struct journal *journal, int64_t id,
                                    struct command_row *ret_row, struct error *err);

/* ---- handover ---- */

#define HANDOVER_ROWS 50 /* of each list */

/* Failures with one fingerprint that began within the time, and are not resolved. */
struct handover_group {
    char fingerprint[9];
    enum source_kind source;
    char code[12];
    char message[320];
    uint64_t count, dead;
    int64_t first_us;
};
/* Failures that were resolved within the time, by who asked for the retry. */
struct handover_resolved {
    char operator_name[64]; /* "": the engine by itself */
    uint64_t count;
};
struct handover {
    int64_t since_us, until_us;
    uint64_t states[FAILURE_STATE_COUNT]; /* now */
    struct handover_group *groups;        /* largest first */
    size_t group_count;
    struct handover_resolved *resolved; /* largest first */
    size_t resolved_count;
    struct command_row *actions; /* newest first, without unmasking */
    size_t action_count;
    uint64_t action_total;
    struct run_row *runs; /* newest first */
    size_t run_count;
    struct alerts alerts; /* now; the caller fills them */
};
MUST_CHECK bool journal_read_handover(struct journal_reader *reader, int64_t since_us,
                                      int64_t now_us, struct arena *arena,
                                      struct handover *ret_handover, struct error *err);
/* As a page of text, lines of at most about 100 columns; clean of control characters. */
void handover_write(const struct handover *handover, struct buffer *ret_text);

#endif
