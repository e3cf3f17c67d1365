/* UUID versions 4 and 5. */
#include "base/uuid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#define UUID_SIZE 16

/* d3ba2a8e-5b2f-4f2e-9b1c-6d0b7a51c7e4: drawn once, never to change: every order id hangs on it. */
const struct uuid uuid_namespace_ordersync = {{0xd3, 0xba, 0x2a, 0x8e, 0x5b, 0x2f, 0x4f, 0x2e, 0x9b,
                                               0x1c, 0x6d, 0x0b, 0x7a, 0x51, 0xc7, 0xe4}};

static void uuid_mark(struct uuid *uuid, uint8_t version)
{
    uuid->bytes[6] = (uint8_t)((uuid->bytes[6] & 0x0f) | (version << 4));
    uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3f) | 0x80);
}

/* OpenSSL fails here only without memory or without its default provider: no state to go on from.
 */
static void uuid_require(int ok)
{
    if (ok != 1)
        abort();
}

struct uuid uuid_v5(const struct uuid *name_space, struct str name)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    struct uuid uuid;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uuid_require(context != NULL);
    uuid_require(EVP_DigestInit_ex(context, EVP_sha1(), NULL));
    uuid_require(EVP_DigestUpdate(context, name_space->bytes, UUID_SIZE));
    uuid_require(EVP_DigestUpdate(context, name.data == NULL ? "" : name.data, name.len));
    uuid_require(EVP_DigestFinal_ex(context, hash, NULL));
    EVP_MD_CTX_free(context);
    memcpy(uuid.bytes, hash, UUID_SIZE);
    uuid_mark(&uuid, 5);
    return uuid;
}

struct uuid uuid_random(void)
{
    struct uuid uuid;
    uuid_require(RAND_bytes(uuid.bytes, UUID_SIZE));
    uuid_mark(&uuid, 4);
    return uuid;
}

static bool uuid_dash_at(size_t position)
{
    return position == 8 || position == 13 || position == 18 || position == 23;
}

void uuid_format(const struct uuid *uuid, char ret_text[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < UUID_SIZE; i++) {
        if (uuid_dash_at(at))
            ret_text[at++] = '-';
        ret_text[at++] = digits[uuid->bytes[i] >> 4];
        ret_text[at++] = digits[uuid->bytes[i] & 15];
    }
    assert(at == UUID_TEXT_SIZE - 1);
    ret_text[at] = '\0';
}

static int uuid_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool uuid_parse(struct str text, struct uuid *ret_uuid)
{
    struct uuid uuid = {{0}};
    size_t nibble = 0;
    if (text.data == NULL || text.len != UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (uuid_dash_at(i)) {
            if (text.data[i] != '-')
                return false;
            continue;
        }
        int digit = uuid_hex(text.data[i]);
        if (digit < 0)
            return false;
        uuid.bytes[nibble / 2] = (uint8_t)(uuid.bytes[nibble / 2] << 4 | digit);
        nibble++;
    }
    *ret_uuid = uuid;
    return true;
}
