/* Plans, read: summaries from the counters, pages of rows along their index, one row's fields. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "journal/filter.h"
#include "journal/inside.h"
#include "journal/planning.h"
#include "model/sale.h"

#define CURRENCIES_MAX 12 /* of one plan in words; the counts know no limit */
#define MILLION 1000000

/* ---- money ---- */

struct sums {
    struct {
        char currency[16];
        int64_t millionths;
    } list[CURRENCIES_MAX];
    size_t count;
};

static void sums_add(struct sums *sums, const char *currency, int64_t millionths)
{
    size_t i = 0;
    while (i < sums->count && strcmp(sums->list[i].currency, currency) != 0)
        i++;
    if (currency[0] == '\0' || i == CURRENCIES_MAX)
        return;
    if (i == sums->count)
        STR_FILL(sums->list[sums->count++].currency, currency);
    sums->list[i].millionths += millionths;
}

/* "+12.50", with the digits that the currency has, and more only where they are not 0. */
static void amount_words(int64_t millionths, unsigned scale, char *ret_words, size_t size)
{
    uint64_t size_of = millionths < 0 ? 0 - (uint64_t)millionths : (uint64_t)millionths;
    char digits[8];
    snprintf(digits, sizeof(digits), "%06llu", (unsigned long long)(size_of % MILLION));
    size_t len = 6;
    while (len > scale && digits[len - 1] == '0')
        len--;
    digits[len] = '\0';
    snprintf(ret_words, size, "%c%llu%s%s", millionths < 0 ? '-' : '+',
             (unsigned long long)(size_of / MILLION), len == 0 ? "" : ".", digits);
}

static void sums_words(const struct sums *sums, char *ret_words, size_t size)
{
    size_t len = 0;
    ret_words[0] = '\0';
    for (size_t i = 0; i < sums->count; i++) {
        char amount[32];
        if (sums->list[i].millionths == 0)
            continue;
        amount_words(sums->list[i].millionths,
                     stripe_currency_scale(str_from(sums->list[i].currency)), amount,
                     sizeof(amount));
        if (len < size)
            len += (size_t)snprintf(ret_words + len, size - len, "%s%s %s", len == 0 ? "" : ", ",
                                    sums->list[i].currency, amount);
    }
}

/* ---- summaries ---- */

static int64_t summary_read(sqlite3_stmt *s, struct plan_summary *plan)
{
    *plan = (struct plan_summary){.id = ""};
    sqlite_copy_text(s, 1, plan->id, sizeof(plan->id));
    sqlite_copy_text(s, 2, plan->kind, sizeof(plan->kind));
    plan->sources = (unsigned)sqlite3_column_int(s, 3);
    plan->state = (enum plan_state)sqlite3_column_int(s, 4);
    sqlite_copy_text(s, 5, plan->operator_name, sizeof(plan->operator_name));
    sqlite_copy_text(s, 6, plan->origin, sizeof(plan->origin));
    plan->started_us = sqlite3_column_int64(s, 7);
    plan->finished_us = sqlite_moment(s, 8);
    plan->counts[PLAN_UNCHANGED] = (uint64_t)sqlite3_column_int64(s, 9);
    sqlite_copy_text(s, 10, plan->message, sizeof(plan->message));
    sqlite_copy_text(s, 11, plan->target, sizeof(plan->target));
    return sqlite3_column_int64(s, 0);
}

/* One row of plan_counts. */
struct count {
    enum source_kind source;
    enum plan_action action;
    enum plan_row_state state;
    char currency[16];
    uint64_t count;
    int64_t millionths;
};

typedef void count_fn(const struct count *count, void *context);

static bool counts_each(struct sqlite *db, int64_t plan, count_fn *each, void *context,
                        struct error *err)
{
    sqlite3_stmt *s;
    bool row = true;
    if (!sqlite_bind(db, SQL_PLAN_COUNTS_READ, SQL_VALUES(SQL_INT(plan)), &s, err))
        return false;
    while (sqlite_step(db, s, &row, err)) {
        if (!row)
            return true;
        struct count count = {.source = (enum source_kind)sqlite3_column_int(s, 0),
                              .action = (enum plan_action)sqlite3_column_int(s, 1),
                              .state = (enum plan_row_state)sqlite3_column_int(s, 2),
                              .count = (uint64_t)sqlite3_column_int64(s, 4),
                              .millionths = sqlite3_column_int64(s, 5)};
        sqlite_copy_text(s, 3, count.currency, sizeof(count.currency));
        if (count.action < PLAN_ACTION_COUNT && count.state < PLAN_ROW_STATE_COUNT)
            each(&count, context);
    }
    return false;
}

