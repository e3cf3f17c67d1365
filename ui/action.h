/* What an operator does to failures and to the engine: asked about where it must be, sent as a
 * durable command row, and watched until the engine says what became of it. */
#ifndef ORDERSYNC_UI_ACTION_H
#define ORDERSYNC_UI_ACTION_H

#include "ui/screen.h"

#define ACTION_IDS_MAX 10000

/* What is acted on: ids, a command (undo), or everything that a filter matches. */
struct action_target {
    const int64_t *ids; /* copied */
    size_t id_count;
    int64_t command_id;
    const struct failure_filter *filter; /* used when there are neither; copied */
    uint64_t count;                      /* orders */
    uint64_t hidden;                     /* orders the filter hides */
    char label[64];                      /* "#1077", "group a91f" */
};

struct action {
    enum request request;
    char kind[24];
    struct buffer target; /* JSON members naming the target */
    char text[256];       /* note, reason or duration, as typed */
    char reason[256];
    unsigned pace, stop_after; /* of a retry of many; 0: none */
    uint64_t count;
    char label[64];
    uint64_t ticket;    /* of the LOOKUP_SEND under way, 0 none */
    int64_t command_id; /* watched, 0 none */
    int64_t undo_id;    /* the last command of this console that can be undone, 0 none */
    uint64_t undo_count;
    char undo_label[64];
};

/* RETRY, RELEASE, REFUSE, SKIP, SNOOZE, NOTE or UNDO. Asks what has to be asked, then sends. */
void action_begin(struct console *console, enum request request,
                  const struct action_target *target);
/* Whether the engine would do that to a failure in this state. Of an undo: as far as the state
 * tells. */
bool action_fits(enum request request, enum failure_state state);
/* The last action of this console that can be undone, as a target for UNDO; false when there is
 * none. */
bool action_last(const struct console *console, struct action_target *ret_target);
/* A command to the engine ("pause"); asked about with `question` when that is not NULL. `members`:
 * JSON members of its arguments, "" for none. */
void action_engine(struct console *console, const char *kind, const char *members,
                   const char *question);
/* Sends a command that everything was asked about already, and watches it; `label` is what it is
 * about. */
void action_command(struct console *console, const char *kind, const char *label,
                    const char *members, const char *reason);
/* The action on several failures that began first of those that have not ended, whoever began it;
 * NULL: none. *ret_more: how many others there are; may be NULL. */
const struct command_row *action_running(const struct console *console, unsigned *ret_more);
void action_cancel(struct console *console); /* asks, then ends that one */
void action_unmask(struct console *console);
/* The console passes on: the answer to a send; and that the list of commands is new. */
void action_sent(struct console *console, const struct lookup_reply *reply);
void action_watch(struct console *console, const struct lookup_reply *list);

#endif
