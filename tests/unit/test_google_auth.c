/* Credentials: key files good and bad, self-signed tokens, the exchange at a token server, refresh
 * and refusal. */
#include "lib/check.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/rsa.h"
#include "lib/web.h"
#include "source/google_auth.h"

static struct rsa_pair pair;
static struct web web;

static int setup(void **state)
{
    (void)state;
    rsa_make(&pair);
    web_start(&web);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    web_stop(&web);
    rsa_free(&pair);
    return 0;
}

/* ---- key files ---- */

static char *write_file(const char *text)
{
    char *path = memory_string("/tmp/ordersync-key-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

/* A key file as Google issues them; `type` NULL leaves the type out. */
static char *key_text(const char *type, const char *email, const char *token_uri)
{
    struct buffer text = {.max = 1u << 16};
    buffer_append_text(&text, "{\"project_id\":\"shop-1\",\"private_key_id\":\"k7\"");
    if (type != NULL)
        buffer_append_format(&text, ",\"type\":\"%s\"", type);
    if (email != NULL)
        buffer_append_format(&text, ",\"client_email\":\"%s\"", email);
    if (token_uri != NULL)
        buffer_append_format(&text, ",\"token_uri\":\"%s\"", token_uri);
    buffer_append_text(&text, ",\"private_key\":\"");
    for (const char *c = pair.pem; *c != '\0'; c++)
        buffer_append_format(&text, *c == '\n' ? "\\n" : "%c", *c);
    buffer_append_text(&text, "\"}");
    return text.data;
}

static bool open_auth(struct http *http, const char *file, bool exchange, struct google_auth **auth,
                      struct error *err)
{
    struct google_auth_options options = {.file = file,
                                          .exchange = exchange,
                                          .audience = "https://firestore.googleapis.com/",
                                          .scope = "https://www.googleapis.com/auth/datastore"};
    return google_auth_open(http, &options, auth, err);
}

static void refuse_file(char *take_text, enum error_id id, const char *words)
{
    char *path = write_file(take_text);
    struct google_auth *auth;
    struct error err;
    assert_false(open_auth(NULL, path, false, &auth, &err));
    assert_int_equal(err.id, id);
    if (strstr(err.message, words) == NULL || strstr(err.message, path) == NULL)
        fail_msg("\"%s\" does not say \"%s\" and the path", err.message, words);
    assert_null(strstr(err.message, "PRIVATE KEY"));
    unlink(path);
    free(path);
    free(take_text);
}

static void test_bad_files(void **state)
{
    struct google_auth *auth;
    struct error err;
    (void)state;
    assert_false(open_auth(NULL, "", false, &auth, &err));
    assert_int_equal(err.id, ERROR_CREDENTIALS_MISSING);
    assert_non_null(strstr(err.message, "GOOGLE_APPLICATION_CREDENTIALS"));
    assert_false(open_auth(NULL, "/nonexistent/key.json", false, &auth, &err));
    assert_int_equal(err.id, ERROR_CREDENTIALS_FILE);
    assert_non_null(strstr(err.message, "/nonexistent/key.json"));
    assert_false(open_auth(NULL, "/tmp", false, &auth, &err));
    assert_int_equal(err.id, ERROR_CREDENTIALS_FILE);
    refuse_file(memory_string(""), ERROR_CREDENTIALS_FORMAT, "not JSON");
    refuse_file(memory_string("[]"), ERROR_CREDENTIALS_FORMAT, "\"type\"");
    refuse_file(memory_string("{\"type\": 3}"), ERROR_CREDENTIALS_FORMAT, "\"type\"");
    refuse_file(key_text(NULL, "a@b", NULL), ERROR_CREDENTIALS_FORMAT, "\"type\"");
    refuse_file(key_text("external_account", "a@b", NULL), ERROR_CREDENTIALS_FORMAT,
                "external_account");
    refuse_file(key_text("authorized_user", "a@b", NULL), ERROR_CREDENTIALS_FORMAT, "client_id");
    refuse_file(memory_string("{\"type\":\"authorized_user\",\"client_id\":\"a\","
                              "\"client_secret\":\"b\"}"),
                ERROR_CREDENTIALS_FORMAT, "refresh_token");
    refuse_file(memory_string("{\"type\":\"authorized_user\",\"client_id\":\"a\","
                              "\"client_secret\":\"b\",\"refresh_token\":\"c\","
                              "\"quota_project_id\":\"x\\r\\ny: z\"}"),
                ERROR_CREDENTIALS_FORMAT, "quota_project_id");
    refuse_file(key_text("service_account", NULL, NULL), ERROR_CREDENTIALS_FORMAT, "client_email");
    refuse_file(key_text("service_account", "a@b", "http://example.com/token"),
                ERROR_SOURCE_ADDRESS, "token_uri");
    refuse_file(memory_string("{\"type\":\"service_account\",\"client_email\":\"a@b\","
                              "\"private_key\":\"-----BEGIN PRIVATE KEY-----\"}"),
                ERROR_CREDENTIALS_FORMAT, "private_key");
}

/* ---- tokens ---- */

struct answer {
    bool done;
    char *authorization;
    struct error error;
};

static void on_token(void *context, const char *authorization, const struct error *err)
{
    struct answer *answer = context;
    free(answer->authorization);
    answer->done = true;
    answer->authorization = memory_string(authorization);
    answer->error = err == NULL ? (struct error){.id = ERROR_NONE} : *err;
}

struct world {
    struct http *http;
    struct google_auth *auth;
    struct answer answer;
};

static void world_open(struct world *world, bool exchange)
{
    char *text = key_text("service_account", "sync@shop-1.iam.gserviceaccount.com", web.url);
    char *path = write_file(text);
    struct error err;
    *world = (struct world){.http = NULL};
    assert_true(http_new(&world->http, &err));
    if (!open_auth(world->http, path, exchange, &world->auth, &err))
        fail_msg("%s", err.message);
    unlink(path);
    free(path);
    free(text);
    web.status = 200;
    web.body = "{\"access_token\":\"ya29.one\",\"expires_in\":3599,\"token_type\":\"Bearer\"}";
    web.location = NULL;
    web.requests = 0;
}

static void world_close(struct world *world)
{
    google_auth_close(world->auth);
    http_free(world->http);
    free(world->answer.authorization);
}

static void world_get(struct world *world)
{
    world->answer.done = false;
    google_auth_get(world->auth, on_token, &world->answer);
    for (int i = 0; i < 100 && !world->answer.done; i++)
        http_step(world->http, 200000);
    assert_true(world->answer.done);
}

static void test_self_signed(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, false);
    assert_string_equal(google_auth_project(world.auth), "shop-1");
    world_get(&world);
    char *first = memory_string(world.answer.authorization);
    assert_memory_equal(first, "Bearer ", 7);
    assert_true(rsa_verify(&pair, first + 7));
    char *claims = rsa_token_part(first + 7, 1);
    assert_non_null(strstr(claims, "\"sub\":\"sync@shop-1.iam.gserviceaccount.com\""));
    assert_non_null(strstr(claims, "\"aud\":\"https://firestore.googleapis.com/\""));
    assert_null(strstr(claims, "scope"));
    world_get(&world);
    assert_string_equal(world.answer.authorization, first); /* kept until it grows old */
    assert_int_equal(web.requests, 0);
    free(claims);
    free(first);
    world_close(&world);
}

static void test_exchange(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, true);
    world_get(&world);
    assert_string_equal(world.answer.authorization, "Bearer ya29.one");
    assert_string_equal(web.method, "POST");
    assert_string_equal(web.path, "/token");
    const char grant[] =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
    assert_memory_equal(web.received, grant, sizeof(grant) - 1);
    const char *assertion = web.received + sizeof(grant) - 1;
    assert_true(rsa_verify(&pair, assertion));
    char *claims = rsa_token_part(assertion, 1);
    assert_non_null(strstr(claims, web.url));
    assert_non_null(strstr(claims, "\"scope\":\"https://www.googleapis.com/auth/datastore\""));
    assert_null(strstr(claims, "\"sub\""));
    free(claims);
    world_get(&world);
    assert_int_equal(web.requests, 1);
    /* the server refused it: a fresh one */
    web.body = "{\"access_token\":\"ya29.two\",\"expires_in\":3599}";
    google_auth_refuse(world.auth);
    world_get(&world);
    assert_string_equal(world.answer.authorization, "Bearer ya29.two");
    assert_int_equal(web.requests, 2);
    world_close(&world);
}

