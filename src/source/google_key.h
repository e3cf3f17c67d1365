/* A credentials file: a service account's key, or what `gcloud auth application-default login`
 * writes. */
#ifndef ORDERSYNC_SOURCE_GOOGLE_KEY_H
#define ORDERSYNC_SOURCE_GOOGLE_KEY_H

#include "base/error.h"
#include "source/jwt.h"

enum google_key_kind { GOOGLE_KEY_SERVICE_ACCOUNT, GOOGLE_KEY_AUTHORIZED_USER };

/* Texts are "" when absent, and NULL only in a key that was never read. */
struct google_key {
    enum google_key_kind kind;
    char *project_id;
    char *token_uri;
    /* a service account's */
    char *client_email;
    char *private_key_id;
    struct jwt_key *key;
    /* a user's */
    char *client_id;
    char *client_secret;
    char *refresh_token;
    char *quota_project_id; /* whose quota is used */
};

/* Reads and checks the file. Errors: ERROR_CREDENTIALS_FILE, ERROR_CREDENTIALS_FORMAT (names the
 * field that is missing, or the type that it has), ERROR_SOURCE_ADDRESS for a bad token_uri. */
MUST_CHECK bool google_key_read(const char *path, struct google_key *ret_key, struct error *err);
void google_key_free(struct google_key *key);

#endif
