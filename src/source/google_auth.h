/* Google credentials: the value of the authorization header, kept fresh. Follows
 * facts/firestore.md, OAuth2. Owned by the thread of the `struct http`. Tokens and keys never enter
 * an error, a log line or a file.
 *
 * Where they come from, in this order (Google's "application default credentials"): the file that
 * is set; gcloud's own file; the metadata server, which is asked only when that is allowed, as the
 * question would leave the machine. */
#ifndef ORDERSYNC_SOURCE_GOOGLE_AUTH_H
#define ORDERSYNC_SOURCE_GOOGLE_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "source/http.h"

struct google_auth;

struct google_auth_options {
    bool emulator;    /* "Bearer owner", no file */
    const char *file; /* credentials file; "" or NULL: none */
    const char
        *folder; /* with gcloud's application_default_credentials.json, if any; "" or NULL: none */
    const char *metadata; /* the metadata server's host[:port]; NULL: never asked */
    bool exchange;        /* true: token at token_uri; false: a self-signed JWT, no traffic */
    const char *audience; /* of a self-signed JWT: "https://firestore.googleapis.com/" */
    const char *scope;    /* of an exchanged token */
};

#define GOOGLE_AUTH_REFRESH_US ((int64_t)300 * 1000000) /* before expiry */
#define GOOGLE_AUTH_LIFETIME_S 3600
#define GOOGLE_AUTH_MAX_FILE (64u << 10)
#define GOOGLE_AUTH_MAX_REPLY (64u << 10)

/* Reads the file; no traffic, also not to the metadata server. `http` is borrowed. Errors:
 * ERROR_CREDENTIALS_MISSING, _FILE, _FORMAT; ERROR_SOURCE_ADDRESS for a token_uri that is not
 * https, or a bad metadata host. */
MUST_CHECK bool google_auth_open(struct http *http, const struct google_auth_options *options,
                                 struct google_auth **ret_auth, struct error *err);
void google_auth_close(struct google_auth *auth); /* no callback comes after; NULL is fine */

/* The key file's project_id; "" when it names none or for an emulator. Borrowed. */
const char *google_auth_project(const struct google_auth *auth);
/* The project whose quota a user's credentials use, for the header x-goog-user-project; "": none.
 * Borrowed. */
const char *google_auth_user_project(const struct google_auth *auth);

/* Gives the header value ("Bearer ..."), borrowed for the call, or an error: transient ones (token
 * server away) may be asked again, ERROR_TOKEN_REFUSED is final. Called from here when a token is
 * at hand, else from http_step(). Callers that wait share one exchange. */
typedef void google_auth_fn(void *context, const char *authorization, const struct error *err);
void google_auth_get(struct google_auth *auth, google_auth_fn *done, void *context);
void google_auth_forget(struct google_auth *auth, void *context); /* drops a waiting caller */
/* The server did not accept the token: the next get makes a fresh one. */
void google_auth_refuse(struct google_auth *auth);

#endif
