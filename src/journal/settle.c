/* Settling: failures, successes, counts, cursors and fences of some batches in one transaction,
 * after the target's commit. Either all of it is in the journal or nothing is: then the batches are
 * read again and the target's guards find their work done. */
#include <string.h>

#include "base/memory.h"
#include "journal/inside.h"
#include "journal/listen.h"

static bool failure_find(struct journal *journal, enum source_kind source, const char *source_id,
                         struct failure_now *ret_now, struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&journal->db, SQL_FAILURE_FIND,
                     SQL_VALUES(SQL_INT(source), sqlite_text(source_id)), &statement, err) ||
        !sqlite_step(&journal->db, statement, &row, err))
        return false;
    *ret_now = (struct failure_now){.state = FAILURE_NONE};
    if (row)
        *ret_now = (struct failure_now){
            .id = sqlite3_column_int64(statement, 0),
            .version = sqlite3_column_int64(statement, 1),
            .state = (enum failure_state)sqlite3_column_int(statement, 2),
            .attempts = (unsigned)sqlite3_column_int(statement, 3),
            .tries = (unsigned)sqlite3_column_int(statement, 4),
            .next_us = sqlite_moment(statement, 5),
        };
    sqlite3_reset(statement);
    return true;
}

static bool move(const struct failure_now *now, enum failure_state from, enum failure_event event,
                 enum failure_state *ret_to, struct error *err)
{
    if (failure_transition(from, event, ret_to))
        return true;
    return error_set(err, ERROR_TRANSITION, "failure %lld is %s: event %d is not possible",
                     (long long)now->id, failure_state_name(from), (int)event);
}

/* ---- failures ---- */

/* What a failed or held change makes of the row that is there, or of none. */
struct renewal {
    enum failure_state state;
    unsigned attempts;
    int64_t next_us;
    bool reopened; /* another version, or resolved before: a new story with its own first moment */
};

static enum failure_event event_of(const struct settled_change *change, unsigned attempts,
                                   unsigned max_attempts)
{
    if (change->outcome == OUTCOME_HELD)
        return EVENT_HOLD;
    bool out_of_attempts = change->attempted && attempts >= max_attempts;
    return change->permanent || out_of_attempts ? EVENT_FAIL_FOR_GOOD : EVENT_FAIL_AGAIN;
}

static bool renewal_of(const struct settled_change *change, const struct failure_now *now,
                       unsigned max_attempts, struct renewal *ret_renewal, struct error *err)
{
    struct renewal renewal = {.next_us = TIME_NONE};
    enum failure_state from = now->state;
    bool newer = now->id != 0 && change->version > now->version;
    if (newer && !move(now, from, EVENT_NEWER, &from, err))
        return false;
    renewal.reopened = newer || now->state == FAILURE_RESOLVED;
    renewal.attempts = (renewal.reopened ? 0 : now->attempts) + (change->attempted ? 1 : 0);
    enum failure_event event = event_of(change, renewal.attempts, max_attempts);
    if (!move(now, from, event, &renewal.state, err))
        return false;
    if (renewal.state == FAILURE_RETRYABLE)
        renewal.next_us = change->retry_at_us;
    else if (renewal.state == FAILURE_SNOOZED)
        renewal.next_us = now->next_us;
    *ret_renewal = renewal;
    return true;
}

static bool attempt_add(struct journal *journal, int64_t failure_id, unsigned number,
                        const struct settled_change *change, const char *run_id,
                        const struct error *error, struct error *err)
{
    const char *code = error->id == ERROR_NONE ? "" : error_info(error->id)->code;
    return sqlite_run(&journal->db, SQL_ATTEMPT_ADD,
                      SQL_VALUES(SQL_INT(failure_id), SQL_INT(number), SQL_INT(clock_wall_us()),
                                 SQL_INT(change->version),
                                 sqlite_text(change->stage == NULL ? "" : change->stage),
                                 sqlite_text(code), sqlite_text(error->message),
                                 sqlite_text(error->field), sqlite_text(error->request_id),
                                 sqlite_text(error->sqlstate), SQL_INT(error->http_status),
                                 sqlite_text(run_id), SQL_INT(change->attempted)),
                      err);
}

/* The values that failure_add and failure_renew share. */
#define ERROR_VALUES(change, error, fingerprint)                                                   \
    sqlite_text((change)->stage), sqlite_text(error_info((error)->id)->code),                      \
        sqlite_text(error_class_name(error_class(error))), sqlite_text((error)->message),          \
        sqlite_text((error)->field), sqlite_text((error)->request_id),                             \
        sqlite_text((error)->sqlstate), SQL_INT((error)->http_status), sqlite_text(fingerprint),   \
        SQL_BYTES((change)->digest, sizeof((change)->digest))

