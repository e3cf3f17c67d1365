/* A key pair for tests, made when the program runs: no key is kept in the sources. */
#ifndef ORDERSYNC_TESTS_RSA_H
#define ORDERSYNC_TESTS_RSA_H

#include <stdbool.h>
#include <stddef.h>

struct rsa_pair {
    void *pkey;
    char *pem; /* PKCS #8, as in Google's key files */
};
void rsa_make(struct rsa_pair *ret_pair); /* 2048 bits */
void rsa_free(struct rsa_pair *pair);
/* RS256 of a compact JWT by the public half. */
bool rsa_verify(const struct rsa_pair *pair, const char *token);
/* Text of part `index` (0 header, 1 claims), decoded from base64url, NUL-terminated; the caller
 * frees it. */
char *rsa_token_part(const char *token, size_t index);

#endif
