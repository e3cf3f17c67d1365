/* Which addresses are taken: libcurl takes them apart. */
#include <curl/curl.h>
#include <stdio.h>
#include <strings.h>

#include "source/http.h"

static bool host_is_loopback(const char *host)
{
    unsigned a, b, c, d;
    char rest;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &rest) == 4 && a == 127;
}

static bool url_has_part(CURLU *parts, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(parts, part, &text, 0) == CURLUE_OK && text != NULL;
    curl_free(text);
    return has;
}

static bool url_check_parts(CURLU *parts, bool cleartext_allowed, struct error *err)
{
    char *scheme = NULL;
    char *host = NULL;
    bool fits = false;
    if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        bool secure = strcasecmp(scheme, "https") == 0;
        bool clear = strcasecmp(scheme, "http") == 0;
        fits = secure || (clear && (cleartext_allowed || host_is_loopback(host)));
    }
    curl_free(scheme);
    curl_free(host);
    if (!fits)
        return error_set(err, ERROR_SOURCE_ADDRESS,
                         "the address must begin with https:// (http:// toward loopback only)");
    if (url_has_part(parts, CURLUPART_USER) || url_has_part(parts, CURLUPART_PASSWORD) ||
        url_has_part(parts, CURLUPART_FRAGMENT))
        return error_set(err, ERROR_SOURCE_ADDRESS,
                         "the address must not hold a user, a password or a fragment");
    return true;
}

bool http_check_url(const char *url, bool cleartext_allowed, struct error *err)
{
    CURLU *parts = curl_url();
    bool ok = parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK;
    if (ok)
        ok = url_check_parts(parts, cleartext_allowed, err);
    else
        error_set(err, ERROR_SOURCE_ADDRESS, "the address is not a URL");
    curl_url_cleanup(parts);
    return ok;
}

bool http_url_is_loopback(const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    bool loopback = parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                    host_is_loopback(host);
    curl_free(host);
    curl_url_cleanup(parts);
    return loopback;
}
