/* A sorted list of pointers, and a hash of them. */
#include "sim/shelf.h"

#include <string.h>

#include "sim/hash.h"

struct shelf {
    struct arena arena;
    struct record **by_time;
    size_t count, room;
    struct record **by_id; /* open addressing; a power of two */
    size_t slots;
    uint64_t next_number;
};

struct shelf *shelf_new(void)
{
    struct shelf *shelf = memory_zero(1, sizeof(*shelf));
    shelf->arena.block_size = 1u << 20;
    shelf->slots = 1024;
    shelf->by_id = memory_zero(shelf->slots, sizeof(struct record *));
    return shelf;
}

void shelf_free(struct shelf *shelf)
{
    if (shelf == NULL)
        return;
    arena_free(&shelf->arena);
    free(shelf->by_time);
    free(shelf->by_id);
    free(shelf);
}

struct arena *shelf_arena(struct shelf *shelf)
{
    return &shelf->arena;
}

struct str shelf_keep(struct shelf *shelf, const struct buffer *text)
{
    return arena_copy(&shelf->arena, buffer_str(text));
}

/* ---- by id ---- */

static uint64_t id_hash(struct str id)
{
    uint64_t hash = id.len;
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.data[i]) * 0x100000001b3u;
    return hash_mix(hash);
}

/* Where the id is, or would be. */
static struct record **id_slot(const struct shelf *shelf, struct str id)
{
    size_t at = id_hash(id) & (shelf->slots - 1);
    while (shelf->by_id[at] != NULL && !str_equal(str_from(shelf->by_id[at]->id), id))
        at = (at + 1) & (shelf->slots - 1);
    return &shelf->by_id[at];
}

static void ids_grow(struct shelf *shelf)
{
    if (shelf->count * 2 < shelf->slots)
        return;
    free(shelf->by_id);
    shelf->slots *= 4;
    shelf->by_id = memory_zero(shelf->slots, sizeof(struct record *));
    for (size_t i = 0; i < shelf->count; i++)
        *id_slot(shelf, str_from(shelf->by_time[i]->id)) = shelf->by_time[i];
}

/* ---- by time ---- */

static bool record_before(const struct record *a, const struct record *b)
{
    return a->created_s != b->created_s ? a->created_s < b->created_s : a->number < b->number;
}

size_t shelf_place(const struct shelf *shelf, const struct record *record)
{
    size_t low = 0, high = shelf->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (record_before(shelf->by_time[middle], record))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t shelf_lower_bound(const struct shelf *shelf, int64_t created_s)
{
    const struct record key = {.created_s = created_s};
    return shelf_place(shelf, &key);
}

static void time_insert(struct shelf *shelf, struct record *record)
{
    if (shelf->count == shelf->room) {
        shelf->room = shelf->room == 0 ? 1024 : shelf->room * 2;
        shelf->by_time = memory_resize(shelf->by_time, shelf->room * sizeof(struct record *));
    }
    size_t place = shelf_place(shelf, record);
    memmove(&shelf->by_time[place + 1], &shelf->by_time[place],
            (shelf->count - place) * sizeof(struct record *));
    shelf->by_time[place] = record;
    shelf->count++;
}

static void time_remove(struct shelf *shelf, const struct record *record)
{
    size_t place = shelf_place(shelf, record);
    shelf->count--;
    memmove(&shelf->by_time[place], &shelf->by_time[place + 1],
            (shelf->count - place) * sizeof(struct record *));
}

/* ---- records ---- */

struct record *shelf_put(struct shelf *shelf, const struct record *record)
{
    ids_grow(shelf);
    struct record **slot = id_slot(shelf, str_from(record->id));
    if (*slot == NULL)
        *slot = arena_alloc(&shelf->arena, sizeof(struct record));
    else
        time_remove(shelf, *slot);
    **slot = *record;
    (*slot)->number = ++shelf->next_number;
    time_insert(shelf, *slot);
    return *slot;
}

struct record *shelf_find(const struct shelf *shelf, struct str id)
{
    struct record *record = *id_slot(shelf, id);
    return record == NULL || record->hidden ? NULL : record;
}

struct record *shelf_find_link(const struct shelf *shelf, struct str link)
{
    for (size_t i = shelf->count; i-- > 0;) {
        struct record *record = shelf->by_time[i];
        if (!record->hidden && str_equal(str_from(record->link), link))
            return record;
    }
    return NULL;
}

size_t shelf_count(const struct shelf *shelf)
{
    return shelf->count;
}

const struct record *shelf_at(const struct shelf *shelf, size_t place)
{
    return shelf->by_time[place];
}

size_t shelf_visible(const struct shelf *shelf)
{
    size_t visible = 0;
    for (size_t i = 0; i < shelf->count; i++)
        visible += !shelf->by_time[i]->hidden;
    return visible;
}
