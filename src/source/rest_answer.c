/* Judging answers by tables. */
#include "source/rest_answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/decimal.h"
#include "model/slice.h"

#define SAID_MAX 160
#define EPOCH_SECONDS 1000000000.0 /* a reset above this is a moment, not a duration */

/* ---- headers ---- */

void rest_headers_begin(struct rest_headers *headers)
{
    *headers = (struct rest_headers){
        .retry_after_us = -1, .should_retry = -1, .remaining = -1, .reset_us = -1};
}

/* Plain seconds, with a fraction or not; -1 for anything else, such as a date. */
static int64_t parse_wait(struct str value)
{
    if (value.len == 0 || value.len > 20 || strspn(value.data, "0123456789.") < value.len)
        return -1;
    double wait = decimal_to_double(value) * 1e6;
    return wait < (double)REST_MAX_WAIT_US ? (int64_t)wait : REST_MAX_WAIT_US;
}

static void take_request_id(struct rest_headers *headers, struct str value, int64_t wall_us)
{
    (void)wall_us;
    snprintf(headers->request_id, sizeof(headers->request_id), "%.*s", STR_ARG(value));
}

static void take_retry_after(struct rest_headers *headers, struct str value, int64_t wall_us)
{
    (void)wall_us;
    headers->retry_after_us = parse_wait(value);
}

static void take_should_retry(struct rest_headers *headers, struct str value, int64_t wall_us)
{
    (void)wall_us;
    if (str_equal(value, STR("true")))
        headers->should_retry = 1;
    else if (str_equal(value, STR("false")))
        headers->should_retry = 0;
}

static void take_remaining(struct rest_headers *headers, struct str value, int64_t wall_us)
{
    (void)wall_us;
    if (!decimal_to_int64(value, &headers->remaining))
        headers->remaining = -1;
}

/* Seconds until the counter starts anew, or the moment at which it does. */
static void take_reset(struct rest_headers *headers, struct str value, int64_t wall_us)
{
    double seconds = value.len == 0 ? 0 : decimal_to_double(value);
    if (seconds <= EPOCH_SECONDS) {
        headers->reset_us = parse_wait(value);
        return;
    }
    double wait = seconds * 1e6 - (double)wall_us;
    headers->reset_us = wait < 0                          ? 0
                        : wait < (double)REST_MAX_WAIT_US ? (int64_t)wait
                                                          : REST_MAX_WAIT_US;
}

static const struct {
    const char *name;
    void (*take)(struct rest_headers *headers, struct str value, int64_t wall_us);
} known_headers[] = {
    {"request-id", take_request_id},           {"x-request-id", take_request_id},
    {"retry-after", take_retry_after},         {"stripe-should-retry", take_should_retry},
    {"x-ratelimit-remaining", take_remaining}, {"x-ratelimit-reset", take_reset},
};

void rest_headers_add(struct rest_headers *headers, struct str name, struct str value,
                      int64_t wall_us)
{
    char text[128]; /* NUL-terminated, as the number functions want */
    snprintf(text, sizeof(text), "%.*s", STR_ARG(value));
    for (size_t i = 0; i < sizeof(known_headers) / sizeof(known_headers[0]); i++) {
        const char *known = known_headers[i].name;
        if (strlen(known) == name.len && strncasecmp(known, name.data, name.len) == 0)
            known_headers[i].take(headers, str_from(text), wall_us);
    }
}

int64_t rest_stated_wait(struct str message)
{
    static const char before[] = "after ";
    size_t len = sizeof(before) - 1;
    for (size_t at = 0; at + len < message.len; at++) {
        char digits[12];
        if (memcmp(message.data + at, before, len) != 0)
            continue;
        size_t count = 0;
        const char *from = message.data + at + len;
        size_t left = message.len - at - len;
        while (count < left && count + 1 < sizeof(digits) && from[count] >= '0' &&
               from[count] <= '9')
            count++;
        if (count == 0 || left < count + 4 || memcmp(from + count, " sec", 4) != 0)
            continue;
        snprintf(digits, sizeof(digits), "%.*s", (int)count, from);
        return parse_wait(str_from(digits));
    }
    return -1;
}

/* ---- the tables ---- */

/* After an api's own rows. Facts 1.6: 409, 429, 5xx and a lost connection pass by themselves;
 * Printful's 419 is a rate limit too. */
static const struct rest_rule common_rules[] = {
    {300, 399, NULL, NULL, ERROR_SOURCE_PROTOCOL},
    {401, 401, NULL, NULL, ERROR_API_KEY},
    {403, 403, NULL, NULL, ERROR_API_PERMISSION},
    {404, 404, NULL, NULL, ERROR_SOURCE_ABSENT},
    {408, 409, NULL, NULL, ERROR_SOURCE_UNAVAILABLE},
    {419, 419, NULL, NULL, ERROR_SOURCE_RATE_LIMITED},
    {429, 429, NULL, NULL, ERROR_SOURCE_RATE_LIMITED},
    {500, 599, NULL, NULL, ERROR_SOURCE_UNAVAILABLE},
    {400, 499, NULL, NULL, ERROR_SOURCE_REFUSED},
    {1, 999, NULL, NULL, ERROR_SOURCE_PROTOCOL},
    {0, 0, NULL, NULL, ERROR_NONE},
};

