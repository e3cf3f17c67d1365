/* What a document becomes: rows for the order tables, a customer candidate, drift; and the change
 * that carries it through apply or plan. All memory is the batch's arena. */
#ifndef ORDERSYNC_MODEL_ORDER_H
#define ORDERSYNC_MODEL_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/uuid.h"
#include "model/digest.h"
#include "model/document.h"
#include "model/sale.h"
#include "model/table.h"
#include "model/value.h"

/* Cells stand in the order of table->columns, text in PostgreSQL's own output form, data NULL = SQL
 * NULL. */
struct row {
    struct str *cells;
};
struct row_list {
    struct row *rows; /* sorted by key, keys unique */
    size_t count;
    size_t cap;
};

struct order {
    struct uuid order_id;
    char order_id_text[UUID_TEXT_SIZE];
    struct row_list tables[TABLE_COUNT]; /* TABLE_ORDERS has exactly one row */
};

/* The order of rows everywhere: key cells as bytes (str_compare), first to last; not PostgreSQL's
 * collation or number order, so rows read back are sorted with row_list_sort() too. */
int row_key_compare(const struct table *table, const struct row *a, const struct row *b);
void row_list_sort(const struct table *table, struct row_list *list);
/* A new row at the end, all cells NULL. */
struct row *row_list_add(const struct table *table, struct row_list *list, struct arena *arena);

/* Attributes of a customer as this document carries them; data NULL = key absent. */
struct customer_candidate {
    bool present;         /* somebody can be told by it: an id or a match key */
    bool existing_only;   /* links to a customer who is there, and makes none (Stripe) */
    struct str source_id; /* Shopify customer id, decimal text */
    struct str email;
    struct str email_match; /* NULL when there is none: never '' */
    struct str phone;
    struct str phone_match;
    struct str first_name;
    struct str last_name;
    struct str state;
    struct str tags; /* text[] form */
    struct str note;
    struct str currency;
    struct str email_consent;   /* jsonb */
    struct str sms_consent;     /* jsonb */
    struct str default_address; /* jsonb */
    struct str tax_exempt;      /* t / f */
    struct str verified_email;
    struct str created_at; /* timestamptz text */
    struct str updated_at;
};

enum drift_kind { DRIFT_UNKNOWN_FIELD, DRIFT_UNEXPECTED_TYPE, DRIFT_VALUE_RULE, DRIFT_KIND_COUNT };
const char *drift_kind_name(enum drift_kind kind);
struct drift {
    enum drift_kind kind;
    struct str path;   /* "line_items[].sku"; no values, no personal data */
    struct str detail; /* type seen, or the rule's short name */
};
struct drift_list {
    struct drift *items;
    size_t count;
    size_t cap;
};

enum outcome {
    OUTCOME_NONE,
    OUTCOME_CREATED,
    OUTCOME_UPDATED,
    OUTCOME_DELETED,
    OUTCOME_UNCHANGED,  /* same version, digest and mapping version: zero rows written */
    OUTCOME_STALE,      /* the target holds a newer version: nothing written, counts as unchanged */
    OUTCOME_HELD,       /* waits for a person: change->error says why */
    OUTCOME_FAILED,     /* change->error */
    OUTCOME_UNATTACHED, /* stored, but no sale matches it (Printful): listed, never invented */
    OUTCOME_MOVED,      /* source or target changed since the plan saw it: nothing written */
    OUTCOME_ABSENT, /* asked for, but neither its source nor the target knows it: nothing written */
    OUTCOME_COUNT
};
const char *outcome_name(enum outcome outcome);

/* An attached document makes no order: it belongs to the one its reference finds, and contributes
 * rows of order_fulfillments, the order's status, and line items where the sale has none. */
struct attachment {
    bool present; /* this document attaches (Printful) */
    enum sale_link link;
    struct str metadata_key; /* LINK_METADATA */
    struct str reference;    /* the external_id; data NULL: none, so nothing matches */
};

/* What a plan saw: applied only while source and target are still so. */
struct expectation {
    bool present;
    int64_t version; /* the document's */
    struct digest digest;
    bool known; /* the target knew it */
    int64_t target_version;
    struct digest target_digest;
    int64_t order_version; /* orders.version, 0: no order: plain SQL edits move it too */
};

/* One observed create, update or delete on its way into the target. */
struct change {
    struct document document;
    struct digest digest;
    struct str json; /* source_documents.document as jsonb text; NULL when deleted */
    struct str loss; /* jsonb text or NULL */
    struct str api_shape;
    enum error_id hold; /* a delete: held for this reason instead of removing a live document */
    bool asked_for;     /* a delete that leaves no tombstone where the target knows no document: a
                         * person asked, nobody saw it being deleted */
    bool stub;          /* {id} alone: never applied, but held */
    bool current;       /* read by id for a repair: replaces whatever the target holds from before
                           observed_ns, an equal or newer version as well */
    struct order order; /* order_id always set; rows only when not deleted */
    struct customer_candidate customer;
    struct drift_list drift;
    bool create_only; /* a settled document that the target holds is left alone, whatever its
                         digest (a look-back over Stripe) */
    struct attachment attachment;
    struct expectation expect; /* target_plan() fills it, target_apply() holds to it */
    size_t items_added;        /* set by target_apply(): line items that an attached document gave
                                * its sale, which had none */
    const char *stage;         /* "decode", "transform", "apply": where it is; static text */
    enum outcome outcome;      /* set by target_apply()/target_plan() */
    struct error error;        /* for OUTCOME_HELD and OUTCOME_FAILED */
};

#endif
