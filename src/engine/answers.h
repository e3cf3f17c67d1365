/* What the lookup workers can answer, one function a request kind. Inside the boundary only. */
#ifndef ORDERSYNC_ENGINE_ANSWERS_H
#define ORDERSYNC_ENGINE_ANSWERS_H

#include <pthread.h>

#include "engine/boundary.h"
#include "engine/export.h"

struct target;

/* What one worker owns. Only its own thread touches it, but for `target` and `reader` under
 * `interrupt_mutex`. */
struct answerer {
    const struct settings *settings;
    struct local_engine *local;
    struct journal_reader *reader; /* NULL until the journal is there */
    int64_t counted_version;       /* of the journal, when unresolved and dead were counted */
    uint64_t unresolved;
    uint64_t dead;
    struct alert_facts *facts; /* NULL before the first; what the alerts are judged by */
    bool engine_runs;
    int64_t facts_us, facts_version; /* monotonic; of the journal */
    struct target *target;           /* NULL until opened */
    unsigned target_tries;
    int64_t target_next_us; /* monotonic: no try before it */
    struct error target_error;
    pthread_mutex_t interrupt_mutex;
    bool ending; /* under it: the console is left */
};

/* Fills *reply (its arena, union and found); false with *err when it cannot. Worker thread. */
typedef bool answer_fn(struct answerer *answerer, const struct lookup_request *request,
                       struct lookup_reply *reply, struct error *err);

answer_fn answer_status, answer_failures, answer_groups, answer_failure, answer_commands,
    answer_runs, answer_send, answer_export, answer_log;
answer_fn answer_plans, answer_plan, answer_plan_rows, answer_plan_fields, answer_plan_export;
answer_fn answer_alerts, answer_audit, answer_handover;
answer_fn answer_rows, answer_document, answer_timeline, answer_inspection;
answer_fn answer_customers, answer_customer, answer_reviews;

/* A thread with every signal blocked but the crash ones: the others belong to main's signalfd. */
bool worker_start(pthread_t *ret_thread, void *(*run)(void *), void *context);

/* The journal may appear later than the console: tried at each request until it is there. */
MUST_CHECK bool answerer_need_reader(struct answerer *answerer, struct error *err);
/* The engine's part of a status, and the journal's version; the reader is there. */
MUST_CHECK bool answerer_read_engine(struct answerer *answerer, struct lookup_status *status,
                                     struct error *err);
/* Judges the rules; the facts are read anew when the journal was written, or have become old. */
MUST_CHECK bool answerer_judge(struct answerer *answerer, const struct lookup_status *status,
                               struct alerts *ret_alerts, struct error *err);
/* To the new file that the request names in source_id. */
MUST_CHECK bool answerer_export(struct answerer *answerer, const struct lookup_request *request,
                                export_write_fn *write, const void *what, uint64_t *ret_count,
                                struct error *err);
void answerer_close_journal(struct answerer *answerer);
/* At once with the reason while the target is down. */
MUST_CHECK bool answerer_need_target(struct answerer *answerer, struct error *err);
void answerer_close_target(struct answerer *answerer);
void answerer_interrupt(struct answerer *answerer); /* any thread */
void answerer_end(struct answerer *answerer);       /* any thread: interrupts, for good */
bool answerer_is_ending(struct answerer *answerer);

#endif
