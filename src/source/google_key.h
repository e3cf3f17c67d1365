/* A service account's key file. */
#ifndef ORDERSYNC_SOURCE_GOOGLE_KEY_H
#define ORDERSYNC_SOURCE_GOOGLE_KEY_H

#include "base/error.h"
#include "source/jwt.h"

struct google_key {
    char *client_email;
    char *private_key_id; /* "" when absent */
    char *project_id;     /* "" when absent */
    char *token_uri;
    struct jwt_key *key;
};

/* Reads and checks the file. Errors: ERROR_CREDENTIALS_FILE, ERROR_CREDENTIALS_FORMAT (names the
 * field that is missing, or the type that it has), ERROR_SOURCE_ADDRESS for a bad token_uri. */
MUST_CHECK bool google_key_read(const char *path, struct google_key *ret_key, struct error *err);
void google_key_free(struct google_key *key);

#endif