static bool rule_fits(const struct rest_rule *rule, int status, const struct rest_words *words)
{
    return status >= rule->low && status <= rule->high &&
           (rule->code == NULL || str_equal(words->code, str_from(rule->code))) &&
           (rule->word == NULL ||
            (words->message.data != NULL && memmem(words->message.data, words->message.len,
                                                   rule->word, strlen(rule->word)) != NULL));
}

static enum error_id find_error(const struct rest_rule *rules, int status,
                                const struct rest_words *words)
{
    for (; rules->low != 0; rules++) {
        if (rule_fits(rules, status, words))
            return rules->error;
    }
    return ERROR_NONE;
}

/* ---- judging ---- */

/* A server that repeats the key must not bring it into a log. */
static void hide_secret(char *text, const char *secret)
{
    size_t len = strlen(secret);
    while (len > 0 && (text = strstr(text, secret)) != NULL) {
        memset(text, '*', len);
        text += len;
    }
}

static bool is_html(struct str body)
{
    return body.len > 0 && memchr(body.data, '<', body.len < 64 ? body.len : 64) != NULL;
}

/* The message: who answered what to which request, the server's own words, what to do. */
static void tell(const struct rest_api *api, const char *path, enum error_id id, int status,
                 const struct rest_words *words, const char *secret, struct error *err)
{
    char said[1024];
    const char *grant = id == ERROR_API_PERMISSION && api->grant != NULL ? api->grant(path) : NULL;
    snprintf(said, sizeof(said), "%.*s",
             (int)(words->message.len < sizeof(said) ? words->message.len : sizeof(said)),
             words->message.data == NULL ? "" : words->message.data);
    hide_secret(said, secret);
    said[SAID_MAX] = '\0'; /* cut last: half a key is no key that hide_secret() would know */
    const char *point = said[0] == '\0' ? "" : ": ";
    int path_len = (int)strcspn(path, "?");
    if (id == ERROR_API_KEY)
        error_set(err, id, "%s does not accept the key in %s (%d)%s%s", api->name,
                  settings_variable(api->key), status, point, said);
    else if (grant != NULL)
        error_set(err, id, "%s; %s answers %d to %.*s%s%s", grant, api->name, status, path_len,
                  path, point, said);
    else
        error_set(err, id, "%s answers %d to %.*s%s%s", api->name, status, path_len, path, point,
                  said);
}

static int64_t stated_wait(const struct rest_api *api, enum error_id id,
                           const struct rest_headers *headers, const struct rest_words *words)
{
    if (headers->retry_after_us >= 0)
        return headers->retry_after_us;
    if (id != ERROR_SOURCE_RATE_LIMITED)
        return 0;
    int64_t stated = rest_stated_wait(words->message);
    if (stated >= 0)
        return stated;
    return headers->reset_us >= 0 ? headers->reset_us : api->limited_us;
}

static enum rest_verdict judge_error(const struct rest_api *api, const char *path, int status,
                                     const struct rest_words *words,
                                     const struct rest_headers *headers, const char *secret,
                                     struct error *err)
{
    enum error_id id = api->rules == NULL ? ERROR_NONE : find_error(api->rules, status, words);
    if (id == ERROR_NONE)
        id = find_error(common_rules, status, words);
    tell(api, path, id, status, words, secret, err);
    err->retry_after_us = stated_wait(api, id, headers, words);
    snprintf(err->field, sizeof(err->field), "%.*s", STR_ARG(words->param));
    enum error_class class = error_info(id)->class;
    bool passes = class == CLASS_TRANSIENT || class == CLASS_RATE_LIMITED;
    /* A rate limit passes by itself, and says nothing against asking later. */
    if (headers->should_retry == 0 && class != CLASS_RATE_LIMITED)
        return REST_FINAL;
    if (passes)
        return REST_AGAIN;
    return headers->should_retry == 1 ? REST_ODD : REST_FINAL;
}

static enum rest_verdict judge(const struct rest_api *api, const char *path, int status,
                               struct str body, const struct rest_headers *headers,
                               const char *secret, struct error *err)
{
    struct rest_words words = {.status = 0};
    bool json = slice_whole(body);
    if (json)
        api->read_words(body, &words);
    if (words.status > 0 && status == 200)
        status = words.status;
    if (status != 200)
        return judge_error(api, path, status, &words, headers, secret, err);
    if (json && (api->is_answer == NULL || api->is_answer(body)))
        return REST_ANSWER;
    error_set(err, ERROR_SOURCE_PROTOCOL, "%s answers %.*s with %s", api->name,
              (int)strcspn(path, "?"), path,
              json            ? "JSON that is no answer to it"
              : is_html(body) ? "a page of HTML: something stands between"
                              : "JSON that breaks off, or none at all");
    return REST_ODD;
}

enum rest_verdict rest_judge(const struct rest_api *api, const char *path, int status,
                             struct str body, const struct rest_headers *headers,
                             const char *secret, struct error *err)
{
    enum rest_verdict verdict = judge(api, path, status, body, headers, secret, err);
    if (verdict == REST_ANSWER)
        return verdict;
    err->http_status = status;
    snprintf(err->request_id, sizeof(err->request_id), "%s", headers->request_id);
    return verdict;
}
