/* Tokens: self-signed, asked for, or an emulator's. */
#include "source/google_auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/json.h"
#include "source/google_token.h"

#define GCLOUD_FILE "application_default_credentials.json"
#define EXCHANGE_TIMEOUT_US ((int64_t)30 * 1000000)
#define CLOCK_SKEW_S                                                                               \
    10 /* a server whose clock is a little behind must not see a token from the future */

struct waiter {
    struct waiter *next;
    google_auth_fn *done;
    void *context;
};

/* How the authorization comes about. */
struct auth_kind {
    bool constant; /* an emulator's */
    /* What is sent to the server that gives it; NULL: we sign it ourselves. */
    bool (*request)(struct google_auth *auth, struct token_request *ret_request, struct error *err);
};

struct google_auth {
    struct http *http;
    const struct auth_kind *kind;
    char *metadata;
    char *audience;
    char *scope;
    struct google_key key;
    char *authorization; /* NULL: none */
    int64_t expires_us;  /* monotonic: a wall clock set back must not keep a dead token alive */
    struct waiter *waiters;
    struct http_call *call; /* the exchange under way */
    struct buffer reply;
};

void google_auth_close(struct google_auth *auth)
{
    if (auth == NULL)
        return;
    if (auth->call != NULL)
        http_cancel(auth->call);
    while (auth->waiters != NULL)
        google_auth_forget(auth, auth->waiters->context);
    google_key_free(&auth->key);
    secret_free(auth->authorization);
    buffer_free(&auth->reply);
    free(auth->audience);
    free(auth->scope);
    free(auth->metadata);
    free(auth);
}

const char *google_auth_project(const struct google_auth *auth)
{
    return auth->key.project_id == NULL ? "" : auth->key.project_id;
}

const char *google_auth_user_project(const struct google_auth *auth)
{
    return auth->key.quota_project_id == NULL ? "" : auth->key.quota_project_id;
}

void google_auth_refuse(struct google_auth *auth)
{
    secret_free(auth->authorization);
    auth->authorization = NULL;
}

static void auth_set(struct google_auth *auth, struct str token, int64_t lifetime_s)
{
    google_auth_refuse(auth);
    auth->authorization = memory_format("Bearer %.*s", STR_ARG(token));
    auth->expires_us = clock_monotonic_us() + lifetime_s * 1000000;
}

/* ---- waiters ---- */

void google_auth_forget(struct google_auth *auth, void *context)
{
    struct waiter **link = &auth->waiters;
    while (*link != NULL) {
        struct waiter *waiter = *link;
        if (waiter->context == context) {
            *link = waiter->next;
            free(waiter);
        } else {
            link = &waiter->next;
        }
    }
}

/* One at a time from the list, as a callback may forget others; who asks again meanwhile waits for
 * the next. */
static void auth_answer(struct google_auth *auth, const char *authorization,
                        const struct error *err)
{
    size_t count = 0;
    for (const struct waiter *at = auth->waiters; at != NULL; at = at->next)
        count++;
    for (; count > 0 && auth->waiters != NULL; count--) {
        struct waiter *waiter = auth->waiters;
        auth->waiters = waiter->next;
        waiter->done(waiter->context, authorization, err);
        free(waiter);
    }
}

static void auth_wait(struct google_auth *auth, google_auth_fn *done, void *context)
{
    struct waiter *waiter = memory_alloc(sizeof(*waiter));
    struct waiter **end = &auth->waiters;
    while (*end != NULL)
        end = &(*end)->next;
    *waiter = (struct waiter){.next = NULL, .done = done, .context = context};
    *end = waiter;
}

/* ---- self-signed ---- */

/* For the API itself, or as an assertion for the token server. */
static bool auth_sign(struct google_auth *auth, bool assertion, char **ret_token, struct error *err)
{
    int64_t now_s = clock_wall_us() / 1000000;
    const struct google_key *key = &auth->key;
    struct jwt_claims claims = {
        .key_id = key->private_key_id,
        .issuer = key->client_email,
        .subject = assertion ? NULL : key->client_email,
        .audience = assertion ? key->token_uri : auth->audience,
        .scope = assertion ? auth->scope : NULL,
        .issued_s = now_s - CLOCK_SKEW_S,
        .expires_s = now_s - CLOCK_SKEW_S + GOOGLE_AUTH_LIFETIME_S,
    };
    return jwt_sign(key->key, &claims, ret_token, err);
}

/* ---- asking a token server ---- */

