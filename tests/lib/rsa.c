/* Keys and signatures for tests. */
#include "lib/rsa.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

void rsa_make(struct rsa_pair *ret_pair)
{
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    if (pkey == NULL || PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1)
        abort();
    long len = BIO_get_mem_data(bio, &text);
    ret_pair->pem = strndup(text, (size_t)len);
    ret_pair->pkey = pkey;
    BIO_free(bio);
}

void rsa_free(struct rsa_pair *pair)
{
    EVP_PKEY_free(pair->pkey);
    free(pair->pem);
}

static size_t decode_base64url(const char *text, size_t len, unsigned char *into)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, have = 0;
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        const char *digit = strchr(digits, text[i]);
        if (digit == NULL || *digit == '\0')
            abort();
        bits = bits << 6 | (unsigned)(digit - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            into[used++] = (unsigned char)(bits >> have);
            bits &= (1u << have) - 1;
        }
    }
    return used;
}

char *rsa_token_part(const char *token, size_t index)
{
    while (index-- > 0)
        token = strchr(token, '.') + 1;
    size_t len = strcspn(token, ".");
    char *text = calloc(1, len + 1);
    text[decode_base64url(token, len, (unsigned char *)text)] = '\0';
    return text;
}

bool rsa_verify(const struct rsa_pair *pair, const char *token)
{
    const char *dot = strrchr(token, '.');
    unsigned char signature[1024];
    size_t len = decode_base64url(dot + 1, strlen(dot + 1), signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, pair->pkey) == 1 &&
              EVP_DigestVerify(context, signature, len, (const unsigned char *)token,
                               (size_t)(dot - token)) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}
