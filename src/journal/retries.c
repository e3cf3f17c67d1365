/* Retries: failures whose time has come go to the writers, and come back when the engine could not
 * try them. */
#include <stdlib.h>

#include "base/memory.h"
#include "journal/inside.h"

#define DUE_MAX 1000

struct due_list {
    struct due_retry *items;
    enum failure_state *states;
    size_t count, max;
    unsigned sources;
};

static bool due_read(struct journal *journal, sqlite3_stmt *statement, bool wanted,
                     struct due_list *list, struct error *err)
{
    bool row;
    while (list->count < list->max) {
        if (!sqlite_step(&journal->db, statement, &row, err))
            return false;
        if (!row)
            return true;
        struct due_retry *due = &list->items[list->count];
        due->failure_id = sqlite3_column_int64(statement, 0);
        due->source = (enum source_kind)sqlite3_column_int(statement, 1);
        due->source_id = sqlite_copy_heap(statement, 2);
        due->wanted = wanted;
        due->attempts = (unsigned)sqlite3_column_int(statement, 4);
        list->states[list->count++] = (enum failure_state)sqlite3_column_int(statement, 3);
    }
    sqlite3_reset(statement);
    return true;
}

/* An operator's come first, then by time; a snooze that is over counts as due. Whose word a retry
 * is stays with it until it has ended: an engine that is killed, or a source that is down, does not
 * make another of it. */
static bool due_find(struct journal *journal, int64_t now_us, struct due_list *list,
                     struct error *err)
{
    sqlite3_stmt *statement;
    return sqlite_bind(&journal->db, SQL_DUE_WANTED,
                       SQL_VALUES(SQL_INT(FAILURE_RETRYABLE), SQL_INT(list->max),
                                  SQL_INT(list->sources), SQL_INT(now_us)),
                       &statement, err) &&
           due_read(journal, statement, true, list, err) &&
           sqlite_bind(&journal->db, SQL_DUE_BY_TIME,
                       SQL_VALUES(SQL_INT(now_us), SQL_INT(FAILURE_RETRYABLE),
                                  SQL_INT(FAILURE_SNOOZED), SQL_INT(list->max - list->count),
                                  SQL_INT(list->sources)),
                       &statement, err) &&
           due_read(journal, statement, false, list, err);
}

static bool start_one(struct journal *journal, int64_t id, enum failure_state from,
                      struct error *err)
{
    enum failure_state to = from;
    if (from == FAILURE_SNOOZED && !failure_transition(from, EVENT_WAKE, &to))
        return error_set(err, ERROR_TRANSITION, "failure %lld cannot wake", (long long)id);
    if (!failure_transition(to, EVENT_START, &to))
        return error_set(err, ERROR_TRANSITION, "failure %lld is %s: no retry starts",
                         (long long)id, failure_state_name(from));
    return sqlite_run(&journal->db, SQL_FAILURE_MOVE,
                      SQL_VALUES(SQL_INT(id), SQL_INT(to), sqlite_time(TIME_NONE)), err);
}

static bool take_all(struct journal *journal, int64_t now_us, struct due_list *list,
                     struct error *err)
{
    /* Nothing due is the rule: it costs two index look-ups and no write. */
    if (!due_find(journal, now_us, list, err))
        return false;
    if (list->count == 0)
        return true;
    if (!journal_begin(journal, err))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < list->count; i++)
        done = start_one(journal, list->items[i].failure_id, list->states[i], err);
    return sqlite_end(&journal->db, done, err);
}

bool journal_take_due(struct journal *journal, unsigned sources, int64_t now_us, size_t max,
                      struct due_retry **ret_list, size_t *ret_count, struct error *err)
{
    if (max > DUE_MAX)
        max = DUE_MAX;
    struct due_list list = {.max = max, .sources = sources};
    list.items = memory_zero(max + 1, sizeof(*list.items));
    list.states = memory_zero(max + 1, sizeof(*list.states));
    bool done = take_all(journal, now_us, &list, err);
    free(list.states);
    if (!done || list.count == 0) {
        due_retry_free(list.items, list.count);
        list = (struct due_list){0};
    }
    if (done) {
        *ret_list = list.items;
        *ret_count = list.count;
    }
    return done;
}

void due_retry_free(struct due_retry *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i].source_id);
    free(list);
}

static bool state_read(struct journal *journal, int64_t id, enum failure_state *ret_state,
                       struct error *err)
{
    bool found;
    int64_t state = FAILURE_NONE;
    if (!sqlite_number(&journal->db, SQL_FAILURE_STATE, SQL_VALUES(SQL_INT(id)), &found, &state,
                       err))
        return false;
    *ret_state = (enum failure_state)state;
    return true;
}

static bool give_back_one(struct journal *journal, int64_t id, int64_t retry_at_us,
                          struct error *err)
{
    enum failure_state state, to;
    if (!state_read(journal, id, &state, err))
        return false;
    /* A newer version may have failed or landed meanwhile: then the row is no longer this retry's.
     */
    if (!failure_transition(state, EVENT_INTERRUPT, &to))
        return true;
    return sqlite_run(&journal->db, SQL_FAILURE_MOVE,
                      SQL_VALUES(SQL_INT(id), SQL_INT(to), SQL_INT(retry_at_us)), err);
}

static bool any_in_progress(struct journal *journal, const struct due_retry *list, size_t count,
                            bool *ret_any, struct error *err)
{
    bool any = false;
    for (size_t i = 0; i < count && !any; i++) {
        enum failure_state state;
        if (!state_read(journal, list[i].failure_id, &state, err))
            return false;
        any = state == FAILURE_IN_PROGRESS;
    }
    *ret_any = any;
    return true;
}

bool journal_give_back(struct journal *journal, const struct due_retry *list, size_t count,
                       int64_t retry_at_us, struct error *err)
{
    bool any;
    if (!any_in_progress(journal, list, count, &any, err))
        return false;
    if (!any)
        return true;
    if (!journal_begin(journal, err))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < count; i++)
        done = give_back_one(journal, list[i].failure_id, retry_at_us, err);
    return sqlite_end(&journal->db, done, err);
}
