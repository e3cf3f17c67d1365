/* Repairs: lists, commands, the look afterwards. */
#include "engine/repair.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define COMMAND_BYTES (1u << 20) /* what the journal takes; 100 ids of 1500 bytes fit */

void repair_add(struct repair *repair, enum verify_class class, const char *source_id)
{
    size_t list = class == VERIFY_EXTRA;
    if (repair_count(repair) == REPAIR_MAX)
        return;
    if (repair->ids[list] == NULL)
        repair->ids[list] = memory_zero(REPAIR_MAX, sizeof(*repair->ids[list]));
    repair->ids[list][repair->counts[list]++] = memory_string(source_id);
    repair->listed[class]++;
}

size_t repair_count(const struct repair *repair)
{
    return repair->counts[0] + repair->counts[1];
}

void repair_free(struct repair *repair)
{
    for (size_t list = 0; list < 2; list++) {
        for (size_t i = 0; i < repair->counts[list]; i++)
            free(repair->ids[list][i]);
        free(repair->ids[list]);
    }
    *repair = (struct repair){.counts = {0, 0}};
}

static bool send_piece(const struct repair *repair, struct journal_reader *journal,
                       char *const *ids, size_t count, int64_t *ret_command, struct error *err)
{
    struct buffer text = {.max = COMMAND_BYTES};
    buffer_append_text(&text, "{\"source\":\"firestore\",\"repair\":true,");
    buffer_append_format(&text, "\"absences\":%zu,\"view\":%" PRIu64 ",\"source_ids\":[",
                         repair->counts[1], repair->view);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(&text, ',');
        text_append_json(&text, str_from(ids[i]));
    }
    buffer_append_text(&text, "]}");
    bool sent =
        buffer_ok(&text)
            ? journal_send_command(journal, "pull", text.data, repair->reason, ret_command, err)
            : error_set(err, ERROR_INTERNAL, "%zu ids make too long a command", count);
    buffer_free(&text);
    return sent;
}

bool repair_send(const struct repair *repair, struct journal_reader *journal, int64_t *ret_commands,
                 size_t *ret_count, struct error *err)
{
    size_t count = 0;
    for (size_t list = 0; list < 2; list++) {
        for (size_t at = 0; at < repair->counts[list]; at += REPAIR_PIECE) {
            size_t left = repair->counts[list] - at;
            if (!send_piece(repair, journal, repair->ids[list] + at,
                            left < REPAIR_PIECE ? left : REPAIR_PIECE, &ret_commands[count], err))
                return false;
            count++;
        }
    }
    *ret_count = count;
    return true;
}

static uint64_t report_sum(const struct verify_report *report)
{
    uint64_t sum = 0;
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++)
        sum += report->summary.counts[class];
    return sum;
}

/* The second report's examples replace the first one's, where any were listed for repair. */
static void report_merge(struct verify_report *report, struct verify_report *take_after,
                         const struct repair *repair)
{
    struct verification *summary = &report->summary;
    uint64_t left = report_sum(take_after);
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++) {
        summary->counts[class] -= repair->listed[class];
        summary->counts[class] += take_after->summary.counts[class];
        if (class < VERIFY_DIFFERENCES)
            report->example_counts[class] = 0;
        for (size_t i = 0; i < take_after->example_counts[class]; i++) {
            struct verify_example example = take_after->examples[class][i];
            if (report->example_counts[class] == VERIFY_EXAMPLES_MAX)
                break;
            if (report->examples[class] == NULL)
                report->examples[class] =
                    arena_zero(&report->arena, VERIFY_EXAMPLES_MAX * sizeof(example));
            example.source_id = arena_copy(&report->arena, str_from(example.source_id)).data;
            report->examples[class][report->example_counts[class]++] = example;
        }
    }
    summary->repaired += repair_count(repair) > left ? repair_count(repair) - left : 0;
    summary->newer += take_after->summary.newer;
    summary->finished_us = take_after->summary.finished_us;
    report->reads += take_after->reads;
    verify_report_free(take_after);
}

bool repair_check(const struct repair *repair, const struct settings *settings,
                  const struct verify_options *options, struct verify_report *report,
                  struct error *err)
{
    struct verify_options again = *options;
    struct verify_report after = {.target_documents = 0};
    size_t count = repair_count(repair);
    const char **ids = memory_zero(count + 1, sizeof(*ids));
    for (size_t i = 0; i < count; i++)
        ids[i] = i < repair->counts[0] ? repair->ids[0][i] : repair->ids[1][i - repair->counts[0]];
    again.found = NULL;
    bool good = verify_documents(settings, &again, ids, count, &after, err);
    free(ids);
    if (good)
        report_merge(report, &after, repair);
    else
        report->reads += after.reads;
    return good;
}
