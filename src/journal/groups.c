/* Failures grouped by what went wrong: from the counters where they answer, else by going through
 * those that match, as far as time allows. */
#include <stdlib.h>
#include <string.h>

#include "journal/filter.h"

#define GROUPS_KNOWN 4096 /* of one answer; what belongs to further ones is counted alone */
#define SLOTS (2 * GROUPS_KNOWN)

static void group_read(sqlite3_stmt *s, void *item)
{
    struct failure_group *group = item;
    char class[32];
    sqlite_copy_text(s, 0, group->fingerprint, sizeof(group->fingerprint));
    group->source = (enum source_kind)sqlite3_column_int(s, 1);
    sqlite_copy_text(s, 2, group->code, sizeof(group->code));
    group->count = (uint64_t)sqlite3_column_int64(s, 3);
    group->dead = (uint64_t)sqlite3_column_int64(s, 4);
    group->last_us = sqlite_moment(s, 5);
    group->next_us = sqlite_moment(s, 6);
    sqlite_copy_text(s, 7, class, sizeof(class));
    group->class = row_class(class);
    sqlite_copy_text(s, 8, group->stage, sizeof(group->stage));
    sqlite_copy_text(s, 9, group->message, sizeof(group->message));
}

static bool groups_by_counters(struct sqlite *db, const struct failure_filter *filter, size_t max,
                               struct arena *arena, void **ret_rows, size_t *ret_count,
                               struct error *err)
{
    sqlite3_stmt *statement;
    return sqlite_bind(db, SQL_GROUPS_READ,
                       SQL_VALUES(SQL_INT(filter_states(filter)), SQL_INT(filter_sources(filter)),
                                  sqlite_text(filter->fingerprint), sqlite_text(filter->code),
                                  SQL_INT(FAILURE_DEAD), SQL_INT(max)),
                       &statement, err) &&
           rows_read(db, statement, group_read, sizeof(struct failure_group), max, arena, ret_rows,
                     ret_count, err);
}

/* ---- by going through them ---- */

struct sum {
    struct failure_group group;
    int64_t newest_id;
};
struct sums {
    struct sum *items;
    size_t count;
    uint16_t slots[SLOTS]; /* index + 1 into items, 0 free */
    uint64_t total;
};

static size_t slot_of(const char *fingerprint, int source, const char *code)
{
    uint32_t hash = 2166136261u + (uint32_t)source;
    for (; *fingerprint != '\0'; fingerprint++)
        hash = (hash ^ (unsigned char)*fingerprint) * 16777619u;
    for (; *code != '\0'; code++)
        hash = (hash ^ (unsigned char)*code) * 16777619u;
    return hash % SLOTS;
}

static struct sum *sum_find(struct sums *sums, sqlite3_stmt *s)
{
    const char *fingerprint = (const char *)sqlite3_column_text(s, 0);
    const char *code = (const char *)sqlite3_column_text(s, 2);
    int source = sqlite3_column_int(s, 1);
    size_t slot = slot_of(fingerprint, source, code);
    for (; sums->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        struct sum *sum = &sums->items[sums->slots[slot] - 1];
        if (strcmp(sum->group.fingerprint, fingerprint) == 0 && (int)sum->group.source == source &&
            strcmp(sum->group.code, code) == 0)
            return sum;
    }
    if (sums->count == GROUPS_KNOWN)
        return NULL;
    struct sum *sum = &sums->items[sums->count++];
    sums->slots[slot] = (uint16_t)sums->count;
    sqlite_cut(sum->group.fingerprint, sizeof(sum->group.fingerprint), fingerprint);
    sqlite_cut(sum->group.code, sizeof(sum->group.code), code);
    sum->group.source = (enum source_kind)source;
    sum->group.last_us = sum->group.next_us = TIME_NONE;
    return sum;
}

static void sum_add(struct sums *sums, sqlite3_stmt *s)
{
    int64_t last_us = sqlite_moment(s, 4);
    int64_t next_us = sqlite_moment(s, 5);
    sums->total++;
    struct sum *sum = sum_find(sums, s);
    if (sum == NULL)
        return;
    sum->group.count++;
    sum->group.dead += sqlite3_column_int(s, 3) == FAILURE_DEAD;
    if (sum->newest_id == 0 || last_us > sum->group.last_us) {
        sum->group.last_us = last_us;
        sum->newest_id = sqlite3_column_int64(s, 6);
    }
    if (next_us != TIME_NONE && (sum->group.next_us == TIME_NONE || next_us < sum->group.next_us))
        sum->group.next_us = next_us;
}

