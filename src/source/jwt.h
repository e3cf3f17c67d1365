/* JSON Web Tokens signed RS256 by OpenSSL (RFC 7515, RFC 7518 section 3.3), for service accounts.
 * Pure; any thread. */
#ifndef ORDERSYNC_SOURCE_JWT_H
#define ORDERSYNC_SOURCE_JWT_H

#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"

struct jwt_key; /* an RSA private key */

struct jwt_claims {
    const char *key_id;   /* header kid; NULL or "": none */
    const char *issuer;   /* iss */
    const char *subject;  /* sub; NULL: none */
    const char *audience; /* aud */
    const char *scope;    /* NULL: none */
    int64_t issued_s;     /* iat, seconds since 1970 */
    int64_t expires_s;    /* exp */
};

/* Errors: ERROR_CREDENTIALS_FORMAT when the PEM holds no RSA private key. */
MUST_CHECK bool jwt_key_new(const char *pem, struct jwt_key **ret_key, struct error *err);
void jwt_key_free(struct jwt_key *key); /* NULL is fine */

/* The compact form, header.claims.signature; the caller frees it. Errors: ERROR_INTERNAL. */
MUST_CHECK bool jwt_sign(const struct jwt_key *key, const struct jwt_claims *claims,
                         char **ret_token, struct error *err);

/* Base64url without padding (RFC 4648 section 5). */
void jwt_append_base64url(struct buffer *buffer, const void *bytes, size_t len);

#endif
