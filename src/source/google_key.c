/* Reading a service account's key file. Its content is secret: errors name fields, never values. */
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

static bool check_type(const struct value *object, struct error *err)
{
    struct str type = field(object, "type");
    if (object->kind != VALUE_MAP || type.len == 0)
        return error_set(err, ERROR_CREDENTIALS_FORMAT, "it has no \"type\"");
    if (!str_equal(type, STR("service_account")))
        return error_set(err, ERROR_CREDENTIALS_FORMAT,
                         "its type is \"%.40s\"; a service_account key is needed",
                         memchr(type.data, '\0', type.len) == NULL ? type.data : "?");
    return true;
}

static bool take_fields(const struct value *object, struct google_key *key, struct error *err)
{
    static const char *const required[] = {"client_email", "private_key"};
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (field(object, required[i]).len == 0)
            return error_set(err, ERROR_CREDENTIALS_FORMAT, "it has no \"%s\"", required[i]);
    }
    struct str uri = field(object, "token_uri");
    key->client_email = memory_string_str(field(object, "client_email"));
    key->private_key_id = memory_string_str(field(object, "private_key_id"));
    key->project_id = memory_string_str(field(object, "project_id"));
    key->token_uri = uri.len == 0 ? memory_string(DEFAULT_TOKEN_URI) : memory_string_str(uri);
    if (!http_check_url(key->token_uri, false, err))
        return error_prefix(err, "token_uri");
    char *pem = memory_string_str(field(object, "private_key"));
    bool ok = jwt_key_new(pem, &key->key, err);
    free(pem);
    return ok;
}

static bool key_parse(struct str text, struct google_key *key, struct error *err)
{
    struct arena arena = {.block_size = 0};
    const struct value *object;
    bool ok = json_parse(text, &arena, &object, NULL);
    if (ok)
        ok = check_type(object, err) && take_fields(object, key, err);
    else
        error_set(err, ERROR_CREDENTIALS_FORMAT, "it is not JSON");
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
    jwt_key_free(key->key);
    *key = (struct google_key){.client_email = NULL};
}
