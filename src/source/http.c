/* Transfers over libcurl. No protocol knowledge beyond HTTP here: gRPC is in grpc.c. */
#include "source/http.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "config.h"

#define CONNECT_TIMEOUT_MS 20000L
#define KEEPALIVE_IDLE_S 30L
#define KEEPALIVE_INTERVAL_S 10L
#define USER_TIMEOUT_MS 60000
#define RECEIVE_BUFFER (512L << 10) /* CURL_MAX_READ_SIZE: fewer, larger reads */
#define MAX_EXTRA_FDS 16u           /* sockets of a second pool: one stream, and what is closing */
#define BLIND_WAIT_MS 50
#define DEAF_LOOKS 4
#define MAX_STREAMS 100L /* what Google's own clients put on one connection */

/* libcurl 7.88 breaks a cleartext HTTP/2 connection when a request with prior knowledge reuses it
 * (CURLE_HTTP2; curl pull request 10643, mended in 8.0), and Debian 12 has 7.88. There, one call
 * opens the connection with prior knowledge and the others join it without, forbidden to open one
 * of their own. Under TLS nothing of this is needed. */
enum join {
    JOIN_NOT,  /* TLS, HTTP/1, or a libcurl without the fault */
    JOIN_OPEN, /* opens a connection, always a new one */
    JOIN_WAIT, /* uses the one that is there or being opened */
};

struct http {
    CURLM *multi;
    struct http_call *calls; /* all under way */
    uint64_t bytes;
    uint64_t bytes_seen;      /* at the latest look for a deaf call */
    unsigned deaf;            /* looks in a row that found a deaf call */
    bool old;                 /* libcurl before 8.0, with its faults in HTTP/2 */
    bool join_up;             /* a cleartext HTTP/2 connection was opened */
    struct http_call *opener; /* the call that opens one now */
};

struct http_call {
    struct http *http;
    struct http_call *previous;
    struct http_call *next;
    CURL *easy;
    struct curl_slist *headers;
    struct http_handler handler;
    struct buffer upload;
    size_t uploaded;     /* bytes of upload that libcurl has taken */
    bool upload_dropped; /* bytes taken were thrown away: no second start */
    bool upload_open;
    bool upload_paused;
    bool fresh;    /* see http_request */
    int socket;    /* the latest one opened for it */
    bool answered; /* a header came */
    bool stopped;  /* by the handler */
    enum join join;
    bool join_refused; /* it was about to open a connection of its own */
    bool joined_again; /* has waited for a second one already */
    char text[CURL_ERROR_SIZE];
};

/* ---- process-wide start ---- */

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void global_init(void)
{
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool http_new(struct http **ret_http, struct error *err)
{
    pthread_once(&global_once, global_init);
    CURLM *multi = global_result == CURLE_OK ? curl_multi_init() : NULL;
    if (multi == NULL)
        return error_set(err, ERROR_INTERNAL, "libcurl could not be initialised");
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, MAX_STREAMS);
    struct http *http = memory_zero(1, sizeof(*http));
    http->multi = multi;
    http->old = curl_version_info(CURLVERSION_NOW)->version_num < 0x080000;
    *ret_http = http;
    return true;
}

/* ---- libcurl's callbacks ---- */

static size_t call_write(char *bytes, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    call->http->bytes += size * count;
    if (call->handler.on_data(call->handler.context, bytes, size * count))
        return size * count;
    call->stopped = true;
    return CURL_WRITEFUNC_ERROR;
}

/* ---- joining ---- */

static void join_forget(struct http_call *call)
{
    if (call->http->opener == call)
        call->http->opener = NULL;
}

static void join_answered(struct http_call *call)
{
    if (call->http->opener != call)
        return;
    call->http->opener = NULL;
    call->http->join_up = true;
}