struct totals {
    struct plan_summary *plan;
    struct sums sums;
};

static void totals_add(const struct count *count, void *context)
{
    struct totals *totals = context;
    totals->plan->counts[count->action] += count->count;
    totals->plan->states[count->state] += count->count;
    if (count->action != PLAN_CONFLICT)
        sums_add(&totals->sums, count->currency, count->millionths);
}

static bool sources_read(struct sqlite *db, int64_t number, struct plan_summary *plan,
                         struct error *err)
{
    sqlite3_stmt *s;
    bool row = true;
    if (!sqlite_bind(db, SQL_PLAN_SOURCES_READ, SQL_VALUES(SQL_INT(number)), &s, err))
        return false;
    while (sqlite_step(db, s, &row, err)) {
        if (!row)
            return true;
        int source = sqlite3_column_int(s, 0);
        if (source >= 0 && source < SOURCE_COUNT)
            sqlite_copy_text(s, 1, plan->identities[source], PLAN_IDENTITY_SIZE);
    }
    return false;
}

static bool summary_fill(struct sqlite *db, int64_t number, struct plan_summary *plan,
                         struct error *err)
{
    struct totals totals = {.plan = plan};
    if (!sources_read(db, number, plan, err) || !counts_each(db, number, totals_add, &totals, err))
        return false;
    sums_words(&totals.sums, plan->money, sizeof(plan->money));
    return true;
}

struct numbered {
    int64_t number;
    struct plan_summary plan;
};

static void numbered_read(sqlite3_stmt *s, void *item)
{
    struct numbered *row = item;
    row->number = summary_read(s, &row->plan);
}

bool journal_list_plans(struct journal_reader *reader, size_t max, struct arena *arena,
                        struct plan_summary **ret_rows, size_t *ret_count, struct error *err)
{
    struct sqlite *db = &reader->db;
    sqlite3_stmt *statement;
    void *read;
    size_t count;
    max = max > ROWS_MAX ? ROWS_MAX : max;
    if (!sqlite_bind(db, SQL_PLANS_LIST, SQL_VALUES(SQL_INT(max)), &statement, err) ||
        !rows_read(db, statement, numbered_read, sizeof(struct numbered), max, arena, &read, &count,
                   err))
        return false;
    const struct numbered *rows = read;
    struct plan_summary *plans = arena_zero(arena, (count + 1) * sizeof(*plans));
    for (size_t i = 0; i < count; i++) {
        plans[i] = rows[i].plan;
        if (!summary_fill(db, rows[i].number, &plans[i], err))
            return false;
    }
    *ret_rows = plans;
    *ret_count = count;
    return true;
}

static bool no_plan(const char *id, struct error *err)
{
    return error_set(err, ERROR_NO_PLAN, "the journal has no plan \"%.60s\"", id);
}

bool plan_find(struct sqlite *db, const char *id, struct plan_summary *ret_summary,
               int64_t *ret_number, struct error *err)
{
    sqlite3_stmt *s;
    struct plan_summary plan;
    bool row = false;
    bool another = false;
    if (id[0] == '\0')
        return no_plan(id, err);
    if (!sqlite_bind(db, SQL_PLAN_FIND, SQL_VALUES(sqlite_text(id)), &s, err) ||
        !sqlite_step(db, s, &row, err))
        return false;
    if (!row)
        return no_plan(id, err);
    int64_t number = summary_read(s, &plan);
    if (!sqlite_step(db, s, &another, err))
        return false;
    sqlite3_reset(s);
    if (another && strcmp(id, "last") != 0)
        return error_set(err, ERROR_NO_PLAN, "several plans begin with \"%.60s\"", id);
    if (!summary_fill(db, number, &plan, err))
        return false;
    *ret_summary = plan;
    *ret_number = number;
    return true;
}

bool plan_number(struct sqlite *db, const char *id, int64_t *ret_number, struct error *err)
{
    bool found = false;
    if (!sqlite_number(db, SQL_PLAN_NUMBER, SQL_VALUES(sqlite_text(id)), &found, ret_number, err))
        return false;
    return found || no_plan(id, err);
}