static bool reply_data(void *context, const char *bytes, size_t len)
{
    struct google_auth *auth = context;
    buffer_append(&auth->reply, bytes, len);
    return buffer_ok(&auth->reply);
}

/* {"error": "invalid_grant", "error_description": "..."}: the words help, and hold no secret. */
static void refusal_text(const struct value *reply, char *ret_text, size_t size)
{
    const struct value *code = value_get(reply, "error");
    const struct value *words = value_get(reply, "error_description");
    struct str a = code != NULL && code->kind == VALUE_STRING ? code->text : STR("no reason given");
    struct str b = words != NULL && words->kind == VALUE_STRING ? words->text : STR("");
    snprintf(ret_text, size, "%.*s%s%.*s", STR_ARG(a), b.len > 0 ? ": " : "", STR_ARG(b));
}

static bool take_token(struct google_auth *auth, const struct value *reply, struct error *err)
{
    const struct value *token = value_get(reply, "access_token");
    const struct value *expires = value_get(reply, "expires_in");
    if (token == NULL || token->kind != VALUE_STRING || token->text.len == 0 ||
        memchr(token->text.data, '\n', token->text.len) != NULL ||
        memchr(token->text.data, '\r', token->text.len) != NULL)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "the token server's reply holds no token");
    int64_t lifetime = expires != NULL && expires->kind == VALUE_INT ? expires->integer : 0;
    if (lifetime <= 0 || lifetime > 86400)
        lifetime = GOOGLE_AUTH_LIFETIME_S;
    auth_set(auth, token->text, lifetime);
    return true;
}

static bool status_is_transient(int status)
{
    return status >= 500 || status == 429 || status == 408;
}

static bool reply_judge(struct google_auth *auth, int status, const struct value *reply,
                        struct error *err)
{
    char text[200];
    if (status == 200 && reply != NULL)
        return take_token(auth, reply, err);
    if (status_is_transient(status))
        error_set(err, ERROR_SOURCE_UNAVAILABLE, "token server: HTTP status %d", status);
    else if (reply == NULL)
        error_set(err, ERROR_SOURCE_PROTOCOL, "token server: HTTP status %d and no JSON", status);
    else {
        refusal_text(reply, text, sizeof(text));
        error_set(err, ERROR_TOKEN_REFUSED, "token server: HTTP status %d, %s", status, text);
    }
    err->http_status = status;
    return false;
}

static bool reply_read(struct google_auth *auth, const struct http_result *result,
                       struct error *err)
{
    if (result->end == HTTP_END_TLS)
        return error_set(err, ERROR_SOURCE_TLS, "token server: %s", result->text);
    if (result->end == HTTP_END_STOPPED)
        return error_set(err, ERROR_SOURCE_PROTOCOL, "token server: the reply is too large");
    if (result->end != HTTP_END_COMPLETE)
        return error_set(err, ERROR_SOURCE_UNAVAILABLE, "token server: %s", result->text);
    struct arena arena = {.block_size = 0};
    const struct value *reply = NULL;
    if (!json_parse(buffer_str(&auth->reply), &arena, &reply, NULL) || reply->kind != VALUE_MAP)
        reply = NULL;
    bool ok = reply_judge(auth, result->status, reply, err);
    arena_free(&arena);
    return ok;
}

static void exchange_done(void *context, const struct http_result *result)
{
    struct google_auth *auth = context;
    struct error error = {.id = ERROR_NONE};
    auth->call = NULL;
    bool ok = reply_read(auth, result, &error);
    if (auth->reply.data != NULL)
        explicit_bzero(auth->reply.data, auth->reply.cap);
    buffer_free(&auth->reply);
    auth_answer(auth, ok ? auth->authorization : NULL, ok ? NULL : &error);
}

static bool request_assertion(struct google_auth *auth, struct token_request *ret_request,
                              struct error *err)
{
    char *assertion;
    if (!auth_sign(auth, true, &assertion, err))
        return false;
    token_request_assertion(auth->key.token_uri, assertion, ret_request);
    secret_free(assertion);
    return true;
}

static bool request_user(struct google_auth *auth, struct token_request *ret_request,
                         struct error *err)
{
    (void)err;
    token_request_user(&auth->key, ret_request);
    return true;
}

static bool request_metadata(struct google_auth *auth, struct token_request *ret_request,
                             struct error *err)
{
    (void)err;
    token_request_metadata(auth->metadata, ret_request);
    return true;
}