static void join_as(struct http_call *call, enum join join)
{
    bool open = join == JOIN_OPEN;
    call->join = join;
    call->join_refused = false;
    if (open)
        call->http->opener = call;
    curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, open ? 1L : 0L);
    curl_easy_setopt(call->easy, CURLOPT_HTTP_VERSION,
                     open ? (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                          : (long)CURL_HTTP_VERSION_2TLS);
}

static void join_begin(struct http_call *call)
{
    struct http *http = call->http;
    bool wait = !call->fresh && (http->join_up || http->opener != NULL);
    join_as(call, wait ? JOIN_WAIT : JOIN_OPEN);
}

/* The connection to join was gone or full: nothing was sent, so the call begins again. It waits for
 * another opener once; then it is one itself. */
static bool join_again(struct http_call *call)
{
    struct http *http = call->http;
    if (!call->join_refused)
        return false;
    bool wait = http->opener != NULL && !call->joined_again;
    http->join_up = false;
    call->joined_again = true;
    call->uploaded = 0;
    call->upload_paused = false;
    curl_multi_remove_handle(http->multi, call->easy);
    join_as(call, wait ? JOIN_WAIT : JOIN_OPEN);
    return curl_multi_add_handle(http->multi, call->easy) == CURLM_OK;
}

static struct str str_trim(struct str text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL)
        text.len--;
    while (text.len > 0 && (*text.data == ' ' || *text.data == '\t')) {
        text.data++;
        text.len--;
    }
    return text;
}

static size_t call_header(char *bytes, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    size_t len = size * count;
    join_answered(call);
    call->answered = true;
    const char *colon = memchr(bytes, ':', len);
    if (colon == NULL || call->handler.on_header == NULL)
        return len;
    struct str name = {bytes, (size_t)(colon - bytes)};
    struct str value = str_trim((struct str){colon + 1, len - name.len - 1});
    if (call->handler.on_header(call->handler.context, name, value))
        return len;
    call->stopped = true;
    return 0;
}

static size_t call_read(char *into, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    size_t left = call->upload.len - call->uploaded;
    size_t take = left < size * count ? left : size * count;
    if (take == 0 && call->upload_open) {
        call->upload_paused = true;
        return CURL_READFUNC_PAUSE;
    }
    if (take > 0)
        memcpy(into, call->upload.data + call->uploaded, take);
    call->uploaded += take;
    return take;
}

/* libcurl repeats a request whose reused connection had died; a body kept whole can be sent again.
 */
static int call_seek(void *context, curl_off_t offset, int origin)
{
    struct http_call *call = context;
    if (call->upload_dropped || origin != SEEK_SET || offset < 0 ||
        (size_t)offset > call->upload.len)
        return CURL_SEEKFUNC_CANTSEEK;
    call->uploaded = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static int call_socket(void *context, curl_socket_t socket, curlsocktype purpose)
{
    struct http_call *call = context;
    (void)purpose;
    int timeout = USER_TIMEOUT_MS;
    call->socket = socket;
    if (call->join == JOIN_WAIT) {
        call->join_refused = true;
        return CURL_SOCKOPT_ERROR;
    }
    /* Best effort: without it a dead peer is noticed later, by the deadlines. */
    (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
    return CURL_SOCKOPT_OK;
}

/* ---- calls ---- */

static void call_free(struct http_call *call)
{
    struct http *http = call->http;
    join_forget(call);
    if (call->previous != NULL)
        call->previous->next = call->next;
    else if (http->calls == call)
        http->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    if (call->easy != NULL) {
        curl_multi_remove_handle(http->multi, call->easy);
        curl_easy_cleanup(call->easy);
    }
    curl_slist_free_all(call->headers);
    buffer_free(&call->upload);
    free(call);
}

static struct http_call *call_new(struct http *http, const struct http_request *request,
                                  const struct http_handler *handler)
{
    struct http_call *call = memory_zero(1, sizeof(*call));
    call->http = http;
    call->handler = *handler;
    call->upload.max = HTTP_MAX_UPLOAD;
    call->upload_open = request->keep_open;
    call->fresh = request->fresh;
    buffer_append(&call->upload, request->body, request->body_len);
    for (size_t i = 0; i < request->header_count; i++)
        call->headers = curl_slist_append(call->headers, request->headers[i]);
    /* libcurl must not wait for "100 Continue", nor name a transfer encoding HTTP/2 does not have.
     */
    call->headers = curl_slist_append(call->headers, "Expect:");
    if (request->version == HTTP_VERSION_2)
        call->headers = curl_slist_append(call->headers, "Transfer-Encoding:");
    call->easy = curl_easy_init();
    call->next = http->calls;
    if (http->calls != NULL)
        http->calls->previous = call;
    http->calls = call;
    return call;
}

static void call_set_safety(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(request->timeout_us / 1000));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, call_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->text);
    if (request->direct || http_url_is_loopback(request->url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static void call_set_request(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;
    bool secure = strncasecmp(request->url, "https:", 6) == 0;
    long h2 = secure ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "ordersync/" PACKAGE_VERSION);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, request->fresh ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, call_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, call_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    if (request->version == HTTP_VERSION_2) {
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, h2);
        /* Wait for the one connection instead of opening one a request. */
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, request->fresh ? 0L : 1L);
        if (!secure && call->http->old)
            join_begin(call);
    }
    if (!request->post)
        return;
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, call_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, call);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, call_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, call);
    if (!request->keep_open)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
}

