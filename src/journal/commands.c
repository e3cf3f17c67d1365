/* Commands: handed to the engine in order, and those on failures carried out here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "journal/inside.h"
#include "journal/selector.h"

#define CHUNK 2000 /* failures of one transaction: the WAL stays small, consoles get their turn */

/* ---- the queue ---- */

static void command_read(sqlite3_stmt *statement, struct command *command)
{
    command->id = sqlite3_column_int64(statement, 0);
    sqlite_copy_text(statement, 1, command->kind, sizeof(command->kind));
    command->arguments = sqlite_copy_heap(statement, 2);
    sqlite_copy_text(statement, 3, command->operator_name, sizeof(command->operator_name));
    sqlite_copy_text(statement, 4, command->origin, sizeof(command->origin));
    command->reason = sqlite_copy_heap(statement, 5);
    command->created_us = sqlite3_column_int64(statement, 6);
}

bool journal_next_command(struct journal *journal, bool *ret_found, struct command *ret_command,
                          struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    /* Each is handed out once an opening; one that was not finished comes again after the next. */
    if (!sqlite_bind(&journal->db, SQL_COMMAND_NEXT, SQL_VALUES(SQL_INT(journal->last_command)),
                     &statement, err) ||
        !sqlite_step(&journal->db, statement, &row, err))
        return false;
    if (row) {
        *ret_command = (struct command){0};
        command_read(statement, ret_command);
        journal->last_command = ret_command->id;
        sqlite3_reset(statement);
    }
    *ret_found = row;
    return true;
}

void command_free(struct command *command)
{
    free(command->arguments);
    free(command->reason);
    *command = (struct command){0};
}

bool journal_finish_command(struct journal *journal, int64_t id, const char *result,
                            const char *message, struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    bool done = sqlite_run(&journal->db, SQL_COMMAND_FINISH,
                           SQL_VALUES(SQL_INT(id), SQL_INT(clock_wall_us()), sqlite_text(result),
                                      sqlite_text(message == NULL ? "" : message)),
                           err);
    return sqlite_end(&journal->db, done, err);
}

bool journal_find_command(struct journal *journal, const char *kind, bool *ret_found,
                          struct command *ret_command, struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&journal->db, SQL_COMMAND_FIND, SQL_VALUES(sqlite_text(kind)), &statement,
                     err) ||
        !sqlite_step(&journal->db, statement, &row, err))
        return false;
    if (row) {
        *ret_command = (struct command){0};
        command_read(statement, ret_command);
        sqlite3_reset(statement);
    }
    *ret_found = row;
    return true;
}

bool journal_command_is_open(struct journal *journal, int64_t id, bool *ret_open, struct error *err)
{
    int64_t one;
    return sqlite_number(&journal->db, SQL_COMMAND_IS_OPEN, SQL_VALUES(SQL_INT(id)), ret_open, &one,
                         err);
}

/* ---- on failures ---- */

/* A failure that the command speaks of. */
struct target_row {
    int64_t id;
    enum failure_state state;
    int64_t next_us;
    bool has_undo;
    enum failure_state undo_state;
    int64_t undo_next_us;
    bool held_delete;
};

struct work {
    struct journal *journal;
    const struct command *command;
    const struct verb *verb;
    struct selector selector;
    int64_t cursor;  /* ids up to here are dealt with */
    int64_t last_id; /* those above came after it began */
    struct bulk_counts counts;
    int64_t now_us;
};

enum verdict { VERDICT_CHANGED, VERDICT_SKIPPED, VERDICT_REFUSED };

typedef bool verb_fn(struct work *work, const struct target_row *row, enum verdict *ret_verdict,
                     struct error *err);
struct verb {
    const char *kind;
    verb_fn *apply;
    enum failure_event event;
    bool needs_until;
};

static bool note_add(struct work *work, int64_t failure_id, const char *text, struct error *err)
{
    struct sqlite *db = &work->journal->db;
    return sqlite_run(db, SQL_NOTE_ADD,
                      SQL_VALUES(SQL_INT(failure_id), SQL_INT(work->now_us),
                                 sqlite_text(work->command->operator_name), sqlite_text(text)),
                      err) &&
           sqlite_run(db, SQL_FAILURE_NOTED, SQL_VALUES(SQL_INT(failure_id)), err);
}

static bool act(struct work *work, const struct target_row *row, enum failure_state to,
                int64_t next_us, bool tried, struct error *err)
{
    struct sql_value command = SQL_INT(work->command->id);
    return sqlite_run(&work->journal->db, SQL_FAILURE_ACT,
                      SQL_VALUES(SQL_INT(row->id), SQL_INT(to), sqlite_time(next_us),
                                 tried ? SQL_INT(work->now_us) : SQL_NULL, SQL_INT(row->state),
                                 sqlite_time(row->next_us), command, tried ? command : SQL_NULL),
                      err);
}

