/* Reading a credentials file. Its content is secret: errors name fields, never values. */
#include "source/google_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/json.h"
#include "source/google_auth.h"
#include "source/http.h"

#define DEFAULT_TOKEN_URI "https://oauth2.googleapis.com/token"

static bool file_read(const char *path, struct buffer *content, struct error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set_errno(err, ERROR_CREDENTIALS_FILE, "credentials file %s", path);
    char *into = buffer_reserve(content, GOOGLE_AUTH_MAX_FILE);
    content->len = fread(into, 1, GOOGLE_AUTH_MAX_FILE, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return error_set(err, ERROR_CREDENTIALS_FILE, "credentials file %s cannot be read", path);
    if (content->len == GOOGLE_AUTH_MAX_FILE)
        return error_set(err, ERROR_CREDENTIALS_FORMAT, "credentials file %s is no key: too large",
                         path);
    return true;
}

static struct str field(const struct value *object, const char *name)
{
    const struct value *value = value_get(object, name);
    return value != NULL && value->kind == VALUE_STRING ? value->text : STR("");
}

/* Kinds of file, and what has to be in them. */
struct file_kind {
    const char *type;
    enum google_key_kind kind;
    const char *required[3];
};
static const struct file_kind file_kinds[] = {
    {"service_account", GOOGLE_KEY_SERVICE_ACCOUNT, {"client_email", "private_key", NULL}},
    {"authorized_user",
     GOOGLE_KEY_AUTHORIZED_USER,
     {"client_id", "client_secret", "refresh_token"}},
};

static const struct file_kind *find_kind(const struct value *object, struct error *err)
{
    struct str type = field(object, "type");
    if (object->kind != VALUE_MAP || type.len == 0) {
        error_set(err, ERROR_CREDENTIALS_FORMAT, "it has no \"type\"");
        return NULL;
    }
    for (size_t i = 0; i < sizeof(file_kinds) / sizeof(file_kinds[0]); i++) {
        if (str_equal(type, str_from(file_kinds[i].type)))
            return &file_kinds[i];
    }
    error_set(err, ERROR_CREDENTIALS_FORMAT,
              "its type is \"%.40s\"; service_account or authorized_user is needed",
              memchr(type.data, '\0', type.len) == NULL ? type.data : "?");
    return NULL;
}

static void copy_fields(const struct value *object, struct google_key *key)
{
    const struct {
        const char *name;
        char **into;
    } fields[] = {
        {"project_id", &key->project_id},         {"client_email", &key->client_email},
        {"private_key_id", &key->private_key_id}, {"client_id", &key->client_id},
        {"client_secret", &key->client_secret},   {"refresh_token", &key->refresh_token},
        {"token_uri", &key->token_uri},           {"quota_project_id", &key->quota_project_id},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        *fields[i].into = memory_string_str(field(object, fields[i].name));
}

static bool take_private_key(const struct value *object, struct google_key *key, struct error *err)
{
    char *pem = memory_string_str(field(object, "private_key"));
    bool ok = jwt_key_new(pem, &key->key, err);
    explicit_bzero(pem, strlen(pem));
    free(pem);
    return ok;
}

/* A header is made of it. */
static bool check_quota_project(const char *project, struct error *err)
{
    for (const char *c = project; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return error_set(err, ERROR_CREDENTIALS_FORMAT, "its quota_project_id is no id");
    }
    return true;
}

static bool take_fields(const struct value *object, const struct file_kind *kind,
                        struct google_key *key, struct error *err)
{
    for (size_t i = 0; i < 3 && kind->required[i] != NULL; i++) {
        if (field(object, kind->required[i]).len == 0)
            return error_set(err, ERROR_CREDENTIALS_FORMAT, "it has no \"%s\"", kind->required[i]);
    }
    copy_fields(object, key);
    key->kind = kind->kind;
    if (key->token_uri[0] == '\0') {
        free(key->token_uri);
        key->token_uri = memory_string(DEFAULT_TOKEN_URI);
    }
    if (!http_check_url(key->token_uri, false, err))
        return error_prefix(err, "token_uri");
    if (!check_quota_project(key->quota_project_id, err))
        return false;
    return kind->kind != GOOGLE_KEY_SERVICE_ACCOUNT || take_private_key(object, key, err);
}

static bool key_parse(struct str text, struct google_key *key, struct error *err)
{
    struct arena arena = {.block_size = 0};
    const struct value *object;
    bool ok = json_parse(text, &arena, &object, NULL);
    const struct file_kind *kind = NULL;
    if (!ok)
        error_set(err, ERROR_CREDENTIALS_FORMAT, "it is not JSON");
    else
        kind = find_kind(object, err);
    ok = kind != NULL && take_fields(object, kind, key, err);
    arena_free(&arena);
    return ok;
}

bool google_key_read(const char *path, struct google_key *ret_key, struct error *err)
{
    struct buffer content = {.max = GOOGLE_AUTH_MAX_FILE + 1};
    struct google_key key = {.client_email = NULL};
    bool ok = file_read(path, &content, err);
    if (ok && !key_parse(buffer_str(&content), &key, err)) {
        ok = error_prefix(err, "credentials file %s", path);
        google_key_free(&key);
    }
    if (content.data != NULL)
        explicit_bzero(content.data, content.cap);
    buffer_free(&content);
    if (ok)
        *ret_key = key;
    return ok;
}

void google_key_free(struct google_key *key)
{
    free(key->client_email);
    free(key->private_key_id);
    free(key->project_id);
    free(key->token_uri);
    free(key->client_id);
    free(key->quota_project_id);
    secret_free(key->client_secret);
    secret_free(key->refresh_token);
    jwt_key_free(key->key);
    *key = (struct google_key){.client_email = NULL};
}
