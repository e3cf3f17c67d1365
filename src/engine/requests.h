/* What the console may ask, and what it is told: part of engine/boundary.h, which has the rules. */
#ifndef ORDERSYNC_ENGINE_REQUESTS_H
#define ORDERSYNC_ENGINE_REQUESTS_H

#include "engine/replies.h"
#include "journal/audit.h"
#include "journal/logbook.h"
#include "journal/plan.h"
#include "journal/reader.h"
#include "journal/status.h"
#include "model/personal.h"

enum lookup_kind {
    LOOKUP_STATUS,        /* of the local engine, else as the journal has it */
    LOOKUP_FAILURES,      /* filter, offset, max */
    LOOKUP_GROUPS,        /* filter, max */
    LOOKUP_FAILURE,       /* failure_id */
    LOOKUP_COMMANDS,      /* max */
    LOOKUP_RUNS,          /* max */
    LOOKUP_SEND,          /* command, arguments, reason */
    LOOKUP_ROWS,          /* source, source_id */
    LOOKUP_DOCUMENT,      /* source, source_id */
    LOOKUP_TIMELINE,      /* source, source_id */
    LOOKUP_PLANS,         /* max */
    LOOKUP_PLAN,          /* plan_id; pick, with its ids in arguments: what it comes to */
    LOOKUP_PLAN_ROWS,     /* plan_id, plan_filter, offset, max */
    LOOKUP_PLAN_FIELDS,   /* plan_row */
    LOOKUP_ALERTS,        /* every rule of the engine, judged now */
    LOOKUP_AUDIT,         /* audit, offset, max */
    LOOKUP_HANDOVER,      /* audit.since_us */
    LOOKUP_INSPECTION,    /* source, source_id */
    LOOKUP_DEEP_GROUPS,   /* GROUPS and FAILURES that were cut, to the end, on a thread of their */
    LOOKUP_DEEP_FAILURES, /* own: a newer one of its kind interrupts it */
    LOOKUP_EXPORT,        /* filter; path in source_id: writes all that match to a new file */
    LOOKUP_PLAN_EXPORT,   /* plan_id, plan_filter; path in source_id: the same with a plan's rows */
    LOOKUP_CUSTOMERS,     /* arguments: what to look for; max */
    LOOKUP_CUSTOMER,      /* source_id: our id; max: its orders */
    LOOKUP_REVIEWS,       /* max */
    LOOKUP_LOG,           /* max lines behind number `offset`, of an engine in another process */
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
    char plan_id[40];     /* a unique beginning, or "last" */
    struct plan_filter plan_filter;
    unsigned pick_actions, pick_sources; /* of struct plan_pick; its ids are `arguments` */
    int64_t plan_row;
    struct audit_filter audit;
    char command[24];
    const char *arguments; /* JSON; copied */
    const char *reason;    /* may be NULL; copied */
};

/* Owned by whoever took it; pointers inside live as long as the reply. Read-only once taken. */
struct lookup_reply {
    enum lookup_kind kind;
    uint64_t ticket;
    struct lookup_request request; /* arguments and reason are not kept */
    bool ok, found;                /* found: for one order's data, the target has it at all */
    struct error error;            /* when not ok */
    struct arena arena;
    union {
        struct lookup_status status;
        struct {
            struct failure_row *rows;
            size_t count;
            bool cut; /* time was over before the page was full: ask deep */
        } failures;
        struct {
            struct failure_group *groups;
            size_t count;
            uint64_t total, hidden; /* failures that match; unresolved ones that do not */
            bool cut;               /* time was over: these are the newest part; ask deep */
        } groups;
        uint64_t exported; /* failures, or rows of a plan, written */
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
        struct {
            struct plan_summary *rows; /* newest first */
            size_t count;
        } plans;
        struct {
            struct plan_summary summary;
            struct plan_weight weight; /* of the pick */
        } plan;
        struct {
            struct plan_row *rows;
            size_t count;
            uint64_t total; /* rows the filter matches */
        } plan_rows;
        struct {
            struct lookup_field *fields;
            size_t count;
            uint64_t cut; /* fields that are not kept */
        } plan_fields;
        struct alerts alerts;
        struct {
            struct command_row *rows; /* newest first */
            size_t count;
            uint64_t total; /* rows the filter matches */
        } audit;
        struct str handover; /* as a page of text */
        struct lookup_inspection inspection;
        struct {
            struct lookup_customer *list;
            size_t count;
        } customers;
        struct {
            struct lookup_customer_order *list; /* newest first */
            size_t count;
        } customer_orders;
        struct {
            struct lookup_review *list; /* open ones, oldest first, then those decided last */
            size_t count;
        } reviews;
        struct {
            struct log_entry *entries; /* oldest first */
            size_t count;
        } log;
    };
};

#endif
