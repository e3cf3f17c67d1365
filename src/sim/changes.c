/* The generator of changes. A version is two numbers; its bytes are made when somebody reads it. */
#include "sim/changes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "sim/hash.h"

#define TICK_MIN_US 2000 /* more than one change in a tick rather than more ticks */
#define RUN_MAX 2000     /* changes at once, when the loop was late */
#define DELETED_KEPT 256 /* ids that a create may bring back */
#define REBORN_PERCENT 10
#define SALT_CHANGES 900

struct changes {
    struct store *store;
    struct store_collection *collection;
    uint64_t seed;
    struct changes_plan plan;
    int timer;
    int64_t begin_us; /* monotonic */
    uint64_t begin_made;
    uint64_t made;
    uint64_t kinds[3]; /* creates, updates, deletes */
    uint32_t *live;    /* the generator's numbers of the documents there are */
    size_t live_count;
    size_t live_cap;
    uint32_t next; /* the number of the next new document */
    uint32_t deleted[DELETED_KEPT];
    size_t deleted_count;
};

struct changes *changes_new(struct store *store, struct store_collection *collection, uint64_t seed)
{
    struct changes *changes = memory_zero(1, sizeof(*changes));
    size_t count = store_generated(collection);
    changes->store = store;
    changes->collection = collection;
    changes->seed = seed;
    changes->plan = CHANGES_PLAN_DEFAULT;
    changes->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    changes->next = (uint32_t)count;
    changes->live_cap = count + 1024;
    changes->live = memory_zero(changes->live_cap, sizeof(*changes->live));
    for (size_t i = 0; i < count; i++)
        changes->live[changes->live_count++] = (uint32_t)i;
    return changes;
}

void changes_free(struct changes *changes)
{
    if (changes == NULL)
        return;
    if (changes->timer >= 0)
        close(changes->timer);
    free(changes->live);
    free(changes);
}

/* ---- plans ---- */

bool changes_mix_parse(const char *text, struct changes_plan *plan, struct error *err)
{
    long long create, update, delete;
    int end = 0;
    if (sscanf(text, "%lld:%lld:%lld%n", &create, &update, &delete, &end) != 3 ||
        text[end] != '\0' || create < 0 || update < 0 || delete < 0 ||
        create + update + delete != 100)
        return error_set(err, ERROR_USAGE, "mix \"%s\": not CREATE:UPDATE:DELETE of 100 percent",
                         text);
    plan->create = create;
    plan->update = update;
    return true;
}

static bool word_parse(const char *word, struct changes_plan *plan, struct error *err)
{
    const struct {
        const char *name;
        int64_t *number;
    } keys[] = {{"count=", &plan->count},
                {"seconds=", &plan->seconds},
                {"delay_ms=", &plan->delay_ms},
                {"", &plan->rate}};
    if (strncmp(word, "mix=", 4) == 0)
        return changes_mix_parse(word + 4, plan, err);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t name = strlen(keys[i].name);
        char *end;
        if (strncmp(word, keys[i].name, name) != 0)
            continue;
        long long number = strtoll(word + name, &end, 10);
        if (end == word + name || *end != '\0' || number < 0 || number > INT32_MAX)
            break;
        *keys[i].number = number;
        return true;
    }
    return error_set(err, ERROR_USAGE, "changes: bad word \"%s\"", word);
}

bool changes_parse(const char *text, struct changes_plan *plan, struct error *err)
{
    struct changes_plan parsed = *plan;
    char word[64];
    int len;
    parsed.count = parsed.seconds = parsed.delay_ms = 0;
    while (sscanf(text, "%63s%n", word, &len) == 1) {
        if (!word_parse(word, &parsed, err))
            return false;
        text += len;
    }
    if (parsed.rate > CHANGES_MAX_RATE)
        return error_set(err, ERROR_USAGE, "changes: at most %d a second", CHANGES_MAX_RATE);
    *plan = parsed;
    return true;
}

void changes_start(struct changes *changes, const struct changes_plan *plan)
{
    int64_t tick_us = plan->rate == 0 ? 0 : 1000000 / plan->rate;
    if (plan->rate > 0 && tick_us < TICK_MIN_US)
        tick_us = TICK_MIN_US;
    int64_t first_us = plan->rate == 0 ? 0 : tick_us + plan->delay_ms * 1000;
    struct itimerspec times = {.it_interval = {tick_us / 1000000, tick_us % 1000000 * 1000},
                               .it_value = {first_us / 1000000, first_us % 1000000 * 1000}};
    changes->plan = *plan;
    changes->begin_us = clock_monotonic_us() + plan->delay_ms * 1000;
    changes->begin_made = changes->made;
    timerfd_settime(changes->timer, 0, &times, NULL);
}