bool journal_read_plan(struct journal_reader *reader, const char *id,
                       struct plan_summary *ret_summary, struct error *err)
{
    int64_t number;
    return plan_find(&reader->db, id, ret_summary, &number, err);
}

bool journal_plan_summary(struct journal *journal, const char *id, struct plan_summary *ret_summary,
                          struct error *err)
{
    int64_t number;
    return plan_find(&journal->db, id, ret_summary, &number, err);
}

/* ---- what a pick comes to ---- */

struct weighing {
    unsigned actions, sources;
    struct plan_weight *weight;
    struct sums sums;
};

static void weigh_whole(const struct count *count, void *context)
{
    struct weighing *weighing = context;
    if (count->state != PLAN_ROW_OPEN || !(weighing->actions >> count->action & 1) ||
        !(weighing->sources >> count->source & 1))
        return;
    weighing->weight->counts[count->action] += count->count;
    sums_add(&weighing->sums, count->currency, count->millionths);
}

static bool weigh_row(struct sqlite *db, int64_t plan, int64_t id, struct weighing *weighing,
                      struct error *err)
{
    sqlite3_stmt *s;
    bool row = false;
    if (!sqlite_bind(db, SQL_PLAN_WEIGH,
                     SQL_VALUES(SQL_INT(plan), SQL_INT(weighing->sources),
                                SQL_INT(weighing->actions), SQL_INT(PLAN_ROW_OPEN), SQL_INT(id)),
                     &s, err) ||
        !sqlite_step(db, s, &row, err))
        return false;
    if (row) {
        char currency[16];
        int action = sqlite3_column_int(s, 0);
        sqlite_copy_text(s, 1, currency, sizeof(currency));
        if (action >= 0 && action < PLAN_ACTION_COUNT)
            weighing->weight->counts[action]++;
        sums_add(&weighing->sums, currency, sqlite3_column_int64(s, 2));
    }
    sqlite3_reset(s);
    return true;
}

/* A reader's authorizer does not let json_each() be set up; and these are numbers alone. */
static bool weigh_single(struct sqlite *db, int64_t plan, const char *ids,
                         struct weighing *weighing, struct error *err)
{
    const char *at = ids + strcspn(ids, "0123456789");
    while (*at != '\0') {
        char *end;
        int64_t id = strtoll(at, &end, 10);
        if (!weigh_row(db, plan, id, weighing, err))
            return false;
        at = end + strcspn(end, "0123456789");
    }
    return true;
}

bool journal_plan_weigh(struct journal_reader *reader, const char *plan_id,
                        const struct plan_pick *pick, struct plan_weight *ret_weight,
                        struct error *err)
{
    struct plan_weight weight = {.money = ""};
    struct weighing weighing = {
        .actions = plan_pick_actions(pick), .sources = plan_pick_sources(pick), .weight = &weight};
    int64_t plan;
    if (!plan_number(&reader->db, plan_id, &plan, err) ||
        !counts_each(&reader->db, plan, weigh_whole, &weighing, err) ||
        (pick->ids != NULL && !weigh_single(&reader->db, plan, pick->ids, &weighing, err)))
        return false;
    sums_words(&weighing.sums, weight.money, sizeof(weight.money));
    *ret_weight = weight;
    return true;
}

bool journal_find_plan_row(struct journal_reader *reader, const char *plan_id,
                           enum source_kind source, const char *text, int64_t *ret_row,
                           struct error *err)
{
    struct sqlite *db = &reader->db;
    sqlite3_stmt *s;
    int64_t plan;
    bool row = false;
    bool another = false;
    bool by_label = source == SOURCE_COUNT;
    if (!plan_number(db, plan_id, &plan, err) ||
        !(by_label ? sqlite_bind(db, SQL_PLAN_ROW_LABEL,
                                 SQL_VALUES(SQL_INT(plan), sqlite_text(text)), &s, err)
                   : sqlite_bind(db, SQL_PLAN_ROW_FIND,
                                 SQL_VALUES(SQL_INT(plan), SQL_INT(source), sqlite_text(text)), &s,
                                 err)) ||
        !sqlite_step(db, s, &row, err))
        return false;
    if (!row)
        return error_set(err, ERROR_NO_PLAN_ROW, "the plan has no row of %.200s", text);
    int64_t id = sqlite3_column_int64(s, 0);
    if (!sqlite_step(db, s, &another, err))
        return false;
    sqlite3_reset(s);
    if (another)
        return error_set(err, ERROR_NO_PLAN_ROW, "the plan has several rows of %.200s", text);
    *ret_row = id;
    return true;
}