static bool failure_add(struct journal *journal, const struct settled_change *change,
                        const struct renewal *renewal, const char *fingerprint,
                        unsigned max_attempts, struct error *err)
{
    return sqlite_run(&journal->db, SQL_FAILURE_ADD,
                      SQL_VALUES(SQL_NULL, SQL_INT(change->source), sqlite_text(change->source_id),
                                 SQL_INT(change->version),
                                 sqlite_text(change->label == NULL ? "" : change->label),
                                 ERROR_VALUES(change, change->error, fingerprint),
                                 SQL_INT(renewal->state), SQL_INT(renewal->attempts), SQL_INT(1),
                                 SQL_INT(max_attempts), SQL_INT(clock_wall_us()),
                                 sqlite_time(renewal->next_us)),
                      err);
}

/* A person's word on this very version stands. */
static bool is_decided(const struct renewal *renewal)
{
    return renewal->state == FAILURE_SKIPPED || renewal->state == FAILURE_SNOOZED;
}

static bool failure_renew(struct journal *journal, const struct settled_change *change,
                          const struct failure_now *now, const struct renewal *renewal,
                          const char *fingerprint, unsigned max_attempts, struct error *err)
{
    /* Where a person's decision stands, so does the undo of it. */
    bool decided = is_decided(renewal);
    return sqlite_run(&journal->db, SQL_FAILURE_RENEW,
                      SQL_VALUES(SQL_INT(now->id), SQL_INT(change->version),
                                 sqlite_text(change->label == NULL ? "" : change->label),
                                 ERROR_VALUES(change, change->error, fingerprint),
                                 SQL_INT(renewal->state), SQL_INT(renewal->attempts),
                                 SQL_INT(now->tries + 1), SQL_INT(max_attempts),
                                 SQL_INT(clock_wall_us()), sqlite_time(renewal->next_us),
                                 SQL_INT(decided), SQL_INT(renewal->reopened)),
                      err);
}

static bool settle_failure(struct journal *journal, const struct settled_change *change,
                           const char *run_id, unsigned max_attempts, bool *ret_decided,
                           struct error *err)
{
    struct failure_now now;
    struct renewal renewal;
    char fingerprint[9];
    if (change->error == NULL || change->error->id == ERROR_NONE)
        return error_set(err, ERROR_INTERNAL, "%s failed without an error", change->source_id);
    if (!failure_find(journal, change->source, change->source_id, &now, err))
        return false;
    /* A newer version has been settled already: this one's fate changes nothing any more. */
    if (now.id != 0 && change->version < now.version && !change->retried)
        return true;
    if (!renewal_of(change, &now, max_attempts, &renewal, err))
        return false;
    *ret_decided = is_decided(&renewal);
    failure_fingerprint(change->source, change->stage, change->error, fingerprint);
    if (now.id == 0) {
        if (!failure_add(journal, change, &renewal, fingerprint, max_attempts, err))
            return false;
        now.id = sqlite3_last_insert_rowid(journal->db.handle);
    } else if (!failure_renew(journal, change, &now, &renewal, fingerprint, max_attempts, err)) {
        return false;
    }
    return attempt_add(journal, now.id, now.tries + 1, change, run_id, change->error, err);
}

/* ---- successes ---- */

static bool settle_success(struct journal *journal, const struct settled_change *change,
                           const char *run_id, struct error *err)
{
    struct failure_now now;
    enum failure_state to;
    if (!failure_find(journal, change->source, change->source_id, &now, err))
        return false;
    /* An older version that lands says nothing about the newer one that failed; only a retry, which
     * read the document as it is now, may. */
    if (now.id == 0 || now.state == FAILURE_RESOLVED ||
        (change->version < now.version && !change->retried))
        return true;
    if (!move(&now, now.state, EVENT_SUCCEED, &to, err))
        return false;
    int64_t version = change->version > now.version ? change->version : now.version;
    struct error none = {.id = ERROR_NONE};
    sqlite_cut(none.message, sizeof(none.message), "resolved: ");
    sqlite_cut(none.message + 10, sizeof(none.message) - 10, outcome_name(change->outcome));
    return sqlite_run(&journal->db, SQL_FAILURE_RESOLVE,
                      SQL_VALUES(SQL_INT(now.id), SQL_INT(to), SQL_INT(version),
                                 SQL_INT(now.tries + 1), SQL_INT(clock_wall_us())),
                      err) &&
           attempt_add(journal, now.id, now.tries + 1, change, run_id, &none, err);
}