static bool exchange_start(struct google_auth *auth, struct error *err)
{
    struct token_request what;
    if (!auth->kind->request(auth, &what, err))
        return false;
    struct http_request request = {
        .url = what.url,
        .headers = what.headers,
        .header_count = what.header_count,
        .cleartext_allowed = what.local,
        .direct = what.local,
        .post = what.body != NULL,
        .body = what.body,
        .body_len = what.body == NULL ? 0 : strlen(what.body),
        .timeout_us = EXCHANGE_TIMEOUT_US,
    };
    struct http_handler handler = {NULL, reply_data, exchange_done, auth};
    buffer_clear(&auth->reply);
    bool ok = http_start(auth->http, &request, &handler, &auth->call, err);
    token_request_free(&what);
    return ok;
}

static const struct auth_kind kind_emulator = {.constant = true};
static const struct auth_kind kind_signed = {.request = NULL};
static const struct auth_kind kind_assertion = {.request = request_assertion};
static const struct auth_kind kind_user = {.request = request_user};
static const struct auth_kind kind_metadata = {.request = request_metadata};

/* ---- open ---- */

static bool check_metadata(const char *host, struct error *err)
{
    struct token_request request;
    token_request_metadata(host, &request);
    bool ok = http_check_url(request.url, true, err);
    token_request_free(&request);
    return ok || error_prefix(err, "metadata server");
}

/* The file that is set, or gcloud's when there is one. The caller frees; NULL: neither. */
static char *find_file(const struct google_auth_options *options)
{
    if (options->file != NULL && options->file[0] != '\0')
        return memory_string(options->file);
    if (options->folder == NULL || options->folder[0] == '\0')
        return NULL;
    char *path = memory_format("%s/" GCLOUD_FILE, options->folder);
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* Application default credentials, in their order. */
static bool auth_choose(struct google_auth *auth, const struct google_auth_options *options,
                        struct error *err)
{
    if (options->emulator) {
        auth->kind = &kind_emulator;
        return true;
    }
    char *path AUTO_FREE = find_file(options);
    if (path == NULL && options->metadata != NULL) {
        auth->kind = &kind_metadata;
        auth->metadata = memory_string(options->metadata);
        return check_metadata(options->metadata, err);
    }
    if (path == NULL)
        return error_set(err, ERROR_CREDENTIALS_MISSING,
                         "set GOOGLE_APPLICATION_CREDENTIALS to a credentials file, log in with "
                         "gcloud, or on Google Cloud set google_metadata");
    if (!google_key_read(path, &auth->key, err))
        return false;
    if (auth->key.kind == GOOGLE_KEY_AUTHORIZED_USER)
        auth->kind = &kind_user;
    else
        auth->kind = options->exchange ? &kind_assertion : &kind_signed;
    return true;
}

bool google_auth_open(struct http *http, const struct google_auth_options *options,
                      struct google_auth **ret_auth, struct error *err)
{
    struct google_auth *auth = memory_zero(1, sizeof(*auth));
    auth->http = http;
    auth->audience = memory_string(options->audience);
    auth->scope = memory_string(options->scope);
    auth->reply.max = GOOGLE_AUTH_MAX_REPLY;
    if (!auth_choose(auth, options, err)) {
        google_auth_close(auth);
        return false;
    }
    *ret_auth = auth;
    return true;
}

/* ---- the way in ---- */

static bool auth_is_fresh(const struct google_auth *auth)
{
    return auth->authorization != NULL &&
           clock_monotonic_us() < auth->expires_us - GOOGLE_AUTH_REFRESH_US;
}

static bool auth_self_sign(struct google_auth *auth, struct error *err)
{
    char *token;
    if (!auth_sign(auth, false, &token, err))
        return false;
    auth_set(auth, str_from(token), GOOGLE_AUTH_LIFETIME_S - CLOCK_SKEW_S);
    secret_free(token);
    return true;
}

void google_auth_get(struct google_auth *auth, google_auth_fn *done, void *context)
{
    struct error error = {.id = ERROR_NONE};
    if (auth->kind->constant) {
        done(context, "Bearer owner", NULL);
        return;
    }
    if (!auth_is_fresh(auth) && auth->kind->request != NULL) {
        if (auth->call == NULL && !exchange_start(auth, &error)) {
            done(context, NULL, &error);
            return;
        }
        auth_wait(auth, done, context);
        return;
    }
    if (!auth_is_fresh(auth) && !auth_self_sign(auth, &error)) {
        done(context, NULL, &error);
        return;
    }
    done(context, auth->authorization, NULL);
}