/* ---- rows ---- */

void plan_row_read(sqlite3_stmt *s, void *item)
{
    struct plan_row *row = item;
    char currency[16];
    char amount[32];
    row->id = sqlite3_column_int64(s, 0);
    row->source = (enum source_kind)sqlite3_column_int(s, 1);
    sqlite_copy_text(s, 2, row->source_id, sizeof(row->source_id));
    sqlite_copy_text(s, 3, row->label, sizeof(row->label));
    row->action = (enum plan_action)sqlite3_column_int(s, 4);
    row->state = (enum plan_row_state)sqlite3_column_int(s, 5);
    sqlite_copy_text(s, 6, currency, sizeof(currency));
    sqlite_copy_text(s, 7, amount, sizeof(amount));
    if (currency[0] != '\0')
        snprintf(row->money, sizeof(row->money), "%s %s", currency, amount);
    sqlite_copy_text(s, 8, row->code, sizeof(row->code));
    sqlite_copy_text(s, 9, row->message, sizeof(row->message));
    row->field_count = (unsigned)sqlite3_column_int(s, 10);
}

static unsigned bits(unsigned wanted)
{
    return wanted == 0 ? ~0u : wanted;
}

static void conditions_append(struct query *query, int64_t plan, const struct plan_filter *filter)
{
    query_add_value(query, " FROM plan_rows f INDEXED BY plan_rows_list WHERE f.plan = ?",
                    SQL_INT(plan));
    query_add_value(query, " AND ((? >> f.action) & 1)", SQL_INT(bits(filter->actions)));
    query_add_value(query, " AND ((? >> f.state) & 1)", SQL_INT(bits(filter->states)));
    query_add_value(query, " AND ((? >> f.source) & 1)", SQL_INT(bits(filter->sources)));
    if (filter->text[0] == '\0')
        return;
    struct sql_value pattern = query_pattern(query, filter->text);
    query_add_value(query, " AND (f.label LIKE ? ESCAPE '\\'", pattern);
    query_add_value(query, " OR f.source_id LIKE ? ESCAPE '\\')", pattern);
}

struct tally {
    const struct plan_filter *filter;
    uint64_t total;
};

static void tally_add(const struct count *count, void *context)
{
    struct tally *tally = context;
    const struct plan_filter *filter = tally->filter;
    if (bits(filter->actions) >> count->action & 1 && bits(filter->states) >> count->state & 1 &&
        bits(filter->sources) >> count->source & 1)
        tally->total += count->count;
}

/* Without a text the counters know it. */
static bool rows_count(struct sqlite *db, int64_t plan, const struct plan_filter *filter,
                       uint64_t *ret_total, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct tally tally = {.filter = filter};
    struct query query;
    bool row = false;
    if (filter->text[0] == '\0') {
        if (!counts_each(db, plan, tally_add, &tally, err))
            return false;
        *ret_total = tally.total;
        return true;
    }
    query_start(&query);
    query_add(&query, "SELECT count(*)");
    conditions_append(&query, plan, filter);
    bool done = query_prepare(db, &query, &statement, err) && sqlite_step(db, statement, &row, err);
    query_free(&query);
    if (done)
        *ret_total = (uint64_t)sqlite3_column_int64(statement, 0);
    return done;
}

#define SELECT_PLAN_ROWS                                                                           \
    "SELECT r.id, r.source, r.source_id, r.label, r.action, r.state, r.currency, r.amount, "       \
    "r.code, r.message, r.field_count FROM (SELECT f.id"

