/* An application's rows: which ones a pick covers, and what became of them. */
#include <stdlib.h>

#include "base/memory.h"
#include "journal/inside.h"
#include "journal/planning.h"

#define ALL_BUT_CONFLICTS (1u << PLAN_CREATE | 1u << PLAN_UPDATE | 1u << PLAN_TOMBSTONE)
#define TAKE_MAX 1000

unsigned plan_pick_actions(const struct plan_pick *pick)
{
    return pick->actions == 0 && pick->ids == NULL ? ALL_BUT_CONFLICTS : pick->actions;
}

unsigned plan_pick_sources(const struct plan_pick *pick)
{
    return pick->sources == 0 ? (1u << SOURCE_COUNT) - 1 : pick->sources;
}

static struct digest digest_read(sqlite3_stmt *statement, int column)
{
    struct digest digest = {{0}};
    if (sqlite3_column_bytes(statement, column) == (int)sizeof(digest.bytes))
        memcpy(digest.bytes, sqlite3_column_blob(statement, column), sizeof(digest.bytes));
    return digest;
}

static struct plan_target target_read(sqlite3_stmt *s)
{
    return (struct plan_target){
        .row_id = sqlite3_column_int64(s, 0),
        .source = (enum source_kind)sqlite3_column_int(s, 1),
        .source_id = sqlite_copy_heap(s, 2),
        .action = (enum plan_action)sqlite3_column_int(s, 3),
        .expect = {.present = sqlite3_column_type(s, 4) != SQLITE_NULL,
                   .version = sqlite3_column_int64(s, 4),
                   .digest = digest_read(s, 5),
                   .known = sqlite3_column_int(s, 6) != 0,
                   .target_version = sqlite3_column_int64(s, 7),
                   .target_digest = digest_read(s, 8),
                   .order_version = sqlite3_column_int64(s, 9)},
    };
}

void plan_targets_free(struct plan_target *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i].source_id);
    free(list);
}

bool journal_plan_take(struct journal *journal, const char *plan_id, const struct plan_pick *pick,
                       enum source_kind source, int64_t after_row, size_t max,
                       struct plan_target **ret_list, size_t *ret_count, struct error *err)
{
    sqlite3_stmt *statement;
    int64_t plan;
    size_t count = 0;
    bool row = true;
    max = max > TAKE_MAX ? TAKE_MAX : max;
    unsigned actions = plan_pick_sources(pick) >> source & 1 ? plan_pick_actions(pick) : 0;
    const char *ids = plan_pick_sources(pick) >> source & 1 ? pick->ids : NULL;
    if (!plan_number(&journal->db, plan_id, &plan, err) ||
        !sqlite_bind(&journal->db, SQL_PLAN_TAKE,
                     SQL_VALUES(SQL_INT(plan), SQL_INT(source), SQL_INT(after_row),
                                SQL_INT(actions), sqlite_text(ids), SQL_INT(max)),
                     &statement, err))
        return false;
    struct plan_target *list = memory_zero(max + 1, sizeof(*list));
    while (row && count < max) {
        if (!sqlite_step(&journal->db, statement, &row, err)) {
            plan_targets_free(list, count);
            return false;
        }
        if (row)
            list[count++] = target_read(statement);
    }
    sqlite3_reset(statement);
    *ret_list = list;
    *ret_count = count;
    return true;
}

/* Appends to `ids`, which has room for PLAN_REFERRED_MAX more. */
static bool referred_read(struct sqlite *db, int64_t plan, enum source_kind source,
                          const char *reference, char **ids, size_t *count, struct error *err)
{
    sqlite3_stmt *statement;
    bool row = true;
    if (!sqlite_bind(db, SQL_PLAN_REFERRED,
                     SQL_VALUES(SQL_INT(plan), SQL_INT(source), sqlite_text(reference),
                                SQL_INT(PLAN_REFERRED_MAX)),
                     &statement, err))
        return false;
    while (row) {
        if (!sqlite_step(db, statement, &row, err))
            return false;
        if (row)
            ids[(*count)++] = sqlite_copy_heap(statement, 0);
    }
    return true;
}

bool journal_plan_referred(struct journal *journal, const char *plan_id, enum source_kind source,
                           const char *const *references, size_t count, char ***ret_ids,
                           size_t *ret_count, struct error *err)
{
    int64_t plan;
    size_t found = 0;
    if (!plan_number(&journal->db, plan_id, &plan, err))
        return false;
    char **ids = memory_zero(count * PLAN_REFERRED_MAX + 1, sizeof(*ids));
    bool done = true;
    for (size_t i = 0; done && i < count; i++)
        done = referred_read(&journal->db, plan, source, references[i], ids, &found, err);
    if (!done) {
        while (found > 0)
            free(ids[--found]);
        free(ids);
        return false;
    }
    *ret_ids = ids;
    *ret_count = found;
    return true;
}

static bool settle_rows(struct journal *journal, int64_t plan, const struct plan_outcome *outcomes,
                        size_t count, struct error *err)
{
    bool done = true;
    for (size_t i = 0; done && i < count; i++)
        done = sqlite_run(
            &journal->db, SQL_PLAN_SETTLE,
            SQL_VALUES(SQL_INT(plan), SQL_INT(outcomes[i].row_id), SQL_INT(outcomes[i].state),
                       sqlite_text(outcomes[i].message == NULL ? "" : outcomes[i].message)),
            err);
    return done;
}

bool journal_plan_settle(struct journal *journal, const char *plan_id,
                         const struct plan_outcome *outcomes, size_t count, struct error *err)
{
    int64_t plan;
    if (!plan_number(&journal->db, plan_id, &plan, err) || !journal_begin(journal, err))
        return false;
    return sqlite_end(&journal->db, settle_rows(journal, plan, outcomes, count, err), err);
}

bool journal_plan_leave(struct journal *journal, const char *plan_id, const struct plan_pick *pick,
                        size_t max, uint64_t *ret_left, bool *ret_more, struct error *err)
{
    int64_t plan;
    if (!plan_number(&journal->db, plan_id, &plan, err) || !journal_begin(journal, err))
        return false;
    bool done = sqlite_run(&journal->db, SQL_PLAN_LEAVE,
                           SQL_VALUES(SQL_INT(plan), SQL_INT(plan_pick_sources(pick)),
                                      SQL_INT(plan_pick_actions(pick)), SQL_INT(PLAN_ROW_LEFT),
                                      SQL_INT(PLAN_CONFLICT), sqlite_text(pick->ids), SQL_INT(max)),
                           err);
    int64_t left = sqlite3_changes64(journal->db.handle);
    if (!sqlite_end(&journal->db, done, err))
        return false;
    *ret_left = (uint64_t)left;
    *ret_more = left >= (int64_t)max;
    return true;
}