/* What is being tried gets its result anyway; what is there already need not be done. */
static bool is_moot(enum failure_event event, enum failure_state state)
{
    enum failure_state to;
    return state == FAILURE_IN_PROGRESS ||
           (failure_transition(FAILURE_RETRYABLE, event, &to) && to == state);
}

static enum failure_event event_on(const struct verb *verb, const struct target_row *row)
{
    return verb->event == EVENT_RETRY && row->held_delete ? EVENT_ASK_AGAIN : verb->event;
}

/* retry, skip, snooze, release and refuse: the way back is kept with the failure. */
static bool apply_move(struct work *work, const struct target_row *row, enum verdict *ret_verdict,
                       struct error *err)
{
    enum failure_event event = event_on(work->verb, row);
    enum failure_state to;
    if (!failure_transition(row->state, event, &to)) {
        *ret_verdict = is_moot(event, row->state) ? VERDICT_SKIPPED : VERDICT_REFUSED;
        return true;
    }
    bool tried = to == FAILURE_RETRYABLE;
    int64_t next_us = tried                   ? work->now_us
                      : event == EVENT_SNOOZE ? work->selector.until_us
                                              : TIME_NONE;
    return act(work, row, to, next_us, tried, err);
}

static bool undo_row(struct journal *journal, int64_t id, enum failure_state to, int64_t next_us,
                     struct error *err)
{
    return sqlite_run(&journal->db, SQL_FAILURE_ACT,
                      SQL_VALUES(SQL_INT(id), SQL_INT(to), sqlite_time(next_us), SQL_NULL, SQL_NULL,
                                 SQL_NULL, SQL_NULL, SQL_NULL),
                      err);
}

static bool apply_undo(struct work *work, const struct target_row *row, enum verdict *ret_verdict,
                       struct error *err)
{
    enum failure_state to;
    if (!row->has_undo || !failure_undo_state(row->state, row->undo_state, &to)) {
        *ret_verdict = VERDICT_REFUSED;
        return true;
    }
    return undo_row(work->journal, row->id, to, row->undo_next_us, err);
}

static const char *note_of(const struct work *work)
{
    if (work->selector.note != NULL)
        return work->selector.note;
    return work->command->reason == NULL ? "" : work->command->reason;
}

static bool apply_note(struct work *work, const struct target_row *row, enum verdict *ret_verdict,
                       struct error *err)
{
    (void)ret_verdict;
    return work->selector.note != NULL || note_add(work, row->id, note_of(work), err);
}

static const struct verb verbs[] = {
    {"retry", apply_move, EVENT_RETRY, false},        {"skip", apply_move, EVENT_SKIP, false},
    {"snooze", apply_move, EVENT_SNOOZE, true},       {"undo", apply_undo, EVENT_UNDO, false},
    {"release", apply_move, EVENT_RELEASE, false},    {"refuse", apply_move, EVENT_REFUSE, false},
    {"note", apply_note, FAILURE_EVENT_COUNT, false},
};

static const struct verb *verb_find(const char *kind)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].kind, kind) == 0)
            return &verbs[i];
    }
    return NULL;
}

static bool work_check(const struct work *work, struct error *err)
{
    if (work->verb == NULL)
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "\"%s\" is no command on failures",
                         work->command->kind);
    if (work->verb->needs_until && work->selector.until_us <= work->command->created_us)
        return error_set(err, ERROR_COMMAND_ARGUMENTS,
                         "a snooze needs \"until\", microseconds since 1970 that are yet to come");
    if (work->verb->apply == apply_note && note_of(work)[0] == '\0')
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "a note needs a text");
    return true;
}

/* ---- in pieces ---- */

/* What is released is deleted: of what a filter names only what was held when the command was sent,
 * and no more of it than its sender was told. */
static bool is_bounded(const struct work *work)
{
    return work->verb->event == EVENT_RELEASE && !work->selector.has_ids &&
           work->selector.source_id == NULL;
}

static uint64_t seen_by(const struct work *work)
{
    return work->counts.changed + work->counts.skipped + work->counts.refused;
}

static uint64_t most_now(const struct work *work, size_t max)
{
    uint64_t told = (uint64_t)work->selector.count;
    uint64_t left = told > seen_by(work) ? told - seen_by(work) : 0;
    return is_bounded(work) && told > 0 && left < max ? left : max;
}

/* The next failures by id; they are read before any is written, for a statement must not run over
 * rows that change under it. */
