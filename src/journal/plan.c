/* Plans, written: built row by row, applied, dropped. */
#include "journal/planning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "journal/inside.h"

#define DAY_US 86400000000LL
#define MILLION 1000000

static const char *const action_names[PLAN_ACTION_COUNT] = {
    [PLAN_CREATE] = "create",     [PLAN_UPDATE] = "update",       [PLAN_TOMBSTONE] = "tombstone",
    [PLAN_CONFLICT] = "conflict", [PLAN_UNCHANGED] = "unchanged",
};
static const char *const row_state_names[PLAN_ROW_STATE_COUNT] = {
    [PLAN_ROW_OPEN] = "open",     [PLAN_ROW_APPLIED] = "applied", [PLAN_ROW_MOVED] = "moved",
    [PLAN_ROW_FAILED] = "failed", [PLAN_ROW_LEFT] = "left",
};
static const char *const plan_state_names[] = {
    [PLAN_BUILDING] = "building", [PLAN_READY] = "ready",         [PLAN_APPLYING] = "applying",
    [PLAN_APPLIED] = "applied",   [PLAN_ABANDONED] = "abandoned",
};

const char *plan_action_name(enum plan_action action)
{
    return (unsigned)action < PLAN_ACTION_COUNT ? action_names[action] : "unknown";
}

bool plan_action_parse(const char *name, enum plan_action *ret_action)
{
    for (unsigned i = 0; i < PLAN_ACTION_COUNT; i++) {
        if (strcmp(action_names[i], name) == 0) {
            *ret_action = (enum plan_action)i;
            return true;
        }
    }
    return false;
}

const char *plan_row_state_name(enum plan_row_state state)
{
    return (unsigned)state < PLAN_ROW_STATE_COUNT ? row_state_names[state] : "unknown";
}

const char *plan_state_name(enum plan_state state)
{
    return (unsigned)state <= PLAN_ABANDONED ? plan_state_names[state] : "unknown";
}

/* ---- the plan itself ---- */

bool journal_plan_start(struct journal *journal, const char *kind, unsigned sources,
                        const char *operator_name, const char *origin, char ret_plan_id[40],
                        struct error *err)
{
    struct uuid uuid = uuid_random();
    char id[UUID_TEXT_SIZE];
    uuid_format(&uuid, id);
    if (!journal_begin(journal, err))
        return false;
    bool done =
        sqlite_run(&journal->db, SQL_PLAN_START,
                   SQL_VALUES(sqlite_text(id), sqlite_text(kind), SQL_INT(sources),
                              sqlite_text(operator_name == NULL ? "" : operator_name),
                              sqlite_text(origin == NULL ? "" : origin), SQL_INT(clock_wall_us())),
                   err);
    if (!sqlite_end(&journal->db, done, err))
        return false;
    snprintf(ret_plan_id, 40, "%s", id);
    return true;
}

bool journal_plans_break(struct journal *journal, struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    bool done =
        sqlite_run(&journal->db, SQL_PLANS_BREAK,
                   SQL_VALUES(SQL_INT(PLAN_ABANDONED), sqlite_text("ended before it was ready"),
                              SQL_INT(clock_wall_us()), SQL_INT(PLAN_BUILDING)),
                   err);
    return sqlite_end(&journal->db, done, err);
}

static bool identify(struct journal *journal, int64_t plan, const char *target,
                     enum source_kind source, const char *identity, struct error *err)
{
    return (target == NULL || sqlite_run(&journal->db, SQL_PLAN_IDENTIFY,
                                         SQL_VALUES(SQL_INT(plan), sqlite_text(target)), err)) &&
           (identity == NULL ||
            sqlite_run(&journal->db, SQL_PLAN_IDENTIFY_SOURCE,
                       SQL_VALUES(SQL_INT(plan), SQL_INT(source), sqlite_text(identity)), err));
}

bool journal_plan_identify(struct journal *journal, const char *plan_id, const char *target,
                           enum source_kind source, const char *identity, struct error *err)
{
    int64_t plan;
    if (!plan_number(&journal->db, plan_id, &plan, err) || !journal_begin(journal, err))
        return false;
    return sqlite_end(&journal->db, identify(journal, plan, target, source, identity, err), err);
}

bool journal_plan_set(struct journal *journal, const char *plan_id, enum plan_state state,
                      const char *message, struct error *err)
{
    int64_t plan;
    if (!plan_number(&journal->db, plan_id, &plan, err) || !journal_begin(journal, err))
        return false;
    bool done = sqlite_run(&journal->db, SQL_PLAN_SET,
                           SQL_VALUES(SQL_INT(plan), SQL_INT(state),
                                      sqlite_text(message == NULL ? "" : message),
                                      SQL_INT(clock_wall_us())),
                           err);
    return sqlite_end(&journal->db, done, err);
}

/* ---- rows ---- */

struct money {
    char currency[16];
    const char *amount;
    int64_t millionths; /* 0 where it is beyond any order: the row alone says it then */
};

static int64_t amount_millionths(const char *text)
{
    int64_t sum = 0;
    int digits = -1; /* behind the point */
    bool negative = text[0] == '-';
    for (const char *c = text + (text[0] == '-' || text[0] == '+'); *c != '\0' && digits < 6; c++) {
        if (*c == '.') {
            digits = 0;
            continue;
        }
        if (*c < '0' || *c > '9' || sum > INT64_MAX / MILLION / 10 - 10)
            return 0;
        sum = 10 * sum + (*c - '0');
        digits += digits >= 0;
    }
    for (int i = digits < 0 ? 0 : digits; i < 6; i++)
        sum *= 10;
    return negative ? -sum : sum;
}