bool http_start(struct http *http, const struct http_request *request,
                const struct http_handler *handler, struct http_call **ret_call, struct error *err)
{
    if (!http_check_url(request->url, request->cleartext_allowed, err))
        return false;
    if (request->body_len > HTTP_MAX_UPLOAD)
        return error_set(err, ERROR_SOURCE_TOO_LARGE, "request of %zu bytes", request->body_len);
    struct http_call *call = call_new(http, request, handler);
    if (call->easy != NULL) {
        call_set_safety(call, request);
        call_set_request(call, request);
    }
    if (call->easy == NULL || curl_multi_add_handle(http->multi, call->easy) != CURLM_OK) {
        call_free(call);
        return error_set(err, ERROR_INTERNAL, "libcurl could not begin a transfer");
    }
    *ret_call = call;
    return true;
}

static void call_unpause(struct http_call *call)
{
    if (!call->upload_paused)
        return;
    call->upload_paused = false;
    curl_easy_pause(call->easy, CURLPAUSE_CONT);
}

bool http_send(struct http_call *call, const void *bytes, size_t len)
{
    /* What was taken is dropped only here: until then a repeated request can start over. */
    if (call->uploaded > 0 && call->uploaded == call->upload.len) {
        buffer_clear(&call->upload);
        call->uploaded = 0;
        call->upload_dropped = true;
    }
    if (!call->upload_open || len > HTTP_MAX_UPLOAD - call->upload.len)
        return false;
    buffer_append(&call->upload, bytes, len);
    call_unpause(call);
    return true;
}

void http_send_end(struct http_call *call)
{
    call->upload_open = false;
    call_unpause(call);
}

void http_cancel(struct http_call *call)
{
    call_free(call);
}

/* ---- running ---- */

static enum http_end end_of(const struct http_call *call, CURLcode code)
{
    if (call->stopped)
        return HTTP_END_STOPPED;
    switch (code) {
    case CURLE_OK:
        return HTTP_END_COMPLETE;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_END_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return HTTP_END_TLS;
    default:
        return HTTP_END_TRANSPORT;
    }
}

static void call_finish(struct http_call *call, CURLcode code)
{
    if (join_again(call))
        return;
    join_forget(call);
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    struct http_result result = {
        .end = end_of(call, code),
        .status = (int)status,
        .text = call->text[0] != '\0' ? call->text : curl_easy_strerror(code),
    };
    if (result.end == HTTP_END_TRANSPORT && call->join != JOIN_NOT)
        call->http->join_up = false;
    /* Out of the multi first, so that a call begun in on_done may take over its connection. */
    curl_multi_remove_handle(call->http->multi, call->easy);
    call->handler.on_done(call->handler.context, &result);
    call_free(call);
}

