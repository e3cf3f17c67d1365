/* From a request to an answer, by the API's tables. */
#include "sim/rest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/json.h"

/* ---- answer ---- */

void rest_header(struct rest_call *call, const char *name, const char *format, ...)
{
    if (call->header_count == REST_MAX_HEADERS)
        return;
    struct rest_header *header = &call->headers[call->header_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(header->value, sizeof(header->value), format, arguments);
    va_end(arguments);
    header->name = name;
}

void rest_header_set(struct rest_call *call, const char *name, const char *format, ...)
{
    va_list arguments;
    for (size_t i = 0; i < call->header_count; i++) {
        if (strcmp(call->headers[i].name, name) != 0)
            continue;
        va_start(arguments, format);
        vsnprintf(call->headers[i].value, sizeof(call->headers[i].value), format, arguments);
        va_end(arguments);
    }
}

/* ---- request ---- */

const char *rest_param(const struct rest_call *call, const char *name)
{
    for (size_t i = 0; i < call->param_count; i++) {
        if (strcmp(call->params[i].name, name) == 0)
            return call->params[i].value;
    }
    return NULL;
}

bool rest_number(const struct rest_call *call, const char *name, int64_t otherwise,
                 int64_t *ret_number)
{
    const char *text = rest_param(call, name);
    char *end;
    if (text == NULL) {
        *ret_number = otherwise;
        return true;
    }
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0)
        return false;
    *ret_number = number;
    return true;
}

/* Whether `word` stands in a list of words with `separator` around each of them. */
static bool word_in(const char *list, const char *word, char separator)
{
    size_t len = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at++) {
        bool begins = at == list || at[-1] == separator;
        if (begins && (at[len] == separator || at[len] == '\0'))
            return true;
    }
    return false;
}

/* "expand[0]" and "expand[]" are one. */
static bool param_known(const char *known, const char *name)
{
    char plain[64];
    const char *bracket = strchr(name, '[');
    if (bracket != NULL && (bracket[1] == ']' || (bracket[1] >= '0' && bracket[1] <= '9'))) {
        snprintf(plain, sizeof(plain), "%.*s[]", (int)(bracket - name), name);
        name = plain;
    }
    return word_in(known, name, ' ');
}

const char *rest_unknown_param(const struct rest_call *call)
{
    for (size_t i = 0; i < call->param_count && call->route->params != NULL; i++) {
        if (!param_known(call->route->params, call->params[i].name))
            return call->params[i].name;
    }
    return NULL;
}

bool rest_permitted(const struct rest_call *call)
{
    const char *permissions = call->options->permissions;
    return permissions == NULL || word_in(permissions, call->route->permission, ',');
}

/* ---- the token ---- */

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

static void base64_decode(const char *text, char *ret_plain, size_t size)
{
    unsigned bits = 0, held = 0;
    size_t len = 0;
    for (int digit; (digit = base64_digit(*text)) >= 0 && len + 1 < size; text++) {
        bits = (bits << 6 | (unsigned)digit) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            ret_plain[len++] = (char)(bits >> held & 0xff);
        }
    }
    ret_plain[len] = '\0';
}

bool rest_token(const struct rest_call *call, char *ret_token, size_t size)
{
    const char *text = call->authorization;
    ret_token[0] = '\0';
    if (text == NULL)
        return false;
    if (strncmp(text, "Bearer ", 7) == 0)
        str_fill(ret_token, size, text + 7);
    else if (strncmp(text, "Basic ", 6) == 0)
        base64_decode(text + 6, ret_token, size);
    ret_token[strcspn(ret_token, ":")] = '\0';
    return ret_token[0] != '\0';
}

/* ---- routes ---- */

static bool pattern_fits(const char *pattern, const char *path, struct str *ret_id)
{
    const char *star = strchr(pattern, '*');
    if (star == NULL)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(star - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    size_t len = strcspn(path + before, "/");
    if (len == 0 || strcmp(path + before + len, star + 1) != 0)
        return false;
    *ret_id = (struct str){path + before, len};
    return true;
}

void rest_route(struct rest_call *call)
{
    for (size_t i = 0; i < call->api->route_count; i++) {
        if (pattern_fits(call->api->routes[i].pattern, call->path, &call->id)) {
            call->route = &call->api->routes[i];
            return;
        }
    }
}

/* ---- faults ---- */

static const struct {
    enum fault_kind kind;
    unsigned status; /* 0: `code` */
} refusals[] = {
    {FAULT_UNAVAILABLE, 503},
    {FAULT_EXHAUSTED, 429},
    {FAULT_INTERNAL, 500},
    {FAULT_DENIED, 403},
    {FAULT_UNAUTHENTICATED, 401},
    {FAULT_LEGACY, 400},
    {FAULT_LOCK, 429},
    {FAULT_STATUS, 0},
};

static void answer_html(struct rest_call *call)
{
    call->status = 502;
    call->type = "text/html";
    buffer_append_text(&call->body,
                       "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
                       "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n");
}

static void answer_file(struct rest_call *call)
{
    char chunk[8192];
    FILE *file = fopen(call->fault.text, "re");
    call->status = call->fault.code == 0 ? 200 : (unsigned)call->fault.code;
    if (file == NULL)
        return;
    for (size_t len; (len = fread(chunk, 1, sizeof(chunk), file)) > 0;)
        buffer_append(&call->body, chunk, len);
    fclose(file);
}

/* To another name of this host: who follows is in the request log. */
static void answer_redirect(struct rest_call *call)
{
    call->status = call->fault.code == 0 ? 302 : (unsigned)call->fault.code;
    rest_header(call, "Location", "http://localhost:%u%s", call->port, call->path);
}

/* True when the fault is the answer. */
static bool answer_fault(struct rest_call *call)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].kind != call->fault.kind)
            continue;
        unsigned status = refusals[i].status != 0 ? refusals[i].status : (unsigned)call->fault.code;
        call->api->refuse(call, status == 0 ? 500 : status);
        return true;
    }
    switch (call->fault.kind) {
    case FAULT_HTML:
        answer_html(call);
        return true;
    case FAULT_BODY:
        answer_file(call);
        return true;
    case FAULT_REDIRECT:
        answer_redirect(call);
        return true;
    default:
        return false;
    }
}

void rest_answer(struct rest_call *call)
{
    call->status = 200;
    call->type = "application/json";
    call->body.max = JSON_MAX_BYTES;
    call->api->begin(call);
    if (strcmp(call->method, "GET") != 0) {
        rest_header(call, "Allow", "GET");
        call->api->refuse(call, 405);
        return;
    }
    if (call->limited != NULL) {
        STR_FILL(call->fault.text, call->limited);
        call->api->refuse(call, 429);
        return;
    }
    if (answer_fault(call) || !call->api->admit(call))
        return;
    if (call->route == NULL) {
        call->api->refuse(call, 404);
        return;
    }
    if (call->fault.kind == FAULT_ARRIVE || call->fault.kind == FAULT_VANISH)
        call->api->strike(call);
    call->route->answer(call);
    if (call->fault.kind == FAULT_TRUNCATE)
        call->body.len /= 2;
}
