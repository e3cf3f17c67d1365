/* Requests for tokens. */
#include "source/google_token.h"

#include <string.h>

#include "base/memory.h"

#define MAX_FORM (64u << 10)
#define METADATA_PATH "/computeMetadata/v1/instance/service-accounts/default/token"

/* application/x-www-form-urlencoded: all but RFC 3986's unreserved characters as %XX. */
static void form_add(struct buffer *form, const char *name, const char *value)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    buffer_append_format(form, "%s%s=", form->len == 0 ? "" : "&", name);
    for (const char *c = value; *c != '\0'; c++) {
        if (strchr(plain, *c) != NULL)
            buffer_append_char(form, *c);
        else
            buffer_append_format(form, "%%%02X", (unsigned)(unsigned char)*c);
    }
}

static void request_form(const char *url, struct buffer *take_form,
                         struct token_request *ret_request)
{
    *ret_request = (struct token_request){
        .url = memory_string(url),
        .headers = {"content-type: application/x-www-form-urlencoded", "accept: application/json"},
        .header_count = 2,
        .body = take_form->data,
    };
}

void token_request_assertion(const char *token_uri, const char *assertion,
                             struct token_request *ret_request)
{
    struct buffer form = {.max = MAX_FORM};
    form_add(&form, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    form_add(&form, "assertion", assertion);
    request_form(token_uri, &form, ret_request);
}

void token_request_user(const struct google_key *key, struct token_request *ret_request)
{
    struct buffer form = {.max = MAX_FORM};
    form_add(&form, "grant_type", "refresh_token");
    form_add(&form, "client_id", key->client_id);
    form_add(&form, "client_secret", key->client_secret);
    form_add(&form, "refresh_token", key->refresh_token);
    request_form(key->token_uri, &form, ret_request);
}

void token_request_metadata(const char *host, struct token_request *ret_request)
{
    *ret_request = (struct token_request){
        .url = memory_format("http://%s" METADATA_PATH, host),
        .headers = {"Metadata-Flavor: Google"},
        .header_count = 1,
        .local = true,
    };
}

void token_request_free(struct token_request *request)
{
    if (request->body != NULL)
        explicit_bzero(request->body, strlen(request->body));
    free(request->body);
    free(request->url);
    *request = (struct token_request){.url = NULL};
}
