/* An engine that follows a source on a stage: source, writers and survey thread are played, the
 * journal is real. What the engine asks of them is written down; the test answers. */
#ifndef ORDERSYNC_TESTS_STAGE_H
#define ORDERSYNC_TESTS_STAGE_H

#include "engine/state.h"
#include "lib/ledger.h"

#define STAGE_JOBS 128

struct stage {
    struct ledger *ledger;
    struct engine *engine;
    struct settings *settings;
    /* the source */
    listen_fn *event;
    void *context;
    unsigned starts, restarts, stops;
    struct listen_start start; /* of the last start or restart; token in `token` */
    char token[64];
    bool held;
    page_done_fn *page_done;
    void *page_context;
    fetch_done_fn *fetch_done;
    void *fetch_context;
    char fetched[1024]; /* ids asked for, joined by spaces */
    unsigned splits;
    /* the writers */
    struct job *jobs[STAGE_JOBS]; /* handed out, not given back yet, oldest first */
    size_t job_count;
    struct result *results[STAGE_JOBS];
    size_t result_count;
    unsigned writers;
    bool writers_full;
    /* the survey */
    const char *young; /* ids that stage_opened() answers with; NULL none */
    bool asked, answered;
    struct survey_answer answer;
};

/* cmocka's setup and teardown; the engine begins with stage_begin(), `deletes` as the setting. */
int stage_setup(void **state);
int stage_teardown(void **state);
void stage_begin(struct stage *stage, const char *deletes);
void stage_turn(struct stage *stage); /* some turns of the engine's loop */
/* The end of this engine and a new one on the same journal, not begun yet. */
void stage_restart(struct stage *stage, const char *deletes);

/* Up to OPENED: of a journal that knows nothing, and of one that knows a token. */
void stage_follow(struct stage *stage);
void stage_know(struct stage *stage, const char *token, bool complete);
/* Both, with the token "t0" of a complete set, deletes being tombstones. */
void stage_from_token(struct stage *stage);

void stage_opened(struct stage *stage, enum listen_resume resumed);
void stage_document(struct stage *stage, const char *id);
/* Documents that different writers get: `first`, and more until the second job is out. The last
 * one's id, valid until the next call. */
const char *stage_other_lane(struct stage *stage, const char *first);
void stage_gone(struct stage *stage, const char *id, int64_t at_ns);
void stage_tell(struct stage *stage, enum listen_event_kind kind, const char *id);
void stage_snapshot(struct stage *stage, const char *token, int64_t read_time_ns);
void stage_failed(struct stage *stage, enum error_id id);
void stage_filter(struct stage *stage, int64_t count);
void stage_time(struct stage *stage, int64_t read_time_ns); /* answers a page of one */
/* Answers a fetch: these are gone (joined by spaces, "" none), the rest is found. */
void stage_fetched(struct stage *stage, const char *missing, int64_t read_time_ns);
void stage_view(struct stage *stage, uint64_t view);
/* Compares the listing with these ids, joined by spaces, in order. */
void stage_live(struct stage *stage, const char *ids);

/* Gives job number i (of those out) back: all of it landed, or its first document failed. */
void stage_land(struct stage *stage, size_t i);
void stage_fail(struct stage *stage, size_t i, const char *id);
/* Not committed: its writer found the target behind what it had acknowledged. */
void stage_lose(struct stage *stage, size_t i);
/* Every document that was found failed, what is gone landed. */
void stage_fail_found(struct stage *stage, size_t i);
/* "a b -c@7": documents as they were told, and gone ones. */
const char *stage_job_text(struct stage *stage, size_t i);

/* The listener's row: "token/read_time/complete/has a run", or "none". */
const char *stage_row(struct stage *stage);

#endif