static void changes_end(struct changes *changes)
{
    struct changes_plan plan = changes->plan;
    plan.rate = 0;
    changes_start(changes, &plan);
    printf("changes ended: %" PRIu64 " in all, %" PRIu64 " creates, %" PRIu64 " updates, %" PRIu64
           " deletes\n",
           changes->made, changes->kinds[0], changes->kinds[1], changes->kinds[2]);
    fflush(stdout);
}

/* ---- one change ---- */

static void live_add(struct changes *changes, uint32_t index)
{
    if (changes->live_count == changes->live_cap) {
        changes->live_cap *= 2;
        changes->live = memory_resize(changes->live, changes->live_cap * sizeof(*changes->live));
    }
    changes->live[changes->live_count++] = index;
}

static void live_drop(struct changes *changes, size_t at)
{
    changes->live[at] = changes->live[--changes->live_count];
}

static bool document_exists(const struct changes *changes, uint32_t index)
{
    struct store_view view;
    char id[GENERATOR_ID_LENGTH + 1];
    store_generated_id(changes->collection, index, id);
    return store_get(changes->collection, (struct str){id, GENERATOR_ID_LENGTH}, INT64_MAX, &view);
}

/* A document that exists; others may have deleted some. False when there is none. */
static bool live_pick(struct changes *changes, struct dice *dice, size_t *ret_at)
{
    while (changes->live_count > 0) {
        size_t at = (size_t)(dice_next(dice) % changes->live_count);
        if (document_exists(changes, changes->live[at])) {
            *ret_at = at;
            return true;
        }
        live_drop(changes, at);
    }
    return false;
}

static uint32_t create_index(struct changes *changes, struct dice *dice)
{
    if (changes->deleted_count > 0 && dice_chance(dice, REBORN_PERCENT)) {
        size_t at = (size_t)(dice_next(dice) % changes->deleted_count);
        uint32_t index = changes->deleted[at];
        changes->deleted[at] = changes->deleted[--changes->deleted_count];
        return index;
    }
    return changes->next++;
}

static void change_write(struct changes *changes, uint32_t index)
{
    store_write_revision(changes->store, changes->collection, index, (uint32_t)changes->made,
                         store_commit_time(changes->store));
}

static void change_delete(struct changes *changes, size_t at)
{
    uint32_t index = changes->live[at];
    char id[GENERATOR_ID_LENGTH + 1];
    store_generated_id(changes->collection, index, id);
    store_write(changes->store, changes->collection, (struct str){id, GENERATOR_ID_LENGTH},
                STR_NULL, store_commit_time(changes->store));
    live_drop(changes, at);
    if (changes->deleted_count < DELETED_KEPT)
        changes->deleted[changes->deleted_count++] = index;
}

void changes_make(struct changes *changes)
{
    struct dice dice = {hash_pair(changes->seed, SALT_CHANGES, ++changes->made)};
    int64_t percent = (int64_t)(dice_next(&dice) % 100);
    size_t at;
    int kind = percent < changes->plan.create                          ? 0
               : percent < changes->plan.create + changes->plan.update ? 1
                                                                       : 2;
    if (kind != 0 && !live_pick(changes, &dice, &at))
        kind = 0;
    changes->kinds[kind]++;
    if (kind == 0) {
        uint32_t index = create_index(changes, &dice);
        change_write(changes, index);
        live_add(changes, index);
    } else if (kind == 1) {
        change_write(changes, changes->live[at]);
    } else {
        change_delete(changes, at);
    }
}

uint64_t changes_made(const struct changes *changes)
{
    return changes->made;
}

int changes_fd(const struct changes *changes)
{
    return changes->timer;
}

size_t changes_run(struct changes *changes)
{
    const struct changes_plan *plan = &changes->plan;
    uint64_t ticks;
    size_t done = 0;
    if (read(changes->timer, &ticks, sizeof(ticks)) != sizeof(ticks) || plan->rate == 0)
        return 0;
    int64_t elapsed = clock_monotonic_us() - changes->begin_us;
    if (plan->seconds > 0 && elapsed > plan->seconds * 1000000)
        elapsed = plan->seconds * 1000000;
    int64_t due = elapsed * plan->rate / 1000000;
    if (plan->count > 0 && due > plan->count)
        due = plan->count;
    for (; (int64_t)(changes->made - changes->begin_made) < due && done < RUN_MAX; done++)
        changes_make(changes);
    int64_t made = (int64_t)(changes->made - changes->begin_made);
    if ((plan->count > 0 && made >= plan->count) ||
        (plan->seconds > 0 && elapsed == plan->seconds * 1000000 && made >= due))
        changes_end(changes);
    return done;
}
