/* The states of a failure: one table of edges, read by one function. */
#include "journal/failure.h"

#include <stddef.h>
#include <string.h>

static const char *const state_names[FAILURE_STATE_COUNT] = {
    [FAILURE_NONE] = "none",
    [FAILURE_RETRYABLE] = "retryable",
    [FAILURE_IN_PROGRESS] = "in_progress",
    [FAILURE_RESOLVED] = "resolved",
    [FAILURE_DEAD] = "dead",
    [FAILURE_SKIPPED] = "skipped",
    [FAILURE_SNOOZED] = "snoozed",
    [FAILURE_HELD] = "held",
};

const char *failure_state_name(enum failure_state state)
{
    return (unsigned)state < FAILURE_STATE_COUNT ? state_names[state] : "unknown";
}

bool failure_state_parse(const char *name, enum failure_state *ret_state)
{
    for (unsigned i = FAILURE_RETRYABLE; i < FAILURE_STATE_COUNT; i++) {
        if (strcmp(state_names[i], name) == 0) {
            *ret_state = (enum failure_state)i;
            return true;
        }
    }
    return false;
}

/* The edges. FAILURE_NONE in a cell: no such edge. What is not obvious:
 * - the same version failing again leaves skipped and snoozed alone: a person decided about it;
 * - a success resolves whatever state the failure is in;
 * - what is held is never retried: a retry deletes what is gone, and that takes the word release;
 *   nor is it snoozed, for waking is a retry, and refused once it is held again when it is retried;
 * - BEFORE is the state that an undo goes back to, kept with the failure (failure_undo). */
#define NO FAILURE_NONE
#define RTY FAILURE_RETRYABLE
#define RUN FAILURE_IN_PROGRESS
#define RES FAILURE_RESOLVED
#define DED FAILURE_DEAD
#define SKP FAILURE_SKIPPED
#define SNZ FAILURE_SNOOZED
#define HLD FAILURE_HELD
#define BEFORE FAILURE_STATE_COUNT
/* clang-format off */
static const unsigned char edges[FAILURE_EVENT_COUNT][FAILURE_STATE_COUNT] = {
    /* from:               none retryable in_progress resolved dead skipped snoozed held */
    [EVENT_FAIL_AGAIN]    = {RTY, RTY, RTY, RTY, RTY, SKP, SNZ, RTY},
    [EVENT_FAIL_FOR_GOOD] = {DED, DED, DED, DED, DED, SKP, SNZ, DED},
    [EVENT_HOLD]          = {HLD, HLD, HLD, HLD, HLD, SKP, SNZ, HLD},
    [EVENT_START]         = {NO,  RUN, NO,  NO,  NO,  NO,  NO,  NO},
    [EVENT_SUCCEED]       = {NO,  RES, RES, RES, RES, RES, RES, RES},
    [EVENT_INTERRUPT]     = {NO,  NO,  RTY, NO,  NO,  NO,  NO,  NO},
    [EVENT_RETRY]         = {NO,  RTY, NO,  NO,  RTY, RTY, RTY, NO},
    [EVENT_ASK_AGAIN]     = {NO,  RTY, NO,  NO,  HLD, HLD, HLD, NO},
    [EVENT_SKIP]          = {NO,  SKP, NO,  NO,  SKP, NO,  SKP, SKP},
    [EVENT_SNOOZE]        = {NO,  SNZ, NO,  NO,  SNZ, NO,  SNZ, NO},
    [EVENT_WAKE]          = {NO,  NO,  NO,  NO,  NO,  NO,  RTY, NO},
    [EVENT_NEWER]         = {NO,  RTY, RTY, RTY, RTY, RTY, RTY, RTY},
    [EVENT_RELEASE]       = {NO,  NO,  NO,  NO,  NO,  NO,  NO,  RTY},
    [EVENT_REFUSE]        = {NO,  NO,  NO,  NO,  NO,  NO,  NO,  SKP},
    [EVENT_UNDO]          = {NO,  BEFORE, NO, NO, NO, BEFORE, BEFORE, NO},
};
/* clang-format on */

static unsigned edge_of(enum failure_state from, enum failure_event event)
{
    if ((unsigned)from >= FAILURE_STATE_COUNT || (unsigned)event >= FAILURE_EVENT_COUNT)
        return FAILURE_NONE;
    return edges[event][from];
}

bool failure_transition(enum failure_state from, enum failure_event event,
                        enum failure_state *ret_to)
{
    unsigned to = edge_of(from, event);
    if (to == FAILURE_NONE || to == BEFORE)
        return false;
    *ret_to = (enum failure_state)to;
    return true;
}

bool failure_is_held_delete(const char *code)
{
    return strcmp(code, error_info(ERROR_ABSENCE_HELD)->code) == 0 ||
           strcmp(code, error_info(ERROR_DELETE_HELD)->code) == 0;
}

bool failure_undo_state(enum failure_state from, enum failure_state before,
                        enum failure_state *ret_to)
{
    if (edge_of(from, EVENT_UNDO) != BEFORE)
        return false;
    /* Only what a person may act on is ever kept as "before". */
    if (edge_of(before, EVENT_RETRY) == FAILURE_NONE &&
        edge_of(before, EVENT_RELEASE) == FAILURE_NONE)
        return false;
    *ret_to = before;
    return true;
}