static int compare_sums(const void *a, const void *b)
{
    const struct failure_group *x = &((const struct sum *)a)->group;
    const struct failure_group *y = &((const struct sum *)b)->group;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->last_us != y->last_us)
        return x->last_us < y->last_us ? 1 : -1;
    return strcmp(x->fingerprint, y->fingerprint);
}

static bool sums_read(struct sqlite *db, const struct failure_filter *filter,
                      const struct filter_way *way, struct sums *sums, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct query query;
    bool row = true;
    query_start(&query);
    query_add(&query,
              "SELECT f.fingerprint, f.source, f.code, f.state, f.last_us, f.next_us, f.id");
    filter_append(&query, filter, way, "failures_last");
    /* Newest first where that costs nothing: a part of them is then the newest part. */
    if (way->kind == WAY_WALK)
        query_add(&query, " ORDER BY f.last_us DESC, f.id DESC");
    bool done = query_prepare(db, &query, &statement, err);
    while (done && row) {
        done = sqlite_step(db, statement, &row, err);
        if (done && row)
            sum_add(sums, statement);
    }
    query_free(&query);
    return done;
}

/* Class, stage and message of the newest failure of a group. */
static bool sum_name(struct sqlite *db, struct sum *sum, struct error *err)
{
    sqlite3_stmt *s;
    char class[32];
    bool row;
    if (!sqlite_bind(db, SQL_FAILURE_NAME, SQL_VALUES(SQL_INT(sum->newest_id)), &s, err) ||
        !sqlite_step(db, s, &row, err))
        return false;
    if (!row)
        return true;
    sqlite_copy_text(s, 0, class, sizeof(class));
    sum->group.class = row_class(class);
    sqlite_copy_text(s, 1, sum->group.stage, sizeof(sum->group.stage));
    sqlite_copy_text(s, 2, sum->group.message, sizeof(sum->group.message));
    sqlite3_reset(s);
    return true;
}

static bool groups_by_sums(struct journal_reader *reader, const struct failure_filter *filter,
                           size_t max, struct arena *arena, void **ret_rows, size_t *ret_count,
                           uint64_t *ret_total, struct error *err)
{
    struct filter_way way = {0};
    struct sums *sums = memory_zero(1, sizeof(*sums));
    sums->items = memory_zero(GROUPS_KNOWN, sizeof(*sums->items));
    reader_begin(reader);
    bool done = filter_way_find(&reader->db, filter, &way, err) &&
                sums_read(&reader->db, filter, &way, sums, err);
    filter_way_free(&way);
    done = reader_end(reader, done);
    qsort(sums->items, sums->count, sizeof(*sums->items), compare_sums);
    size_t count = sums->count < max ? sums->count : max;
    struct failure_group *groups = arena_zero(arena, (count + 1) * sizeof(*groups));
    for (size_t i = 0; done && i < count; i++) {
        done = sum_name(&reader->db, &sums->items[i], err);
        groups[i] = sums->items[i].group;
    }
    *ret_rows = groups;
    *ret_count = count;
    *ret_total = sums->total;
    free(sums->items);
    free(sums);
    return done;
}

bool journal_list_groups(struct journal_reader *reader, const struct failure_filter *filter,
                         size_t max, struct arena *arena, struct failure_group **ret_groups,
                         size_t *ret_count, uint64_t *ret_total, struct error *err)
{
    void *rows = NULL;
    uint64_t total = 0;
    bool done;
    max = max > ROWS_MAX ? ROWS_MAX : max;
    reader->cut = false;
    if (filter_is_counted(filter))
        done = groups_by_counters(&reader->db, filter, max, arena, &rows, ret_count, err) &&
               filter_estimate(&reader->db, filter, &total, err);
    else
        done = groups_by_sums(reader, filter, max, arena, &rows, ret_count, &total, err);
    if (!done)
        return false;
    *ret_groups = rows;
    if (ret_total != NULL)
        *ret_total = total;
    return true;
}
