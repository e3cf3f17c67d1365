/* What is sent to get a token, for each way there is. Pure; nothing is sent here. */
#ifndef ORDERSYNC_SOURCE_GOOGLE_TOKEN_H
#define ORDERSYNC_SOURCE_GOOGLE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "source/google_key.h"

struct token_request {
    char *url;
    const char *headers[2];
    size_t header_count;
    char *body; /* a form to POST; NULL: GET */
    bool local; /* the metadata server: cleartext, and never through a proxy */
};

/* A service account's signed assertion for a token ("urn:ietf:params:oauth:grant-type:jwt-bearer").
 */
void token_request_assertion(const char *token_uri, const char *assertion,
                             struct token_request *ret_request);
/* A user's refresh token for a token. */
void token_request_user(const struct google_key *key, struct token_request *ret_request);
/* The metadata server's token for the machine's own service account. `host` may have a port. */
void token_request_metadata(const char *host, struct token_request *ret_request);
void token_request_free(struct token_request *request); /* wipes it: it holds secrets */

#endif
