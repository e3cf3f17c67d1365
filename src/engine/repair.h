/* Mending what a verification found: the documents are pulled again, by commands that the engine of
 * the journal carries out, and then compared once more. Deletes by absence keep their limit: beyond
 * it the engine holds them for a person. */
#ifndef ORDERSYNC_ENGINE_REPAIR_H
#define ORDERSYNC_ENGINE_REPAIR_H

#include "engine/verify.h"

#define REPAIR_MAX 10000 /* documents at a time: for more, a backfill is the right way */
#define REPAIR_PIECE 100 /* documents of one command */
#define REPAIR_COMMANDS_MAX (REPAIR_MAX / REPAIR_PIECE + 2)

struct repair {
    const char *reason; /* of the commands */
    uint64_t view;      /* documents that the target held: what many absences are measured by */
    char **ids[2];      /* heap; [1]: those absent from the source */
    size_t counts[2];
    uint64_t listed[VERIFY_CLASS_COUNT]; /* by class; what found no room is not listed */
};
void repair_add(struct repair *repair, enum verify_class class, const char *source_id);
size_t repair_count(const struct repair *repair);
void repair_free(struct repair *repair); /* contents */

/* One command after another into the journal; ret_commands has room for REPAIR_COMMANDS_MAX. */
MUST_CHECK bool repair_send(const struct repair *repair, struct journal_reader *journal,
                            int64_t *ret_commands, size_t *ret_count, struct error *err);
/* Compares the listed documents once more, after the commands were carried out, and brings the
 * report up to date: counts and examples of what is left, and how many were mended. */
MUST_CHECK bool repair_check(const struct repair *repair, const struct settings *settings,
                             const struct verify_options *options, struct verify_report *report,
                             struct error *err);

#endif
