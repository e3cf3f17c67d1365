/* The boundary between the console and everything else. The console knows the journal, the target
 * and the engine only through this header: requests go in, owned replies come out, a wake fd says
 * when. No libpq, libcurl, SQLite, target or source type crosses it.
 *
 * Two worker threads stand behind it, one per connection, so that a target that is down never
 * delays what the journal can answer. UI thread only, unless a function says otherwise. */
#ifndef ORDERSYNC_ENGINE_BOUNDARY_H
#define ORDERSYNC_ENGINE_BOUNDARY_H

#include "base/settings.h"
#include "engine/engine.h"
#include "journal/reader.h"
#include "model/personal.h"
#include "model/value.h"

/* ---- an engine inside the console's process ---- */

struct local_engine;
enum local_state { LOCAL_STARTING, LOCAL_RUNNING, LOCAL_DRAINING, LOCAL_ENDED };

/* Starts an engine on a thread of its own, because starting may wait for the target; returns at
 * once. `settings` is borrowed until local_engine_free(). */
struct local_engine *local_engine_start(const struct settings *settings,
                                        const struct engine_options *options);
/* *ret_error (may be NULL) is what ended it, ERROR_NONE when nothing did. Any thread. */
enum local_state local_engine_state(struct local_engine *local, struct error *ret_error);
/* The engine's own status; false while it starts and after its end. Any thread. */
bool local_engine_status(struct local_engine *local, struct engine_status *ret_status);
void local_engine_stop(struct local_engine *local); /* drain; returns at once; any thread */
void local_engine_free(struct local_engine *local); /* stops, waits for the end; NULL is fine */

/* ---- requests and replies ---- */

enum lookup_kind {
    LOOKUP_STATUS,   /* of the local engine, else as the journal has it */
    LOOKUP_FAILURES, /* filter, offset, max */
    LOOKUP_GROUPS,   /* filter, max */
    LOOKUP_FAILURE,  /* failure_id */
    LOOKUP_COMMANDS, /* max */
    LOOKUP_RUNS,     /* max */
    LOOKUP_SEND,     /* command, arguments, reason */
    LOOKUP_ROWS,     /* source, source_id */
    LOOKUP_DOCUMENT, /* source, source_id */
    LOOKUP_TIMELINE, /* source, source_id */
    LOOKUP_KIND_COUNT
};

struct lookup_request {
    enum lookup_kind kind;
    struct failure_filter filter;
    uint64_t offset;
    size_t max;
    int64_t failure_id;
    enum source_kind source;
    char source_id[1536]; /* Firestore allows 1500 bytes */
    char command[24];
    const char *arguments; /* JSON object; copied */
    const char *reason;    /* may be NULL; copied */
};

struct lookup_status {
    bool have_engine; /* `engine` was read; false: no engine ever wrote here */
    bool local;       /* it came from this process's own engine */
    struct engine_status engine;
    int64_t version;                   /* changes whenever the journal was written */
    uint64_t unresolved, dead, alerts; /* alerts: firing, neither acknowledged nor silenced */
    bool have_alerts;                  /* the engine's rules were looked at */
};
/* One column of one row that belongs to the order. */
struct lookup_cell {
    const char *table;
    unsigned row; /* 0.. within the table */
    const char *column;
    struct str value; /* data NULL: SQL NULL */
    bool personal;
};
struct lookup_document {
    const struct value *content; /* NULL when deleted */
    int64_t version, observed_us;
    bool deleted;
};
/* One audit entry of the order. */
struct lookup_event {
    int64_t at_us;
    const char *table, *action; /* insert, update, delete */
    const char *actor;          /* operator, run, plan or database role */
    struct str detail;          /* changed fields, personal ones left out */
    int64_t version;
};

/* Owned by whoever took it; pointers inside live as long as the reply. Read-only once taken. */
struct lookup_reply {
    enum lookup_kind kind;
    uint64_t ticket;
    struct lookup_request request; /* arguments and reason are not kept */
    bool ok;
    bool found;         /* for one order's data: the target has it at all */
    struct error error; /* when not ok */
    struct arena arena;
    union {
        struct lookup_status status;
        struct {
            struct failure_row *rows;
            size_t count;
            uint64_t total; /* rows the filter matches */
        } failures;
        struct {
            struct failure_group *groups;
            size_t count;
            uint64_t total, hidden; /* failures that match; unresolved ones that do not */
        } groups;
        struct failure_detail failure;
        struct {
            struct command_row *rows; /* newest first */
            size_t count;
        } commands;
        struct {
            struct run_row *rows;
            size_t count;
        } runs;
        int64_t command_id;
        struct {
            struct lookup_cell *cells; /* by table, then row, then column */
            size_t count;
        } rows;
        struct lookup_document document;
        struct {
            struct lookup_event *events; /* newest first */
            size_t count;
        } timeline;
    };
};

struct lookup;

/* Starts the workers; connections are opened when first needed. `local` (may be NULL) and
 * `settings` are borrowed until lookup_close(). */
MUST_CHECK bool lookup_open(const struct settings *settings, struct local_engine *local,
                            struct lookup **ret_lookup, struct error *err);
/* Ends the workers: waits for at most the call under way, which is interrupted. NULL is fine. */
void lookup_close(struct lookup *lookup);
int lookup_fd(const struct lookup *lookup); /* readable when a reply waits */
/* Queues a request and returns its ticket. A request replaces an unanswered older one of its kind,
 * but LOOKUP_SEND: those keep their order, up to 32, past which 0 is returned. */
uint64_t lookup_ask(struct lookup *lookup, const struct lookup_request *request);
/* The next reply, or NULL; free it with lookup_reply_free(). */
struct lookup_reply *lookup_take(struct lookup *lookup);
void lookup_reply_free(struct lookup_reply *reply); /* NULL is fine */

#endif
