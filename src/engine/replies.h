/* The engine's status, rows of the target, and what would become of them, as the console is told
 * them: part of engine/requests.h. */
#ifndef ORDERSYNC_ENGINE_REPLIES_H
#define ORDERSYNC_ENGINE_REPLIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "journal/inspection.h"
#include "journal/status.h"
#include "model/order.h"
#include "model/value.h"

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

/* What one field of a row would become; an order's column, or one of its rows'. */
struct lookup_field {
    const char *table, *key, *field; /* key: which row of the table, "" of the order itself */
    struct str before, after;        /* data NULL: SQL NULL */
    bool personal;
    const char *rule; /* of an inspection: how the column is filled, "money total_price" */
};
/* What the newest document of its source would do, as far as somebody or a dry run has looked. */
struct lookup_inspection {
    struct inspection at;
    struct lookup_field *fields; /* of its plan's row */
    size_t count;
    uint64_t cut; /* fields that are not kept */
};

/* A customer; texts are never NULL, and name, e-mail and phone are personal. */
struct lookup_customer {
    const char *id, *shop_id;
    const char *name, *email, *phone;
    const char *segment;
    int64_t orders;
    const char *spent;      /* "89.50 EUR, 7.00 USD" */
    int64_t last_active_us; /* TIME_NONE: never */
    int64_t open_reviews;
    bool merged; /* into another */
};
struct lookup_customer_order {
    enum source_kind source;
    const char *source_id;
    const char *label, *status;
    const char *payment; /* "paid", "paid, test" */
    const char *total;   /* "12.90 EUR" */
    int64_t at_us;       /* TIME_NONE: not known */
    bool manual;         /* linked by a person */
};
/* Two customers that may be one person. */
struct lookup_review {
    int64_t id;
    const char *state; /* open, merged, kept_apart */
    const char *reason;
    int64_t opened_us;
    const char *decided_by, *note;
    const char *origin, *origin_id;   /* of the order that raised it; "" none */
    struct lookup_customer people[2]; /* the stronger match first: a merge keeps it */
};

#endif