static bool http_finish_ended(struct http *http)
{
    bool any = false;
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct http_call *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        call_finish(call, code);
        any = true;
    }
    return any;
}

static bool http_perform(struct http *http)
{
    int running = 0;
    curl_multi_perform(http->multi, &running);
    return http_finish_ended(http);
}

/* What libcurl waits for in a pool, for another pool's poll. *wait_ms is lowered to its next timer.
 */
static unsigned http_fds(struct http *http, struct curl_waitfd *fds, unsigned max, int *wait_ms)
{
    fd_set readable, writable, broken;
    int highest = -1;
    long timer_ms = -1;
    unsigned count = 0;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_ZERO(&broken);
    curl_multi_fdset(http->multi, &readable, &writable, &broken, &highest);
    for (int fd = 0; fd <= highest && count < max; fd++) {
        int events = (FD_ISSET(fd, &readable) ? CURL_WAIT_POLLIN : 0) |
                     (FD_ISSET(fd, &writable) ? CURL_WAIT_POLLOUT : 0);
        if (events != 0)
            fds[count++] = (struct curl_waitfd){.fd = fd, .events = (short)events};
    }
    curl_multi_timeout(http->multi, &timer_ms);
    /* libcurl works but has no socket to show (its resolver, or one beyond FD_SETSIZE): look again
     * soon. */
    if (http->calls != NULL && count == 0 && (timer_ms < 0 || timer_ms > BLIND_WAIT_MS))
        timer_ms = BLIND_WAIT_MS;
    if (timer_ms >= 0 && timer_ms < *wait_ms)
        *wait_ms = (int)timer_ms;
    return count;
}

/* libcurl 7.88 says nothing when a peer ends a stream (RST_STREAM, no error) whose request stays
 * open: it only reads no more, and shows no socket to wait for. The call that ended so, or NULL.
 * Several looks, so that no passing state counts. */
static struct http_call *second_deaf(struct http *second)
{
    struct curl_waitfd fds[MAX_EXTRA_FDS];
    int wait_ms = 0;
    struct http_call *call = second->calls;
    bool looks = second->old && call != NULL && call->answered && call->socket < FD_SETSIZE &&
                 http_fds(second, fds, MAX_EXTRA_FDS, &wait_ms) == 0;
    second->deaf = looks ? second->deaf + 1 : 0;
    return second->deaf < DEAF_LOOKS ? NULL : call;
}

static bool second_perform(struct http *second)
{
    if (second == NULL)
        return false;
    uint64_t bytes = second->bytes;
    bool any = http_perform(second) || second->bytes != bytes;
    struct http_call *deaf = second_deaf(second);
    if (deaf != NULL)
        call_finish(deaf, CURLE_PARTIAL_FILE);
    return any || deaf != NULL;
}

void http_step_pair(struct http *http, struct http *second, int64_t timeout_us)
{
    struct curl_waitfd fds[MAX_EXTRA_FDS];
    unsigned count = 0;
    int ready = 0;
    bool any = http_perform(http);
    any = second_perform(second) || any;
    if (any || timeout_us <= 0)
        return;
    int64_t wait = (timeout_us + 999) / 1000;
    int wait_ms = wait > 60000 ? 60000 : (int)wait;
    if (second != NULL)
        count = http_fds(second, fds, MAX_EXTRA_FDS, &wait_ms);
    curl_multi_poll(http->multi, fds, count, wait_ms, &ready);
    http_perform(http);
    second_perform(second);
}

void http_step(struct http *http, int64_t timeout_us)
{
    http_step_pair(http, NULL, timeout_us);
}

void http_wake(struct http *http)
{
    curl_multi_wakeup(http->multi);
}

uint64_t http_bytes(const struct http *http)
{
    return http->bytes;
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    while (http->calls != NULL)
        call_free(http->calls);
    curl_multi_cleanup(http->multi);
    free(http);
}