/* "EUR +12.50" */
static struct money money_parse(const char *text)
{
    struct money money = {"", "", 0};
    const char *space = strchr(text, ' ');
    if (space == NULL || (size_t)(space - text) >= sizeof(money.currency))
        return money;
    memcpy(money.currency, text, (size_t)(space - text));
    money.amount = space + 1;
    money.millionths = amount_millionths(money.amount);
    return money;
}

static bool fields_write(struct journal *journal, int64_t row, const char *fields,
                         struct error *err)
{
    if (fields == NULL || fields[0] == '\0')
        return sqlite_run(&journal->db, SQL_PLAN_DROP_FIELDS, SQL_VALUES(SQL_INT(row)), err);
    return sqlite_run(&journal->db, SQL_PLAN_ADD_FIELDS,
                      SQL_VALUES(SQL_INT(row), sqlite_text(fields)), err);
}

static bool entry_write(struct journal *journal, int64_t plan, const struct plan_entry *entry,
                        struct error *err)
{
    struct money money = money_parse(entry->money == NULL ? "" : entry->money);
    const struct expectation *seen = &entry->expect;
    const struct error *why = entry->error;
    int64_t row = 0;
    bool found;
    return sqlite_number(
               &journal->db, SQL_PLAN_ADD,
               SQL_VALUES(SQL_INT(plan), SQL_INT(entry->source), sqlite_text(entry->source_id),
                          sqlite_text(entry->label == NULL ? "" : entry->label),
                          SQL_INT(entry->action), sqlite_text(money.currency),
                          sqlite_text(money.amount), SQL_INT(money.millionths),
                          sqlite_text(why == NULL ? "" : error_info(why->id)->code),
                          sqlite_text(why == NULL ? "" : why->message), SQL_INT(entry->field_count),
                          seen->present ? SQL_INT(seen->version) : SQL_NULL,
                          SQL_BYTES(seen->digest.bytes, sizeof(seen->digest.bytes)),
                          SQL_INT(seen->known), SQL_INT(seen->target_version),
                          SQL_BYTES(seen->target_digest.bytes, sizeof(seen->target_digest.bytes)),
                          SQL_INT(seen->order_version),
                          sqlite_text(entry->reference == NULL ? "" : entry->reference)),
               &found, &row, err) &&
           fields_write(journal, row, entry->fields, err);
}

bool journal_plan_add(struct journal *journal, const char *plan_id,
                      const struct plan_entry *entries, size_t count, uint64_t unchanged,
                      struct error *err)
{
    int64_t plan;
    if (!plan_number(&journal->db, plan_id, &plan, err) || !journal_begin(journal, err))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        if (entries[i].action == PLAN_UNCHANGED)
            continue;
        done = entry_write(journal, plan, &entries[i], err);
    }
    if (done && unchanged > 0)
        done = sqlite_run(&journal->db, SQL_PLAN_ADD_UNCHANGED,
                          SQL_VALUES(SQL_INT(plan), SQL_INT(unchanged)), err);
    return sqlite_end(&journal->db, done, err);
}

/* ---- dropping ---- */

bool journal_plan_drop(struct journal *journal, const char *plan_id, struct error *err)
{
    int64_t plan;
    if (!plan_number(&journal->db, plan_id, &plan, err) || !journal_begin(journal, err))
        return false;
    bool done = sqlite_run(&journal->db, SQL_PLAN_DROP, SQL_VALUES(SQL_INT(plan)), err);
    return sqlite_end(&journal->db, done, err);
}

static bool forget_whole(struct journal *journal, int64_t plan, struct error *err)
{
    return sqlite_run(&journal->db, SQL_PLAN_COUNTS_FORGET, SQL_VALUES(SQL_INT(plan)), err) &&
           sqlite_run(&journal->db, SQL_PLAN_SOURCES_FORGET, SQL_VALUES(SQL_INT(plan)), err) &&
           sqlite_run(&journal->db, SQL_PLAN_FORGET, SQL_VALUES(SQL_INT(plan)), err);
}

static bool forget_some(struct journal *journal, int64_t plan, size_t max, struct error *err)
{
    struct sqlite *db = &journal->db;
    if (!sqlite_run(db, SQL_PLAN_ROWS_FIELDS_FORGET, SQL_VALUES(SQL_INT(plan), SQL_INT(max)),
                    err) ||
        !sqlite_run(db, SQL_PLAN_ROWS_FORGET, SQL_VALUES(SQL_INT(plan), SQL_INT(max)), err))
        return false;
    return sqlite3_changes64(db->handle) >= (int64_t)max || forget_whole(journal, plan, err);
}

bool journal_plans_forget(struct journal *journal, size_t max, bool *ret_more, struct error *err)
{
    int64_t plan = 0;
    int64_t now = clock_wall_us();
    int64_t expired_us = now - PLAN_DAYS_KEPT * DAY_US;
    bool found = false;
    if (!journal_begin(journal, err))
        return false;
    bool done = sqlite_run(&journal->db, SQL_PLANS_EXPIRE,
                           SQL_VALUES(SQL_INT(expired_us), SQL_INT(PLAN_APPLYING),
                                      SQL_INT(now - PLAN_STALE_US)),
                           err) &&
                sqlite_number(&journal->db, SQL_PLAN_DROPPED, SQL_NO_VALUES, &found, &plan, err) &&
                (!found || forget_some(journal, plan, max, err));
    if (!sqlite_end(&journal->db, done, err))
        return false;
    *ret_more = found;
    return true;
}