bool journal_list_plan_rows(struct journal_reader *reader, const char *plan_id,
                            const struct plan_filter *filter, uint64_t offset, size_t max,
                            struct arena *arena, struct plan_row **ret_rows, size_t *ret_count,
                            uint64_t *ret_total, struct error *err)
{
    struct sqlite *db = &reader->db;
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct query query;
    uint64_t total;
    int64_t plan;
    void *rows;
    max = max > ROWS_MAX ? ROWS_MAX : max;
    if (!plan_number(db, plan_id, &plan, err) || !rows_count(db, plan, filter, &total, err))
        return false;
    query_start(&query);
    query_add(&query, SELECT_PLAN_ROWS);
    conditions_append(&query, plan, filter);
    query_add_value(&query, " ORDER BY f.source, f.source_id LIMIT ?", SQL_INT(max));
    query_add_value(&query,
                    " OFFSET ?) k JOIN plan_rows r ON r.id = k.id"
                    " ORDER BY r.source, r.source_id",
                    SQL_INT(offset));
    bool done = query_prepare(db, &query, &statement, err) &&
                rows_read(db, statement, plan_row_read, sizeof(struct plan_row), max, arena, &rows,
                          ret_count, err);
    query_free(&query);
    if (!done)
        return false;
    *ret_rows = rows;
    *ret_total = total;
    return true;
}

/* Behind a row: rows keep their ids and keys, whatever else changes. Its key is bound, because
 * SQLite follows the index to values alone; to a subquery it would count from the first row. */
static bool append_after(struct sqlite *db, struct query *query, int64_t after, struct error *err)
{
    sqlite3_stmt *s;
    bool row;
    if (after == 0)
        return true;
    if (!sqlite_bind(db, SQL_PLAN_ROW_KEY, SQL_VALUES(SQL_INT(after)), &s, err) ||
        !sqlite_step(db, s, &row, err))
        return false;
    if (!row)
        return error_set(err, ERROR_NO_PLAN_ROW, "the plan's rows are being forgotten");
    struct str id = {(const char *)sqlite3_column_text(s, 1), (size_t)sqlite3_column_bytes(s, 1)};
    query_add_value(query, " AND (f.source, f.source_id) > (?", SQL_INT(sqlite3_column_int(s, 0)));
    query_add_value(query, ", ?)", sqlite_text(arena_copy(&query->scratch, id).data));
    sqlite3_reset(s);
    return true;
}

static bool walk_page(struct sqlite *db, int64_t plan, const struct plan_filter *filter,
                      int64_t after, size_t max, struct arena *arena, void **ret_rows,
                      size_t *ret_count, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct query query;
    query_start(&query);
    query_add(&query, SELECT_PLAN_ROWS);
    conditions_append(&query, plan, filter);
    bool done = append_after(db, &query, after, err);
    query_add_value(&query,
                    " ORDER BY f.source, f.source_id LIMIT ?) k JOIN plan_rows r ON r.id = k.id"
                    " ORDER BY r.source, r.source_id",
                    SQL_INT(max));
    done = done && query_prepare(db, &query, &statement, err) &&
           rows_read(db, statement, plan_row_read, sizeof(struct plan_row), max, arena, ret_rows,
                     ret_count, err);
    query_free(&query);
    return done;
}

bool journal_walk_plan_rows(struct journal_reader *reader, const char *plan_id,
                            const struct plan_filter *filter, int64_t *after, size_t max,
                            struct arena *arena, struct plan_row **ret_rows, size_t *ret_count,
                            struct error *err)
{
    int64_t plan;
    void *rows;
    size_t count;
    if (!plan_number(&reader->db, plan_id, &plan, err) ||
        !walk_page(&reader->db, plan, filter, *after, max > ROWS_MAX ? ROWS_MAX : max, arena, &rows,
                   &count, err))
        return false;
    *ret_rows = rows;
    *ret_count = count;
    if (count > 0)
        *after = (*ret_rows)[count - 1].id;
    return true;
}

bool journal_read_plan_fields(struct journal_reader *reader, int64_t row_id, struct arena *arena,
                              struct str *ret_fields, struct error *err)
{
    sqlite3_stmt *s;
    bool row;
    if (!sqlite_bind(&reader->db, SQL_PLAN_FIELDS_READ, SQL_VALUES(SQL_INT(row_id)), &s, err) ||
        !sqlite_step(&reader->db, s, &row, err))
        return false;
    *ret_fields = STR("[]");
    if (row)
        *ret_fields = arena_copy(arena, (struct str){(const char *)sqlite3_column_text(s, 0),
                                                     (size_t)sqlite3_column_bytes(s, 0)});
    sqlite3_reset(s);
    return true;
}
