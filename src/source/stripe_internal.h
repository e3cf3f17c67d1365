/* What the files of the Stripe source share; nobody else includes this. */
#ifndef ORDERSYNC_SOURCE_STRIPE_INTERNAL_H
#define ORDERSYNC_SOURCE_STRIPE_INTERNAL_H

#include "source/lookback.h"
#include "source/page.h"
#include "source/rest.h"

/* The shape of answers that the mapping knows; without it the account's own default answers. */
#define STRIPE_VERSION "2026-08-26.dahlia"
#define STRIPE_LIST_MAX 100
#define STRIPE_PATH_MAX (8u << 10)
/* Line items or refunds of one session: above the 100 that Stripe allows, and a bound for a list
 * that does not end. */
#define STRIPE_SUBLIST_MAX 10000
/* Raw bytes of one page or fetch. */
#define STRIPE_PAGE_BYTES (128u << 20)

struct source {
    struct rest *rest;
    const char *identity;
};

/* ---- stripe_session.c: one session until it is whole ---- */

/* A list that hangs on a session, read to its end. */
struct stripe_sublist {
    struct buffer items; /* the elements, with commas between */
    size_t count;
    char *last; /* id of the last one, NULL: none yet */
    unsigned restarts;
    bool asked; /* a request was made; otherwise what came with the session is all */
    bool known; /* to its end */
};

struct stripe_session {
    struct stripe_group *group;
    char *id;
    struct buffer text; /* as Stripe sent it; empty: not read yet */
    struct stripe_sublist lists[2];
    struct error error; /* why it stays in part */
    bool gone;
};

/* Sessions that are made whole together: those of a list page, or those asked for by id. */
struct stripe_group {
    struct rest_job job; /* of the walk or fetch that begins with the group */
    struct source *source;
    struct stripe_session *sessions;
    size_t count;
    bool refunds;                               /* wanted with each session */
    size_t pending;                             /* sessions that are not whole yet */
    int64_t read_time_ns;                       /* the oldest answer's */
    struct error error;                         /* concerns all: nothing is delivered */
    void (*finish)(struct stripe_group *group); /* all are whole, or error is set */
};
/* Room for `count` sessions; begin each with one of the two below, then stripe_group_go(). */
void stripe_group_begin(struct stripe_group *group, struct source *source, size_t count);
void stripe_group_add(struct stripe_group *group, struct str id, struct str text);
void stripe_group_go(struct stripe_group *group); /* may call finish() at once */
void stripe_group_fail(struct stripe_group *group, const struct error *err);
/* The answers so far are at least so new. */
void stripe_group_asked(struct stripe_group *group, int64_t asked_ns);
/* The documents, gone ones left out; NULL and group->error when they do not fit. */
struct page *stripe_group_page(struct stripe_group *group);
void stripe_group_free(struct stripe_group *group); /* not the struct itself */

/* ---- operations of source_ops and lookback_ops ---- */
void stripe_walk(struct source *source, const struct lookback_window *window, const char *cursor,
                 lookback_done_fn *done, void *context);
void stripe_fetch(struct source *source, const char *const *ids, size_t count, fetch_done_fn *done,
                  void *context);
bool stripe_decode(const struct page *page, size_t i, struct arena *arena,
                   struct document *ret_document, struct error *err);

#endif
