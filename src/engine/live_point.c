/* Where the listener resumes: positions as they are told, settled, and stored in the journal. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/state.h"

/* A position is text, as tickets carry it: read time, our clock at that moment, token in hex. */
struct point {
    int64_t read_time_ns;
    int64_t told_us;
    const char *hex;
};

static char *point_write(int64_t read_time_ns, struct str token)
{
    static const char digits[] = "0123456789abcdef";
    struct buffer text = {.max = 2 * token.len + 64};
    buffer_append_format(&text, "%" PRId64 " %" PRId64 " ", read_time_ns, clock_wall_us());
    for (size_t i = 0; i < token.len; i++) {
        unsigned char byte = (unsigned char)token.data[i];
        buffer_append_char(&text, digits[byte >> 4]);
        buffer_append_char(&text, digits[byte & 15]);
    }
    return text.data;
}

static struct point point_read(const char *text)
{
    struct point point;
    char *end;
    point.read_time_ns = strtoll(text, &end, 10);
    point.told_us = strtoll(end, &end, 10);
    point.hex = *end == ' ' ? end + 1 : end;
    return point;
}

static unsigned hex_value(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static struct str point_token(const struct point *point, struct arena *arena)
{
    size_t len = strlen(point->hex) / 2;
    char *bytes = arena_alloc(arena, len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(hex_value(point->hex[2 * i]) << 4 | hex_value(point->hex[2 * i + 1]));
    return (struct str){bytes, len};
}

/* ---- told and settled ---- */

/* With nothing out before it the checkpoint is there at once; else the newest ticket takes it. */
void live_point_trust(struct engine *engine, char *take_position)
{
    struct live *live = &engine->live;
    free(live->told);
    live->told = take_position;
    if (!prefix_extend(&live->prefix, live->told))
        live_point_settled(engine, live->told);
}

void live_point_told(struct engine *engine, struct str token, int64_t read_time_ns)
{
    struct live *live = &engine->live;
    free(live->doubt.position);
    live->doubt.position = point_write(read_time_ns, token);
    doubt_over(engine);
}

void live_point_settled(struct engine *engine, const char *position)
{
    struct live *live = &engine->live;
    if (*position == '\0')
        return;
    int64_t told_us = point_read(position).told_us;
    char *copy = memory_string(position);
    free(live->settled);
    live->settled = copy;
    live->unsaved = true;
    engine->checkpoint_us = clock_wall_us();
    if (live->complete && !live->listing && sweep_is_idle(engine) && !doubt_exists(engine))
        engine->consistent_us = told_us;
}

void live_point_set(struct engine *engine, int64_t read_time_ns)
{
    struct live *live = &engine->live;
    free(live->settled);
    live->settled = point_write(read_time_ns, STR(""));
    live->read_time_ns = read_time_ns;
    live->unsaved = true;
    live_point_save(engine);
}

/* Until the whole set was told and what is absent from it dealt with, a restart must begin with
 * nothing again: resumed by a token it would hear only of what came later. */
void live_point_forget(struct engine *engine)
{
    struct live *live = &engine->live;
    bool stored = live->settled != NULL;
    free(live->settled);
    live->settled = NULL;
    live->unsaved |= stored;
    live_point_save(engine);
}

/* ---- the journal ---- */

void live_point_load(struct engine *engine, struct listen_start *ret_start, struct arena *arena)
{
    struct live *live = &engine->live;
    struct listen_checkpoint checkpoint = {.token = STR(""), .read_time_ns = TIME_NONE};
    struct error err = {0};
    if (!journal_listen_load(engine->journal, SOURCE_FIRESTORE,
                             engine->ops->identity(engine->source), arena, &live->known,
                             &checkpoint, &err))
        engine_fail(engine, &err);
    *ret_start = (struct listen_start){checkpoint.token, checkpoint.read_time_ns};
    live->complete = checkpoint.complete;
    STR_FILL(live->run_id, checkpoint.run_id);
    free(live->settled);
    bool nothing = checkpoint.token.len == 0 && checkpoint.read_time_ns == TIME_NONE;
    live->settled = nothing ? NULL : point_write(checkpoint.read_time_ns, checkpoint.token);
    if (checkpoint.read_time_ns != TIME_NONE)
        live->read_time_ns = checkpoint.read_time_ns;
    live->unsaved = false;
}

static size_t point_fences(struct live *live, struct settlement *settlements)
{
    size_t count = 0;
    for (int i = 0; i < WRITERS_MAX; i++) {
        if (live->fences[i] == 0)
            continue;
        settlements[count++] = (struct settlement){.writer = i, .fence_seq = live->fences[i]};
        live->fences[i] = 0;
    }
    return count;
}

/* With the token go the fences of what it covers, in one transaction. */
void live_point_save(struct engine *engine)
{
    struct live *live = &engine->live;
    struct settlement settlements[WRITERS_MAX + 1];
    struct arena arena = {0};
    struct error err = {0};
    if (!live->unsaved || engine->source == NULL)
        return;
    struct listen_checkpoint checkpoint = {
        .source = SOURCE_FIRESTORE,
        .identity = engine->ops->identity(engine->source),
        .token = STR(""),
        .read_time_ns = TIME_NONE,
        .complete = live->complete,
    };
    STR_FILL(checkpoint.run_id, live->run_id);
    if (live->settled != NULL && !live->listing && !sweep_is_of_listing(engine)) {
        struct point point = point_read(live->settled);
        checkpoint.read_time_ns = point.read_time_ns;
        checkpoint.token = point_token(&point, &arena);
    }
    size_t count = point_fences(live, settlements);
    settlements[count++] = (struct settlement){.writer = -1, .listen = &checkpoint};
    if (!journal_settle(engine->journal, settlements, count, 1, &err))
        engine_fail(engine, &err);
    arena_free(&arena);
    live->unsaved = false;
    live->known = true;
    live->save_at_us = clock_monotonic_us() + LIVE_SAVE_US;
}