/* A token that ends within five minutes is renewed at the next use, and used meanwhile by who
 * waited for it. */
static void test_refresh(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, true);
    web.body = "{\"access_token\":\"short\",\"expires_in\":299}";
    world_get(&world);
    assert_string_equal(world.answer.authorization, "Bearer short");
    world_get(&world);
    assert_int_equal(web.requests, 2);
    web.body = "{\"access_token\":\"long\",\"expires_in\":310}";
    world_get(&world);
    world_get(&world);
    assert_int_equal(web.requests, 3);
    world_close(&world);
}

/* Callers that wait share one exchange; one that is forgotten is not called. */
static void test_shared(void **state)
{
    struct world world;
    struct answer second = {.done = false};
    struct answer forgotten = {.done = false};
    (void)state;
    world_open(&world, true);
    google_auth_get(world.auth, on_token, &second);
    google_auth_get(world.auth, on_token, &forgotten);
    google_auth_forget(world.auth, &forgotten);
    world_get(&world);
    assert_true(second.done);
    assert_string_equal(second.authorization, "Bearer ya29.one");
    assert_false(forgotten.done);
    assert_int_equal(web.requests, 1);
    free(second.authorization);
    world_close(&world);
}

static void refuse_reply(unsigned status, const char *body, enum error_id id, const char *words)
{
    struct world world;
    world_open(&world, true);
    web.status = status;
    web.body = body;
    world_get(&world);
    assert_null(world.answer.authorization);
    assert_int_equal(world.answer.error.id, id);
    if (strstr(world.answer.error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", world.answer.error.message, words);
    assert_null(strstr(world.answer.error.message, "assertion"));
    world_close(&world);
}

static void test_refused_replies(void **state)
{
    (void)state;
    refuse_reply(400, "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT\"}",
                 ERROR_TOKEN_REFUSED, "invalid_grant: Invalid JWT");
    refuse_reply(401, "{}", ERROR_TOKEN_REFUSED, "401");
    refuse_reply(503, "busy", ERROR_SOURCE_UNAVAILABLE, "503");
    refuse_reply(429, "{}", ERROR_SOURCE_UNAVAILABLE, "429");
    refuse_reply(200, "<html>", ERROR_SOURCE_PROTOCOL, "200");
    refuse_reply(200, "{\"token_type\":\"Bearer\"}", ERROR_SOURCE_PROTOCOL, "no token");
    refuse_reply(200, "{\"access_token\":\"a\\r\\nx: y\"}", ERROR_SOURCE_PROTOCOL, "no token");
    char *large = memory_alloc(100000);
    memset(large, 'x', 100000);
    large[99999] = '\0';
    refuse_reply(200, large, ERROR_SOURCE_PROTOCOL, "too large");
    free(large);
}

/* A redirect would carry the assertion elsewhere: it is an answer like any other, not followed. */
static void test_redirect(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, true);
    web.status = 302;
    web.location = web.url;
    web.body = "";
    world_get(&world);
    assert_int_equal(world.answer.error.id, ERROR_SOURCE_PROTOCOL);
    assert_int_equal(web.requests, 1);
    world_close(&world);
}

/* ---- a user's, and the machine's own ---- */

static char *user_text(void)
{
    return memory_format("{\"type\":\"authorized_user\",\"client_id\":\"7-x.apps\","
                         "\"client_secret\":\"s+e/c\",\"refresh_token\":\"1//0 r&t=\","
                         "\"quota_project_id\":\"shop-2\",\"token_uri\":\"%s\"}",
                         web.url);
}

static void open_with(struct world *world, const struct google_auth_options *options)
{
    struct error err;
    *world = (struct world){.http = NULL};
    assert_true(http_new(&world->http, &err));
    if (!google_auth_open(world->http, options, &world->auth, &err))
        fail_msg("%s", err.message);
    web.status = 200;
    web.body = "{\"access_token\":\"ya29.one\",\"expires_in\":3599,\"token_type\":\"Bearer\"}";
    web.location = NULL;
    web.requests = 0;
}

static void test_authorized_user(void **state)
{
    char *text = user_text();
    char *path = write_file(text);
    struct google_auth_options options = {.file = path, .audience = "a", .scope = "s"};
    struct world world;
    (void)state;
    open_with(&world, &options);
    assert_string_equal(google_auth_user_project(world.auth), "shop-2");
    assert_string_equal(google_auth_project(world.auth), "");
    world_get(&world);
    assert_string_equal(world.answer.authorization, "Bearer ya29.one");
    assert_string_equal(web.method, "POST");
    assert_string_equal(web.received,
                        "grant_type=refresh_token&client_id=7-x.apps&client_secret=s%2Be%2Fc"
                        "&refresh_token=1%2F%2F0%20r%26t%3D");
    web.status = 400;
    web.body = "{\"error\":\"invalid_grant\",\"error_description\":\"Token revoked.\"}";
    google_auth_refuse(world.auth);
    world_get(&world);
    assert_int_equal(world.answer.error.id, ERROR_TOKEN_REFUSED);
    assert_null(strstr(world.answer.error.message, "s+e/c"));
    world_close(&world);
    unlink(path);
    free(path);
    free(text);
}

static void test_metadata(void **state)
{
    char host[32];
    struct world world;
    struct google_auth *auth;
    struct error err;
    (void)state;
    snprintf(host, sizeof(host), "127.0.0.1:%d", web.port);
    struct google_auth_options options = {.metadata = host, .audience = "a", .scope = "s"};
    open_with(&world, &options);
    assert_int_equal(web.requests, 0); /* opening asks nobody */
    world_get(&world);
    world_get(&world);
    assert_string_equal(world.answer.authorization, "Bearer ya29.one");
    assert_int_equal(web.requests, 1);
    assert_string_equal(web.method, "GET");
    assert_string_equal(web.path, "/computeMetadata/v1/instance/service-accounts/default/token");
    assert_string_equal(web.flavor, "Google");
    world_close(&world);
    options.metadata = "user:pass@elsewhere";
    assert_false(google_auth_open(NULL, &options, &auth, &err));
    assert_int_equal(err.id, ERROR_SOURCE_ADDRESS);
}

/* The file that is set; gcloud's file; the metadata server only when allowed; nothing. */
static void test_order(void **state)
{
    char folder[] = "/tmp/ordersync-gcloud-XXXXXX";
    char host[32];
    char *text = user_text();
    char *service = key_text("service_account", "a@b", NULL);
    struct google_auth_options options = {.audience = "a", .scope = "s"};
    struct google_auth *auth;
    struct error err;
    struct world world;
    (void)state;
    snprintf(host, sizeof(host), "127.0.0.1:%d", web.port);
    assert_non_null(mkdtemp(folder));
    options.folder = folder;
    assert_false(google_auth_open(NULL, &options, &auth, &err));
    assert_int_equal(err.id, ERROR_CREDENTIALS_MISSING);
    options.metadata = host;
    open_with(&world, &options);
    world_get(&world);
    assert_string_equal(web.method, "GET");
    world_close(&world);
    char *gcloud = memory_format("%s/application_default_credentials.json", folder);
    char *made = write_file(text);
    assert_int_equal(rename(made, gcloud), 0);
    open_with(&world, &options);
    world_get(&world);
    assert_string_equal(web.method, "POST");
    world_close(&world);
    char *set = write_file(service);
    options.file = set;
    open_with(&world, &options);
    world_get(&world);
    assert_int_equal(web.requests, 0);
    assert_string_equal(google_auth_project(world.auth), "shop-1");
    world_close(&world);
    unlink(set);
    unlink(gcloud);
    rmdir(folder);
    free(set);
    free(made);
    free(gcloud);
    free(service);
    free(text);
}

static void test_emulator(void **state)
{
    struct google_auth_options options = {.emulator = true, .file = "/nonexistent"};
    struct google_auth *auth;
    struct answer answer = {.done = false};
    struct error err;
    (void)state;
    assert_true(google_auth_open(NULL, &options, &auth, &err));
    google_auth_get(auth, on_token, &answer);
    assert_string_equal(answer.authorization, "Bearer owner");
    assert_string_equal(google_auth_project(auth), "");
    free(answer.authorization);
    google_auth_close(auth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_files),       cmocka_unit_test(test_self_signed),
        cmocka_unit_test(test_exchange),        cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_shared),          cmocka_unit_test(test_refused_replies),
        cmocka_unit_test(test_authorized_user), cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_order),           cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_emulator),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
