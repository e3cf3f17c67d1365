/* A Stripe made of a few lines, a Stripe source toward it, and what a walk of that source amounts
 * to. The shop is what the test sets, and is answered from on the server's thread: its fields are
 * set only while no request is under way. Everything else is of the test's own thread. */
#ifndef ORDERSYNC_TESTS_STRIPE_PLAY_H
#define ORDERSYNC_TESTS_STRIPE_PLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/api_server.h"
#include "source/lookback.h"

/* Created of session 0; each further one is a second older. */
#define STRIPE_PLAY_NEWEST 1700000000
#define STRIPE_PLAY_SESSIONS 400 /* at most */

/* Session i is cs_test_i of payment intent pi_i; its line items are li_i_0, li_i_1, .. */
struct stripe_shop {
    int sessions;
    int items[STRIPE_PLAY_SESSIONS];
    bool gone[STRIPE_PLAY_SESSIONS];
    const char *status[STRIPE_PLAY_SESSIONS], *payment[STRIPE_PLAY_SESSIONS],
        *mode[STRIPE_PLAY_SESSIONS];
    int refunds[STRIPE_PLAY_SESSIONS]; /* of the session's payment intent */
    bool same_second;                  /* all sessions */
    bool no_expand;                    /* ignores expand[] */
    size_t metadata;                   /* bytes in each session */
    int broken; /* sessions whose further items cannot be read, as a number; -1 */
    int broken_status;
    int empty;  /* at this request an empty page says it goes on */
    int vanish; /* at this request the session it goes on behind is deleted */
};

/* Answers as the shop that `context` is; an api_answer_fn, so that a test can play otherwise in
 * front of it. */
void stripe_play_answer(void *context, const struct api_request *request,
                        struct api_answer *ret_answer);
/* An error as Stripe words it, of request req_9. */
void stripe_play_refuse(struct api_answer *answer, unsigned status, const char *code,
                        const char *param);
/* Appends session i as a page has it; `expand`: with its first line items. */
void stripe_play_session(const struct stripe_shop *shop, struct buffer *text, int i, bool expand);

struct stripe_play {
    struct stripe_shop shop;
    struct api_server *server;
    struct source *source;
    struct settings *settings;
};

/* A shop of so many sessions with so many line items each, and an open source; fails the test when
 * it cannot. The struct must not move until it is closed. */
void stripe_play_open(struct stripe_play *play, int sessions, int items);
void stripe_play_close(struct stripe_play *play);

/* What the source called back with; what it gave away is freed by stripe_answer_free(), of an
 * answer that never came nothing. */
struct stripe_answer {
    bool done;
    struct lookback_page *page;
    struct page *found;
    char **missing;
    size_t missing_count;
    struct error error;
};
/* A lookback_done_fn; `context` is the struct stripe_answer, which is called once. */
void stripe_answer_take_page(void *context, struct lookback_page *take_page,
                             const struct error *err);
void stripe_answer_free(struct stripe_answer *answer);
/* Steps the source until the answer is there; fails the test after five minutes. */
void stripe_play_wait(struct stripe_play *play, const struct stripe_answer *answer);

/* One page of a walk through the whole shop; free it with stripe_answer_free(). */
struct stripe_answer stripe_play_page(struct stripe_play *play, enum lookback_walk walk,
                                      const char *cursor);

/* What a walk to the end amounts to. */
struct stripe_tally {
    size_t pages, documents, checked, failed, references;
    bool seen[STRIPE_PLAY_SESSIONS];
    size_t items[STRIPE_PLAY_SESSIONS];
    struct error error;
};
/* Asserts by the way that of a session's line items none is missing and none comes twice. */
struct stripe_tally stripe_play_walk(struct stripe_play *play, enum lookback_walk walk);
/* Fails the test unless sessions 0 to count - 1 came. */
void stripe_tally_assert_seen(const struct stripe_tally *tally, int count);

#endif
