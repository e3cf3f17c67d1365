/* Walks over a collection: the generated documents and the stored ones, merged by id. */
#include <assert.h>
#include <string.h>

#include "sim/store_internal.h"

/* Positions of both layers just past (or at, when inclusive) cursor->last, in the cursor's
 * direction. */
static void cursor_seek(struct store_cursor *cursor)
{
    const struct store_collection *collection = cursor->collection;
    struct str last = {cursor->last, cursor->last_len};
    int64_t base = 0, overlay = (int64_t)store_position(collection, last);
    char text[GENERATOR_ID_LENGTH + 1];
    if (collection->generator != NULL)
        base = (int64_t)generator_lower_bound(collection->generator, last);
    bool overlay_hit =
        overlay < (int64_t)collection->count && str_equal(collection->documents[overlay]->id, last);
    bool base_hit = false;
    if (base < store_base_count(collection)) {
        generator_id_text(collection->generator, (size_t)base, text);
        base_hit = str_equal((struct str){text, GENERATOR_ID_LENGTH}, last);
    }
    /* Lower bounds point at `last` itself on a hit, else at the first above it. */
    if (cursor->reverse) {
        cursor->base = base_hit && cursor->inclusive ? base : base - 1;
        cursor->overlay = overlay_hit && cursor->inclusive ? overlay : overlay - 1;
    } else {
        cursor->base = base_hit && !cursor->inclusive ? base + 1 : base;
        cursor->overlay = overlay_hit && !cursor->inclusive ? overlay + 1 : overlay;
    }
    cursor->generation = collection->store->generation;
}

static void cursor_rewind(struct store_cursor *cursor)
{
    const struct store_collection *collection = cursor->collection;
    cursor->base = cursor->reverse ? store_base_count(collection) - 1 : 0;
    cursor->overlay = cursor->reverse ? (int64_t)collection->count - 1 : 0;
    cursor->generation = collection->store->generation;
}

static void cursor_remember(struct store_cursor *cursor, struct str id)
{
    assert(id.len <= STORE_MAX_ID);
    memcpy(cursor->last, id.data, id.len);
    cursor->last_len = id.len;
    cursor->started = true;
}

void store_cursor_open(struct store_cursor *cursor, struct store_collection *collection,
                       struct str from, bool inclusive, bool reverse)
{
    cursor->collection = collection;
    cursor->reverse = reverse;
    cursor->inclusive = inclusive;
    cursor->started = false;
    cursor->last_len = 0;
    if (from.data == NULL) {
        cursor_rewind(cursor);
        return;
    }
    cursor_remember(cursor,
                    (struct str){from.data, from.len < STORE_MAX_ID ? from.len : STORE_MAX_ID});
    cursor_seek(cursor);
}

/* Which layer comes next: < 0 the generated one, > 0 the stored one; no id is in both. False at the
 * end. */
static bool cursor_compare(const struct store_cursor *cursor, int *ret_order)
{
    const struct store_collection *collection = cursor->collection;
    char text[GENERATOR_ID_LENGTH + 1];
    bool base = cursor->base >= 0 && cursor->base < store_base_count(collection);
    bool overlay = cursor->overlay >= 0 && cursor->overlay < (int64_t)collection->count;
    if (!base && !overlay)
        return false;
    if (!base || !overlay) {
        *ret_order = base ? -1 : 1;
        return true;
    }
    generator_id_text(collection->generator, (size_t)cursor->base, text);
    int order = str_compare((struct str){text, GENERATOR_ID_LENGTH},
                            collection->documents[cursor->overlay]->id);
    *ret_order = cursor->reverse ? -order : order;
    return true;
}

bool store_cursor_next(struct store_cursor *cursor, int64_t read_us, struct store_view *ret_view)
{
    const struct store_collection *collection = cursor->collection;
    int64_t step = cursor->reverse ? -1 : 1;
    int order;
    if (cursor->generation != collection->store->generation) {
        if (cursor->started)
            cursor_seek(cursor);
        else
            cursor_rewind(cursor);
    }
    while (cursor_compare(cursor, &order)) {
        int64_t base = cursor->base, overlay = cursor->overlay;
        bool visible = true;
        cursor->base += order < 0 ? step : 0;
        cursor->overlay += order > 0 ? step : 0;
        if (order > 0)
            visible =
                store_view_document(collection, collection->documents[overlay], read_us, ret_view);
        else
            visible = store_view_base(collection, (size_t)base, read_us, ret_view);
        if (!visible)
            continue;
        cursor_remember(cursor, ret_view->id);
        cursor->inclusive = false;
        return true;
    }
    return false;
}
