/* What a connection remembers of drift: a sorted list of findings. */
#include "target/drift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define DRIFT_INTERVAL_US INT64_C(60000000)

struct finding {
    enum source_kind source;
    enum drift_kind kind;
    char *path;
    char *detail;
    char *source_id; /* an example */
    uint64_t pending;
    int64_t written_us; /* monotonic; 0: never */
    bool sent;          /* in the batch under way */
};
struct drift_memory {
    struct finding *findings; /* sorted */
    size_t count;
};

void drift_memory_free(struct drift_memory *memory)
{
    if (memory == NULL)
        return;
    for (size_t i = 0; i < memory->count; i++) {
        free(memory->findings[i].path);
        free(memory->findings[i].detail);
        free(memory->findings[i].source_id);
    }
    free(memory->findings);
    free(memory);
}

static int compare_finding(const struct finding *finding, enum source_kind source,
                           const struct drift *drift)
{
    if (finding->source != source)
        return finding->source < source ? -1 : 1;
    if (finding->kind != drift->kind)
        return finding->kind < drift->kind ? -1 : 1;
    int order = str_compare(str_from(finding->path), drift->path);
    return order != 0 ? order : str_compare(str_from(finding->detail), drift->detail);
}

/* Where it is, or where it belongs. */
static size_t find_place(const struct drift_memory *memory, enum source_kind source,
                         const struct drift *drift, bool *ret_found)
{
    size_t low = 0;
    size_t high = memory->count;
    *ret_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_finding(&memory->findings[middle], source, drift);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static char *copy_text(struct str text)
{
    return text.data == NULL ? memory_string("") : memory_string_str(text);
}

static void note(struct drift_memory *memory, const struct document *document,
                 const struct drift *drift)
{
    struct drift known = {drift->kind, drift->path.data == NULL ? STR("") : drift->path,
                          drift->detail.data == NULL ? STR("") : drift->detail};
    bool found;
    size_t place = find_place(memory, document->source, &known, &found);
    if (!found && memory->count == DRIFT_FINDINGS)
        return;
    struct finding *finding = &memory->findings[place];
    if (!found) {
        memmove(finding + 1, finding, (memory->count - place) * sizeof(*finding));
        memory->count++;
        *finding = (struct finding){.source = document->source,
                                    .kind = drift->kind,
                                    .path = copy_text(drift->path),
                                    .detail = copy_text(drift->detail),
                                    .source_id = copy_text(document->id)};
    }
    finding->pending++;
}

static void add_due(struct drift_memory *memory, struct arrays *arrays, int64_t now)
{
    char count[24];
    for (size_t i = 0; i < memory->count; i++) {
        struct finding *finding = &memory->findings[i];
        finding->sent = finding->pending > 0 && (finding->written_us == 0 ||
                                                 now - finding->written_us >= DRIFT_INTERVAL_US);
        if (!finding->sent)
            continue;
        snprintf(count, sizeof(count), "%llu", (unsigned long long)finding->pending);
        arrays_add(arrays, str_from(source_kind_name(finding->source)));
        arrays_add(arrays, str_from(drift_kind_name(finding->kind)));
        arrays_add(arrays, str_from(finding->path));
        arrays_add(arrays, str_from(finding->detail));
        arrays_add(arrays, str_from(count));
        arrays_add(arrays, str_from(finding->source_id));
    }
}

void drift_collect(struct work *work, struct arrays *arrays)
{
    struct drift_memory *memory = work->target->drift;
    for (size_t i = 0; i < work->count; i++) {
        const struct item *item = &work->items[i];
        if (item->verdict != VERDICT_CREATE && item->verdict != VERDICT_CHANGE)
            continue;
        for (size_t k = 0; k < item->change->drift.count; k++) {
            if (memory == NULL) {
                memory = memory_zero(1, sizeof(*memory));
                memory->findings = memory_zero(DRIFT_FINDINGS, sizeof(*memory->findings));
                work->target->drift = memory;
            }
            note(memory, &item->change->document, &item->change->drift.items[k]);
        }
    }
    if (memory != NULL)
        add_due(memory, arrays, clock_monotonic_us());
}

void drift_written(struct target *target)
{
    int64_t now = clock_monotonic_us();
    for (size_t i = 0; target->drift != NULL && i < target->drift->count; i++) {
        struct finding *finding = &target->drift->findings[i];
        if (!finding->sent)
            continue;
        finding->sent = false;
        finding->pending = 0;
        finding->written_us = now;
    }
}
