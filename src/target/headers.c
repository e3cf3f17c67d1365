/* Headers: the rows of source_documents, where the guard lives. */
#include "target/work.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "model/transform.h"
#include "target/arrays.h"
#include "target/copy.h"
#include "target/sql.h"

/* ---- reading ---- */

static bool parse_digest(struct str hex, struct digest *ret_digest)
{
    static const char digits[] = "0123456789abcdef";
    if (hex.len != 2 + 2 * sizeof(ret_digest->bytes))
        return false;
    for (size_t i = 0; i < sizeof(ret_digest->bytes); i++) {
        const char *high = memchr(digits, hex.data[2 + 2 * i], 16);
        const char *low = memchr(digits, hex.data[3 + 2 * i], 16);
        if (high == NULL || low == NULL)
            return false;
        ret_digest->bytes[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

static struct header read_header(const struct pg_rows *rows, int row)
{
    struct header header = {.known = true,
                            .version = pg_cell_int(rows, row, 1),
                            .mapping_version = pg_cell_int(rows, row, 2),
                            .deleted = pg_cell_bool(rows, row, 3),
                            .order_version = pg_cell_int(rows, row, 4),
                            .observed_us = pg_cell_int(rows, row, 6),
                            .mine = pg_cell_bool(rows, row, 8),
                            .orderless = pg_cell_bool(rows, row, 9)};
    struct str order_id = pg_cell(rows, row, 7);
    STR_FILL(header.order_id, order_id.data == NULL ? "" : order_id.data);
    if (!parse_digest(pg_cell(rows, row, 5), &header.digest))
        memset(&header.digest, 0, sizeof(header.digest));
    return header;
}

bool headers_read(struct work *work, bool lock, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    size_t *asked = arena_alloc(work->arena, work->count * sizeof(*asked));
    size_t count = 0;
    arrays_init(&arrays, 2);
    for (size_t i = 0; i < work->count; i++) {
        const struct document *document = &work->items[i].change->document;
        if (lock && !(work->items[i].header.known && item_is_written(&work->items[i])))
            continue;
        asked[count++] = i;
        arrays_add(&arrays, str_from(source_kind_name(document->source)));
        arrays_add(&arrays, document->id);
    }
    const char *name = lock ? "lock_headers" : "read_headers";
    const char *const *columns = arrays_values(&arrays);
    const char *const values[] = {columns[0], columns[1], work->target->actor.plan_id,
                                  work->target->actor.command_id};
    if (count > 0 && !pg_call(work->target->pg, name, sql_text(name), values, 4, &rows, err))
        return false;
    for (int row = 0; row < rows.count; row++) {
        struct header header = read_header(&rows, row);
        header.locked = lock;
        work->items[asked[pg_cell_int(&rows, row, 0) - 1]].header = header;
    }
    for (size_t i = 0; i < count; i++) {
        struct item *item = &work->items[asked[i]];
        item->verdict = guard_decide(&item->header, item->change, MAPPING_VERSION);
        if (work->batch->recheck && item->verdict == VERDICT_UNCHANGED && !item->header.deleted) {
            item->verdict = VERDICT_CHANGE;
            item->rechecked = true;
        }
    }
    return true;
}

bool headers_find_versions(struct work *work, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    size_t *asked = arena_alloc(work->arena, work->count * sizeof(*asked));
    size_t count = 0;
    arrays_init(&arrays, 1);
    for (size_t i = 0; i < work->count; i++) {
        if (!item_is_new(&work->items[i]))
            continue;
        asked[count++] = i;
        arrays_add(&arrays, str_from(work->items[i].change->order.order_id_text));
    }
    if (count > 0 && !pg_call(work->target->pg, "find_versions", sql_text("find_versions"),
                              arrays_values(&arrays), 1, &rows, err))
        return false;
    for (int row = 0; row < rows.count; row++)
        work->items[asked[pg_cell_int(&rows, row, 0) - 1]].header.order_version =
            pg_cell_int(&rows, row, 1);
    return true;
}

/* ---- writing ---- */

enum {
    CELL_SOURCE,
    CELL_SOURCE_ID,
    CELL_ORDER_ID,
    CELL_VERSION,
    CELL_OBSERVED_AT,
    CELL_CREATE_TIME,
    CELL_UPDATE_TIME,
    CELL_DIGEST,
    CELL_MAPPING_VERSION,
    CELL_API_SHAPE,
    CELL_DELETED_AT,
    CELL_RUN_ID,
    CELL_PLAN_ID,
    CELL_COMMAND_ID,
    CELL_LOSS,
    CELL_DOCUMENT,
    CELL_COUNT
};

static struct str moment(int64_t ns, struct arena *arena)
{
    return ns == TIME_NONE ? STR_NULL : timestamp_to_sql(ns / 1000, arena);
}

static struct str digest_text(const struct digest *digest, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 + 2 * sizeof(digest->bytes));
    text[0] = '\\';
    text[1] = 'x';
    for (size_t i = 0; i < sizeof(digest->bytes); i++) {
        text[2 + 2 * i] = digits[digest->bytes[i] >> 4];
        text[3 + 2 * i] = digits[digest->bytes[i] & 15];
    }
    return (struct str){text, 2 + 2 * sizeof(digest->bytes)};
}

static struct str or_null(const char *text)
{
    return text[0] == '\0' ? STR_NULL : str_from(text);
}

static void make_cells(const struct work *work, const struct item *item, struct str *ret_cells)
{
    const struct change *change = item->change;
    const struct document *document = &change->document;
    const struct target_actor *actor = &work->target->actor;
    struct arena *arena = work->arena;
    struct str observed = moment(document->observed_ns, arena);
    struct str cells[CELL_COUNT] = {
        [CELL_SOURCE] = str_from(source_kind_name(document->source)),
        [CELL_SOURCE_ID] = document->id,
        [CELL_ORDER_ID] = or_null(change->order.order_id_text),
        [CELL_VERSION] = arena_format(arena, "%lld", (long long)document->version),
        [CELL_OBSERVED_AT] = observed,
        [CELL_CREATE_TIME] = moment(document->create_ns, arena),
        [CELL_UPDATE_TIME] = moment(document->update_ns, arena),
        [CELL_DIGEST] = document->deleted ? STR_NULL : digest_text(&change->digest, arena),
        [CELL_MAPPING_VERSION] = arena_format(arena, "%d", MAPPING_VERSION),
        [CELL_API_SHAPE] = document->deleted ? STR_NULL : change->api_shape,
        [CELL_DELETED_AT] = document->deleted ? observed : STR_NULL,
        [CELL_RUN_ID] = or_null(actor->run_id),
        [CELL_PLAN_ID] = or_null(actor->plan_id),
        [CELL_COMMAND_ID] = or_null(actor->command_id),
        [CELL_LOSS] = document->deleted ? STR_NULL : change->loss,
        [CELL_DOCUMENT] = document->deleted ? STR_NULL : change->json,
    };
    memcpy(ret_cells, cells, sizeof(cells));
}

bool headers_insert(struct work *work, struct error *err)
{
    struct copy copy = {.pg = work->target->pg};
    bool started = false;
    bool ok = true;
    for (size_t i = 0; i < work->count && ok; i++) {
        const struct item *item = &work->items[i];
        struct str cells[CELL_COUNT];
        if (item->header.known || !item_is_written(item))
            continue;
        if (!started)
            ok = copy_start(&copy, sql_text("copy_headers"), err);
        started = true;
        make_cells(work, item, cells);
        if (ok)
            copy_cells(&copy, cells, CELL_COUNT);
        ok = ok && copy_end_row(&copy, err);
    }
    ok = ok && (!started || copy_finish(&copy, err));
    copy_free(&copy);
    return ok;
}

static bool flush_updates(struct work *work, struct arrays *arrays, struct error *err)
{
    bool ok =
        arrays->rows == 0 || pg_call(work->target->pg, "update_headers", sql_text("update_headers"),
                                     arrays_values(arrays), CELL_COUNT, NULL, err);
    arrays_clear(arrays);
    return ok;
}

bool headers_update(struct work *work, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    arrays_init(&arrays, CELL_COUNT);
    for (size_t i = 0; i < work->count; i++) {
        const struct item *item = &work->items[i];
        struct str cells[CELL_COUNT];
        if (!item->header.known || !item_is_written(item))
            continue;
        make_cells(work, item, cells);
        for (size_t k = 0; k < CELL_COUNT; k++)
            arrays_add(&arrays, cells[k]);
        if (arrays_full(&arrays) && !flush_updates(work, &arrays, err))
            return false;
    }
    return flush_updates(work, &arrays, err);
}
