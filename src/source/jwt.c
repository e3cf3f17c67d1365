/* Signing tokens. */
#include "source/jwt.h"

#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define TOKEN_MAX (16u << 10)
#define SIGNATURE_MAX 1024 /* RSA of 8192 bits */

struct jwt_key {
    EVP_PKEY *pkey;
};

/* A key with a pass phrase must fail, not ask on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

bool jwt_key_new(const char *pem, struct jwt_key **ret_key, struct error *err)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    /* OpenSSL's own words could quote the key; they are dropped. */
    ERR_clear_error();
    if (pkey == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA) {
        EVP_PKEY_free(pkey);
        return error_set(err, ERROR_CREDENTIALS_FORMAT, "private_key is not an RSA key in PEM");
    }
    struct jwt_key *key = memory_alloc(sizeof(*key));
    key->pkey = pkey;
    *ret_key = key;
    return true;
}

void jwt_key_free(struct jwt_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

void jwt_append_base64url(struct buffer *buffer, const void *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *in = bytes;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16;
        if (have > 1)
            bits |= (uint32_t)in[i + 1] << 8;
        if (have > 2)
            bits |= in[i + 2];
        for (size_t digit = 0; digit <= have; digit++)
            buffer_append_char(buffer, digits[bits >> (18 - 6 * digit) & 63]);
    }
}

static void append_pair(struct buffer *json, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    buffer_append_format(json, "%s\"%s\":", json->len > 1 ? "," : "", name);
    text_append_json(json, str_from(value));
}

static void append_part(struct buffer *token, const struct buffer *json)
{
    if (token->len > 0)
        buffer_append_char(token, '.');
    jwt_append_base64url(token, json->data, json->len);
}

static void append_header(struct buffer *token, const struct jwt_claims *claims)
{
    struct buffer json = {.max = TOKEN_MAX};
    buffer_append_char(&json, '{');
    append_pair(&json, "alg", "RS256");
    append_pair(&json, "typ", "JWT");
    append_pair(&json, "kid", claims->key_id);
    buffer_append_char(&json, '}');
    append_part(token, &json);
    buffer_free(&json);
}

static void append_claims(struct buffer *token, const struct jwt_claims *claims)
{
    struct buffer json = {.max = TOKEN_MAX};
    buffer_append_char(&json, '{');
    append_pair(&json, "iss", claims->issuer);
    append_pair(&json, "sub", claims->subject);
    append_pair(&json, "aud", claims->audience);
    append_pair(&json, "scope", claims->scope);
    buffer_append_format(&json, ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", claims->issued_s,
                         claims->expires_s);
    append_part(token, &json);
    buffer_free(&json);
}

static bool sign(const struct jwt_key *key, const struct buffer *text, uint8_t *ret_signature,
                 size_t *ret_len)
{
    size_t len = SIGNATURE_MAX;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok =
        context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
        EVP_DigestSign(context, ret_signature, &len, (const uint8_t *)text->data, text->len) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    *ret_len = len;
    return ok;
}

bool jwt_sign(const struct jwt_key *key, const struct jwt_claims *claims, char **ret_token,
              struct error *err)
{
    struct buffer token = {.max = TOKEN_MAX};
    uint8_t signature[SIGNATURE_MAX];
    size_t len;
    append_header(&token, claims);
    append_claims(&token, claims);
    bool ok = buffer_ok(&token) && sign(key, &token, signature, &len);
    if (ok) {
        buffer_append_char(&token, '.');
        jwt_append_base64url(&token, signature, len);
        ok = buffer_ok(&token);
    }
    if (!ok) {
        buffer_free(&token);
        return error_set(err, ERROR_INTERNAL, "OpenSSL could not sign a token");
    }
    *ret_token = token.data;
    return true;
}