static bool chunk_read(struct work *work, size_t max, struct target_row *rows, size_t *ret_count,
                       int64_t *ret_upto, struct error *err)
{
    struct sqlite *db = &work->journal->db;
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct query query;
    size_t count = 0;
    bool row = true;
    query_start(&query);
    query_add(&query, "SELECT f.id, f.state, f.next_us, f.undo_state, f.undo_next_us, f.code");
    selector_append(&query, &work->selector, work->command->arguments, work->cursor, ret_upto);
    query_add_value(&query, " AND f.id <= ?", SQL_INT(work->last_id));
    if (is_bounded(work))
        query_add_value(&query, " AND f.last_us <= ?", SQL_INT(work->command->created_us));
    query_add_value(&query, " ORDER BY f.id LIMIT ?", SQL_INT(max));
    bool done = query_prepare(db, &query, &statement, err);
    while (done && row && count < max) {
        done = sqlite_step(db, statement, &row, err);
        if (done && row)
            rows[count++] = (struct target_row){
                .id = sqlite3_column_int64(statement, 0),
                .state = (enum failure_state)sqlite3_column_int(statement, 1),
                .next_us = sqlite_moment(statement, 2),
                .has_undo = sqlite3_column_type(statement, 3) != SQLITE_NULL,
                .undo_state = (enum failure_state)sqlite3_column_int(statement, 3),
                .undo_next_us = sqlite_moment(statement, 4),
                .held_delete =
                    failure_is_held_delete((const char *)sqlite3_column_text(statement, 5)),
            };
    }
    query_free(&query);
    *ret_count = count;
    return done;
}

static bool row_apply(struct work *work, const struct target_row *row, struct error *err)
{
    enum verdict verdict = VERDICT_CHANGED;
    if (!work->verb->apply(work, row, &verdict, err))
        return false;
    work->counts.changed += verdict == VERDICT_CHANGED;
    work->counts.skipped += verdict == VERDICT_SKIPPED;
    work->counts.refused += verdict == VERDICT_REFUSED;
    work->cursor = row->id;
    return verdict != VERDICT_CHANGED || work->selector.note == NULL ||
           note_add(work, row->id, work->selector.note, err);
}

/* Asked for by id or name and not there: refused as well, once. Of a count that the operator was
 * told, what no longer matched is skipped. */
static bool count_missing(struct work *work, struct error *err)
{
    bool found;
    int64_t missing = 0;
    if (work->selector.has_ids &&
        !sqlite_number(&work->journal->db, SQL_IDS_MISSING,
                       SQL_VALUES(sqlite_text(work->command->arguments)), &found, &missing, err))
        return false;
    if (work->selector.source_id != NULL && seen_by(work) == 0)
        missing = 1;
    work->counts.refused += (uint64_t)missing;
    if (work->selector.count > 0 && work->counts.total > seen_by(work))
        work->counts.skipped += work->counts.total - seen_by(work);
    return true;
}

static bool chunk_apply(struct work *work, size_t max, struct target_row *rows, bool *ret_more,
                        struct error *err)
{
    size_t count;
    int64_t upto;
    max = (size_t)most_now(work, max);
    if (!chunk_read(work, max, rows, &count, &upto, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!row_apply(work, &rows[i], err))
            return false;
    }
    if (most_now(work, 1) == 0)
        work->cursor = work->last_id;
    else if (count < max)
        work->cursor = upto;
    *ret_more = work->cursor < work->last_id;
    if (!*ret_more && !count_missing(work, err))
        return false;
    return sqlite_run(&work->journal->db, SQL_COMMAND_WENT,
                      SQL_VALUES(SQL_INT(work->command->id), SQL_INT(work->cursor),
                                 SQL_INT(work->counts.changed), SQL_INT(work->counts.skipped),
                                 SQL_INT(work->counts.refused)),
                      err);
}

/* Where an engine that was killed left it, and what became of its retries. */
static bool progress_read(struct journal *journal, int64_t id, int64_t *ret_cursor,
                          int64_t *ret_last_id, struct bulk_counts *ret_counts, struct error *err)
{
    sqlite3_stmt *s;
    bool row;
    uint64_t *const counts[] = {
        &ret_counts->total,   &ret_counts->changed,    &ret_counts->skipped,
        &ret_counts->refused, &ret_counts->landed,     &ret_counts->failed,
        &ret_counts->pace,    &ret_counts->stop_after, &ret_counts->awaited};
    if (!sqlite_bind(&journal->db, SQL_COMMAND_PROGRESS, SQL_VALUES(SQL_INT(id)), &s, err) ||
        !sqlite_step(&journal->db, s, &row, err))
        return false;
    if (!row)
        return error_set(err, ERROR_JOURNAL_NO_SUCH, "there is no command %lld", (long long)id);
    *ret_cursor = sqlite3_column_int64(s, 0);
    *ret_last_id = sqlite3_column_int64(s, 1);
    for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
        *counts[i] = (uint64_t)sqlite3_column_int64(s, 2 + i);
    sqlite3_reset(s);
    return true;
}

