/* A failure's states and the one transition function over one table. */
#ifndef ORDERSYNC_JOURNAL_FAILURE_H
#define ORDERSYNC_JOURNAL_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/order.h"

/* The numbers are stored: never renumber. */
enum failure_state {
    FAILURE_NONE, /* no row yet */
    FAILURE_RETRYABLE,
    FAILURE_IN_PROGRESS,
    FAILURE_RESOLVED,
    FAILURE_DEAD,
    FAILURE_SKIPPED,
    FAILURE_SNOOZED,
    FAILURE_HELD,
    FAILURE_STATE_COUNT
};
const char *failure_state_name(enum failure_state state);
bool failure_state_parse(const char *name, enum failure_state *ret_state);

enum failure_event {
    EVENT_FAIL_AGAIN,    /* retryable class, attempts left */
    EVENT_FAIL_FOR_GOOD, /* out of attempts, or cannot succeed unchanged */
    EVENT_HOLD,
    EVENT_START,     /* a retry was handed to a writer */
    EVENT_SUCCEED,   /* this or a newer version landed, or the document is gone */
    EVENT_INTERRUPT, /* in progress when the engine ended: attempt not charged */
    EVENT_RETRY,     /* operator */
    EVENT_ASK_AGAIN, /* operator: a retry of a delete that was refused */
    EVENT_SKIP,      /* operator */
    EVENT_SNOOZE,    /* operator */
    EVENT_WAKE,      /* snooze is over */
    EVENT_NEWER,     /* a newer version of the document arrived and failed too */
    EVENT_RELEASE,   /* operator: what was held is done, by reading the document as it is now */
    EVENT_REFUSE,    /* operator: what was held is not done */
    EVENT_UNDO, /* operator: back to the state before skip, snooze or retry (failure_undo_state) */
    FAILURE_EVENT_COUNT
};

/* The next state; false for an edge that is not in the table (a bug in the engine, a refusal for
 * operators), and always for EVENT_UNDO, whose end depends on the failure's past. */
bool failure_transition(enum failure_state from, enum failure_event event,
                        enum failure_state *ret_to);

/* By its failure's code: a delete that waits for a word, or did until it was given. */
bool failure_is_held_delete(const char *code);

/* The state that an undo restores: `before` as kept when the operator acted; false when there is
 * nothing to undo. */
bool failure_undo_state(enum failure_state from, enum failure_state before,
                        enum failure_state *ret_to);

/* Groups like errors: source, stage, code, message with digits, ids and quoted text replaced; 8 hex
 * digits + NUL. */
void failure_fingerprint(enum source_kind source, const char *stage, const struct error *err,
                         char ret_fingerprint[9]);

#endif
