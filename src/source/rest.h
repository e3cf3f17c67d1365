/* A client of one JSON API that is only read: GET and nothing else. It paces itself (a token
 * bucket, at most REST_IN_FLIGHT requests under way), obeys what the answers say about the rate
 * before the limit is hit, and asks again where a table says so (rest_answer.h). Owned by one
 * thread; only rest_wake() may be called elsewhere.
 *
 * What holds for every request is http.h's: TLS verified, no redirect followed, cleartext toward
 * loopback alone. The key stands in a header, and is taken out of every text that becomes an error.
 */
#ifndef ORDERSYNC_SOURCE_REST_H
#define ORDERSYNC_SOURCE_REST_H

#include "base/error.h"
#include "base/settings.h"
#include "source/rest_answer.h"
#include "source/source.h"

#define REST_IN_FLIGHT 4
#define REST_MAX_BODY (32u << 20)
/* Tries of a request that is answered, but not with what was asked for: a page that is no JSON, or
 * (with rest_request.bounded) the server's own errors. */
#define REST_TRIES 6

struct rest;

struct rest_options {
    const struct rest_api *api;
    const struct settings *settings; /* read while opening only */
    const char *version;             /* a further header, "name: value", NULL: none */
    char *take_scope;                /* likewise, heap, NULL: none */
};
/* Reads key, address and rate from the settings that api names. Errors: ERROR_SETTING_MISSING with
 * the key's variable, ERROR_SETTING_INVALID, ERROR_SOURCE_ADDRESS, ERROR_INTERNAL. */
MUST_CHECK bool rest_new(const struct rest_options *options, struct rest **ret_rest,
                         struct error *err);
void rest_free(struct rest *rest); /* cancels everything, no callback comes after; NULL is fine */

/* What was received: the body is one whole JSON map (slice_whole) that the api's check took. */
struct rest_reply {
    struct str body;  /* valid during the callback */
    int64_t asked_ns; /* wall clock when this attempt was sent: the answer is at least so new */
};
/* Called from rest_step() only. Either a reply or the final error. */
typedef void rest_done_fn(void *context, const struct rest_reply *reply, const struct error *err);

struct rest_request {
    const char *path;  /* "/v1/refunds?limit=100", copied */
    const void *owner; /* of several requests that can be dropped together */
    bool bounded;      /* the server's errors are final after REST_TRIES: it concerns one order */
    rest_done_fn *done;
    void *context;
};
void rest_get(struct rest *rest, const struct rest_request *request);
/* Forgets the requests of an owner; no callback comes after. Not for requests whose own callback is
 * running, which need no dropping. */
void rest_drop(struct rest *rest, const void *owner);

/* What is done with the help of requests and must be freed when the source closes amid it. First
 * member of the struct of each; rest_free() calls release() for those that have not ended. */
struct rest_job {
    struct rest_job *next;
    void (*release)(struct rest_job *job);
};
void rest_job_begin(struct rest *rest, struct rest_job *job, void (*release)(struct rest_job *job));
void rest_job_end(struct rest *rest, struct rest_job *job);

void rest_step(struct rest *rest, int64_t timeout_us);
void rest_wake(struct rest *rest); /* any thread */
/* waiting_until_us: the latest of the pauses after an error or at the limit, for a countdown.
 * last_error: why the request is asked again that waits longest, whatever others were answered;
 * none where the limit alone is obeyed. */
void rest_meter(const struct rest *rest, struct source_meter *ret_meter);
void rest_count_documents(struct rest *rest, size_t count); /* for the meter */

/* Appends `text` to a query, percent-encoded but for RFC 3986's unreserved characters. */
void rest_append_escaped(struct buffer *path, struct str text);

#endif
