/* Digest of a value tree. Each value is a tag byte and its content, lengths before bytes, numbers
 * big-endian, maps in key order: two different trees never make the same bytes. Changing this
 * encoding changes every stored digest: raise DIGEST_VERSION and MAPPING_VERSION with it. */
#include "model/digest.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define DIGEST_VERSION 1
#define DIGEST_SCRATCH 16384

/* One a thread: what OpenSSL needs set up, and the bytes on their way into it. */
struct digest_state {
    EVP_MD_CTX *context;
    size_t used;
    uint8_t scratch[DIGEST_SCRATCH];
};

static pthread_once_t digest_once = PTHREAD_ONCE_INIT;
static pthread_key_t digest_key;
static _Thread_local struct digest_state *digest_mine;

/* OpenSSL fails here only without its default provider: nothing could be stored correctly from then
 * on. */
static void digest_require(int ok)
{
    if (ok != 1)
        abort();
}

static void digest_state_free(void *pointer)
{
    struct digest_state *state = pointer;
    EVP_MD_CTX_free(state->context);
    free(state);
    digest_mine = NULL;
}

static void digest_make_key(void)
{
    if (pthread_key_create(&digest_key, digest_state_free) != 0)
        abort();
}

static struct digest_state *digest_begin(void)
{
    struct digest_state *state = digest_mine;
    if (state == NULL) {
        pthread_once(&digest_once, digest_make_key);
        state = memory_alloc(sizeof(*state));
        state->context = EVP_MD_CTX_new();
        digest_require(state->context != NULL);
        digest_require(EVP_DigestInit_ex(state->context, EVP_sha256(), NULL));
        pthread_setspecific(digest_key, state);
        digest_mine = state;
    } else {
        /* NULL keeps the algorithm: no look-up among the providers */
        digest_require(EVP_DigestInit_ex(state->context, NULL, NULL));
    }
    state->used = 0;
    return state;
}

static void digest_flush(struct digest_state *state)
{
    digest_require(EVP_DigestUpdate(state->context, state->scratch, state->used));
    state->used = 0;
}

static inline void digest_put(struct digest_state *state, const void *bytes, size_t len)
{
    if (len > DIGEST_SCRATCH - state->used)
        digest_flush(state);
    if (len > DIGEST_SCRATCH) {
        digest_require(EVP_DigestUpdate(state->context, bytes, len));
        return;
    }
    if (len > 0)
        memcpy(state->scratch + state->used, bytes, len);
    state->used += len;
}

static void digest_put_number(struct digest_state *state, char tag, uint64_t number)
{
    uint8_t bytes[9] = {(uint8_t)tag};
    number = __builtin_bswap64(number);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    number = __builtin_bswap64(number);
#endif
    memcpy(bytes + 1, &number, sizeof(number));
    digest_put(state, bytes, sizeof(bytes));
}

/* A length or count: seven bits a byte, lowest first (LEB128). */
static void digest_put_size(struct digest_state *state, size_t size)
{
    uint8_t bytes[10];
    size_t len = 0;
    for (; size >= 0x80; size >>= 7)
        bytes[len++] = (uint8_t)(size | 0x80);
    bytes[len++] = (uint8_t)size;
    digest_put(state, bytes, len);
}

static void digest_put_key(struct digest_state *state, struct str key)
{
    digest_put_size(state, key.len);
    digest_put(state, key.data, key.len);
}

static void digest_put_text(struct digest_state *state, char tag, struct str text)
{
    digest_put(state, &tag, 1);
    digest_put_key(state, text);
}

static void digest_put_double(struct digest_state *state, char tag, double number)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000); /* every NaN is one */
    if (!isnan(number))
        memcpy(&bits, &number, sizeof(bits));
    digest_put_number(state, tag, bits);
}

static void digest_put_real(struct digest_state *state, const struct value *value)
{
    struct str literal = value_literal(value);
    if (literal.data != NULL)
        digest_put_text(state, 'n', literal);
    else
        digest_put_double(state, 'd', value->real.number);
}

static void digest_put_value(struct digest_state *state, const struct value *value);

static void digest_put_array(struct digest_state *state, const struct value *value)
{
    digest_put(state, "a", 1);
    digest_put_size(state, value->array.count);
    for (size_t i = 0; i < value->array.count; i++)
        digest_put_value(state, &value->array.items[i]);
}

static void digest_put_map(struct digest_state *state, const struct value *value)
{
    digest_put(state, "m", 1);
    digest_put_size(state, value->map.count);
    for (size_t i = 0; i < value->map.count; i++) {
        digest_put_key(state, value->map.entries[i].key);
        digest_put_value(state, &value->map.entries[i].value);
    }
}

static void digest_put_value(struct digest_state *state, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
        digest_put(state, "z", 1);
        break;
    case VALUE_BOOL:
        digest_put(state, value->boolean ? "t" : "f", 1);
        break;
    case VALUE_INT:
        digest_put_number(state, 'i', (uint64_t)value->integer);
        break;
    case VALUE_DOUBLE:
        digest_put_real(state, value);
        break;
    case VALUE_STRING:
        digest_put_text(state, 's', value->text);
        break;
    case VALUE_BYTES:
        digest_put_text(state, 'b', value->text);
        break;
    case VALUE_REFERENCE:
        digest_put_text(state, 'r', value->text);
        break;
    case VALUE_TIMESTAMP:
        digest_put_number(state, 'T', (uint64_t)value->time.seconds);
        digest_put_number(state, 'N', (uint64_t)value->time.nanos);
        break;
    case VALUE_ARRAY:
        digest_put_array(state, value);
        break;
    case VALUE_MAP:
        digest_put_map(state, value);
        break;
    case VALUE_GEO:
        digest_put_double(state, 'y', value->geo.latitude);
        digest_put_double(state, 'x', value->geo.longitude);
        break;
    }
}

struct digest digest_value(const struct value *value)
{
    struct digest digest;
    struct digest_state *state = digest_begin();
    uint8_t version = DIGEST_VERSION;
    digest_put(state, &version, 1);
    digest_put_value(state, value);
    digest_flush(state);
    digest_require(EVP_DigestFinal_ex(state->context, digest.bytes, NULL));
    return digest;
}

struct digest digest_bytes(struct str text)
{
    struct digest digest;
    struct digest_state *state = digest_begin();
    digest_put(state, text.data, text.len);
    digest_flush(state);
    digest_require(EVP_DigestFinal_ex(state->context, digest.bytes, NULL));
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