/* Its first step says what it is about; later ones find that said. */
static bool work_begin(struct work *work, struct error *err)
{
    struct sqlite *db = &work->journal->db;
    uint64_t total;
    return selector_total(db, &work->selector, &total, err) &&
           sqlite_run(db, SQL_COMMAND_BEGIN,
                      SQL_VALUES(SQL_INT(work->command->id), SQL_INT(total),
                                 SQL_INT(work->selector.pace), SQL_INT(work->selector.stop_after)),
                      err) &&
           progress_read(work->journal, work->command->id, &work->cursor, &work->last_id,
                         &work->counts, err);
}

static bool work_step(struct work *work, size_t max, bool *ret_more, struct error *err)
{
    if (!journal_begin(work->journal, err))
        return false;
    struct target_row *rows = memory_zero(max + 1, sizeof(*rows));
    *ret_more = true;
    bool done = work_begin(work, err) && (max == 0 || chunk_apply(work, max, rows, ret_more, err));
    free(rows);
    return sqlite_end(&work->journal->db, done, err);
}

bool journal_apply_some(struct journal *journal, const struct command *command, size_t max,
                        bool *ret_more, struct bulk_counts *ret_counts, struct error *err)
{
    struct work work = {.journal = journal,
                        .command = command,
                        .verb = verb_find(command->kind),
                        .now_us = clock_wall_us()};
    bool more = false;
    if (!selector_parse(&journal->db, command->arguments, command->created_us, &work.selector, err))
        return false;
    bool done = work_check(&work, err) && work_step(&work, max, &more, err);
    selector_free(&work.selector);
    if (!done)
        return false;
    *ret_more = more;
    *ret_counts = work.counts;
    return true;
}

bool journal_apply_command(struct journal *journal, const struct command *command,
                           struct bulk_counts *ret_counts, struct error *err)
{
    bool more = true;
    while (more) {
        if (!journal_apply_some(journal, command, CHUNK, &more, ret_counts, err))
            return false;
    }
    return true;
}

bool journal_bulk_counts(struct journal *journal, int64_t id, struct bulk_counts *ret_counts,
                         struct error *err)
{
    int64_t cursor, last_id;
    return progress_read(journal, id, &cursor, &last_id, ret_counts, err);
}

/* ---- taking back ---- */

static bool untried_read(struct journal *journal, int64_t id, struct target_row *rows, size_t max,
                         size_t *ret_count, struct error *err)
{
    sqlite3_stmt *s;
    bool row = true;
    size_t count = 0;
    if (!sqlite_bind(&journal->db, SQL_BULK_UNTRIED,
                     SQL_VALUES(SQL_INT(id), SQL_INT(FAILURE_RETRYABLE)), &s, err))
        return false;
    while (row && count < max) {
        if (!sqlite_step(&journal->db, s, &row, err))
            return false;
        if (row)
            rows[count++] = (struct target_row){
                .id = sqlite3_column_int64(s, 0),
                .undo_state = sqlite3_column_type(s, 1) == SQLITE_NULL
                                  ? FAILURE_RETRYABLE /* given back by a writer */
                                  : (enum failure_state)sqlite3_column_int(s, 1),
                .undo_next_us = sqlite3_column_type(s, 1) == SQLITE_NULL ? clock_wall_us()
                                                                         : sqlite_moment(s, 2),
            };
    }
    sqlite3_reset(s);
    *ret_count = count;
    return true;
}

static bool withdraw_some(struct journal *journal, int64_t id, size_t *ret_count, struct error *err)
{
    struct target_row rows[1000];
    if (!untried_read(journal, id, rows, sizeof(rows) / sizeof(rows[0]), ret_count, err))
        return false;
    for (size_t i = 0; i < *ret_count; i++) {
        if (!undo_row(journal, rows[i].id, rows[i].undo_state, rows[i].undo_next_us, err))
            return false;
    }
    return true;
}

bool journal_bulk_withdraw(struct journal *journal, int64_t id, uint64_t *ret_count,
                           struct error *err)
{
    size_t count = 1;
    *ret_count = 0;
    if (!journal_begin(journal, err))
        return false;
    bool done = true;
    while (done && count > 0) {
        done = withdraw_some(journal, id, &count, err);
        *ret_count += count;
    }
    done = done && sqlite_run(&journal->db, SQL_COMMAND_WITHDREW,
                              SQL_VALUES(SQL_INT(id), SQL_INT(*ret_count)), err);
    return sqlite_end(&journal->db, done, err);
}