/* ---- the whole ---- */

static bool settle_change(struct journal *journal, const struct settled_change *change,
                          const char *run_id, unsigned max_attempts, bool *ret_decided,
                          struct error *err)
{
    switch (change->outcome) {
    case OUTCOME_FAILED:
    case OUTCOME_HELD:
        return settle_failure(journal, change, run_id, max_attempts, ret_decided, err);
    case OUTCOME_CREATED:
    case OUTCOME_UPDATED:
    case OUTCOME_DELETED:
    case OUTCOME_UNCHANGED:
    case OUTCOME_STALE:
    case OUTCOME_UNATTACHED:
    case OUTCOME_MOVED:
    case OUTCOME_ABSENT:
        return settle_success(journal, change, run_id, err);
    case OUTCOME_NONE:
    case OUTCOME_COUNT:
        break;
    }
    return error_set(err, ERROR_INTERNAL, "%s settled without an outcome", change->source_id);
}

static bool move_cursors(struct journal *journal, const struct settlement *settlement,
                         struct error *err)
{
    for (size_t i = 0; i < settlement->range_count; i++) {
        const struct range_checkpoint *range = &settlement->ranges[i];
        if (!sqlite_run(&journal->db, SQL_RANGE_MOVE,
                        SQL_VALUES(sqlite_text(settlement->run_id), SQL_INT(range->range),
                                   sqlite_text(range->cursor), SQL_INT(range->done),
                                   SQL_INT(range->settled), SQL_INT(clock_wall_us())),
                        err))
            return false;
    }
    return true;
}

static void count_decided(struct run_counts *counts, enum outcome outcome)
{
    uint64_t *from = outcome == OUTCOME_HELD ? &counts->held : &counts->failed;
    if (*from == 0)
        return;
    --*from;
    counts->skipped++;
}

static bool settle_one(struct journal *journal, struct settlement *settlement,
                       unsigned max_attempts, struct error *err)
{
    const char *run_id = settlement->run_id == NULL ? "" : settlement->run_id;
    for (size_t i = 0; i < settlement->count; i++) {
        const struct settled_change *change = &settlement->changes[i];
        bool decided = false;
        if (!settle_change(journal, change, run_id, max_attempts, &decided, err))
            return false;
        if (decided)
            count_decided(&settlement->add, change->outcome);
        if (settlement->decided != NULL)
            settlement->decided[i] = decided;
    }
    if (*run_id != '\0' &&
        (!run_counts_write(journal, SQL_RUN_ADD, run_id, &settlement->add, err) ||
         !move_cursors(journal, settlement, err)))
        return false;
    if (settlement->listen != NULL && !listen_write(journal, settlement->listen, err))
        return false;
    if (settlement->writer < 0)
        return true;
    return sqlite_run(&journal->db, SQL_FENCE_RAISE,
                      SQL_VALUES(SQL_INT(settlement->writer), SQL_INT(settlement->fence_seq)), err);
}

bool journal_settle(struct journal *journal, struct settlement *settlements, size_t count,
                    unsigned max_attempts, struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < count; i++)
        done = settle_one(journal, &settlements[i], max_attempts, err);
    return sqlite_end(&journal->db, done, err);
}

bool journal_has_failures(struct journal *journal, enum source_kind source)
{
    bool found;
    int64_t some = 1;
    struct error ignored; /* in doubt there are some: then successes are looked up one by one */
    return !sqlite_number(&journal->db, SQL_UNRESOLVED,
                          SQL_VALUES(SQL_INT(source), SQL_INT(FAILURE_RESOLVED)), &found, &some,
                          &ignored) ||
           some != 0;
}

bool journal_is_unresolved(struct journal *journal, enum source_kind source, const char *source_id)
{
    bool found;
    int64_t some = 1;
    struct error ignored; /* in doubt there is one: then settling finds out */
    return !sqlite_number(
               &journal->db, SQL_UNRESOLVED_OF,
               SQL_VALUES(SQL_INT(source), sqlite_text(source_id), SQL_INT(FAILURE_RESOLVED)),
               &found, &some, &ignored) ||
           some != 0;
}

uint64_t journal_count_unresolved(struct journal *journal, enum source_kind source)
{
    bool found;
    int64_t count = 0;
    struct error ignored; /* a figure for the screen; what fails here fails louder elsewhere */
    if (!sqlite_number(&journal->db, SQL_UNRESOLVED_COUNT,
                       SQL_VALUES(SQL_INT(source), SQL_INT(FAILURE_RESOLVED)), &found, &count,
                       &ignored))
        return 0;
    return (uint64_t)count;
}
