/* Signed tokens: form, claims, and a signature that the public key accepts. */
#include "lib/check.h"

#include "lib/rsa.h"
#include "source/jwt.h"

static struct rsa_pair pair;

static int setup(void **state)
{
    (void)state;
    rsa_make(&pair);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rsa_free(&pair);
    return 0;
}

static void test_signature(void **state)
{
    struct jwt_key *key;
    struct error err;
    struct jwt_claims claims = {.key_id = "k1",
                                .issuer = "sync@project.iam.gserviceaccount.com",
                                .subject = "sync@project.iam.gserviceaccount.com",
                                .audience = "https://firestore.googleapis.com/",
                                .issued_s = 1700000000,
                                .expires_s = 1700003600};
    char *token;
    (void)state;
    assert_true(jwt_key_new(pair.pem, &key, &err));
    assert_true(jwt_sign(key, &claims, &token, &err));
    assert_true(rsa_verify(&pair, token));
    char *header = rsa_token_part(token, 0);
    char *body = rsa_token_part(token, 1);
    assert_string_equal(header, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}");
    assert_string_equal(body, "{\"iss\":\"sync@project.iam.gserviceaccount.com\","
                              "\"sub\":\"sync@project.iam.gserviceaccount.com\","
                              "\"aud\":\"https://firestore.googleapis.com/\","
                              "\"iat\":1700000000,\"exp\":1700003600}");
    token[strcspn(token, ".") + 3] ^= 1; /* one bit of the claims */
    assert_false(rsa_verify(&pair, token));
    free(header);
    free(body);
    free(token);
    jwt_key_free(key);
}

/* Quotes in a claim stay inside it. */
static void test_escaping(void **state)
{
    struct jwt_key *key;
    struct error err;
    struct jwt_claims claims = {.issuer = "a\",\"admin\":\"b", .audience = "x", .scope = "s t"};
    char *token;
    (void)state;
    assert_true(jwt_key_new(pair.pem, &key, &err));
    assert_true(jwt_sign(key, &claims, &token, &err));
    char *header = rsa_token_part(token, 0);
    char *body = rsa_token_part(token, 1);
    assert_string_equal(header, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    assert_string_equal(body, "{\"iss\":\"a\\\",\\\"admin\\\":\\\"b\",\"aud\":\"x\","
                              "\"scope\":\"s t\",\"iat\":0,\"exp\":0}");
    free(header);
    free(body);
    free(token);
    jwt_key_free(key);
}

static void test_bad_keys(void **state)
{
    static const char *const pems[] = {
        "", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"};
    struct jwt_key *key;
    (void)state;
    for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
        struct error err;
        assert_false(jwt_key_new(pems[i], &key, &err));
        assert_int_equal(err.id, ERROR_CREDENTIALS_FORMAT);
        assert_null(strstr(err.message, "AAAA"));
    }
}

/* RFC 4648 section 10, in the url alphabet and without padding. */
static void test_base64url(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"}};
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct buffer text = {.max = 64};
        jwt_append_base64url(&text, pairs[i][0], strlen(pairs[i][0]));
        assert_str(buffer_str(&text), pairs[i][1]);
        buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_bad_keys),
        cmocka_unit_test(test_base64url),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
