/* One document looked at anew: the newest command "inspect" about it, and the newest row that any
 * plan has of it. The engine carries the command out as a dry run of that document alone, whose
 * plan is of the kind "inspect"; no list of plans shows those, and they are kept for a day. */
#ifndef ORDERSYNC_JOURNAL_INSPECTION_H
#define ORDERSYNC_JOURNAL_INSPECTION_H

#include "journal/plan.h"

#define INSPECT_KIND "inspect" /* of the command and of its plan */

struct inspection {
    struct command_row command; /* id 0: nobody has asked for one, in a while */
    bool planned;               /* what follows is there */
    char plan_id[40];
    char plan_kind[24]; /* INSPECT_KIND; "backfill" or "sync" where a dry run found it */
    int64_t plan_us;    /* when that plan was begun */
    struct plan_row row;
};

/* Appends the members of the command's arguments. The same document gives the same text, by which
 * the command is found again. */
void inspection_members(struct buffer *json, enum source_kind source, const char *source_id);
MUST_CHECK bool journal_read_inspection(struct journal_reader *reader, enum source_kind source,
                                        const char *source_id, struct inspection *ret_inspection,
                                        struct error *err);

#endif
