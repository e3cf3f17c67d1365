/* The Firestore source: settings and credentials in, the operations of source.h out. */
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/settings.h"
#include "source/firestore_decode.h"
#include "source/firestore_internal.h"

#define SERVICE "google.firestore.v1.Firestore"
#define AUDIENCE "https://firestore.googleapis.com/"
#define SCOPE "https://www.googleapis.com/auth/datastore"

/* ---- open ---- */

/* Parts of a header and of every document's name: nothing that could end either. */
static bool check_id(const char *id, enum setting_id setting, struct error *err)
{
    if (id[0] == '\0')
        return error_set(err, ERROR_SETTING_MISSING, "set %s (%s)", settings_variable(setting),
                         settings_name(setting));
    for (const char *c = id; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '/')
            return error_set(err, ERROR_SETTING_INVALID, "%s: \"%s\" is no such id",
                             settings_name(setting), id);
    }
    return true;
}

/* "Orders", or below a document: "shops/acme/Orders". */
static bool place_collection(struct firestore_place *place, const char *path, struct error *err)
{
    size_t slashes = 0;
    for (const char *c = path; *c != '\0'; c++)
        slashes += *c == '/';
    size_t len = strlen(path);
    bool empty_part =
        len == 0 || path[0] == '/' || path[len - 1] == '/' || strstr(path, "//") != NULL;
    if (empty_part || slashes % 2 != 0)
        return error_set(err, ERROR_SETTING_INVALID, "%s: \"%s\" is not a collection",
                         settings_name(SET_COLLECTION), path);
    const char *last = strrchr(path, '/');
    if (last == NULL)
        place->parent = memory_format("%s/documents", place->database);
    else
        place->parent =
            memory_format("%s/documents/%.*s", place->database, (int)(last - path), path);
    place->collection = memory_string(last == NULL ? path : last + 1);
    return true;
}

static bool source_place(struct source *source, const struct settings *settings, struct error *err)
{
    const char *project = settings_text(settings, SET_PROJECT);
    const char *database = settings_text(settings, SET_FIRESTORE_DATABASE);
    const char *collection = settings_text(settings, SET_COLLECTION);
    if (project[0] == '\0')
        project = google_auth_project(source->client.auth);
    if (!check_id(project, SET_PROJECT, err) || !check_id(database, SET_FIRESTORE_DATABASE, err))
        return false;
    source->place.database = memory_format("projects/%s/databases/%s", project, database);
    source->identity = memory_format("%s/%s/%s", project, database, collection);
    return place_collection(&source->place, collection, err);
}

/* Where gcloud keeps its files; "" without a home. The caller frees. */
static char *gcloud_folder(const struct settings *settings)
{
    const char *home = getenv("HOME");
    if (settings_is_set(settings, SET_CLOUDSDK_CONFIG))
        return memory_string(settings_text(settings, SET_CLOUDSDK_CONFIG));
    return home == NULL ? memory_string("") : memory_format("%s/.config/gcloud", home);
}

static bool source_auth(struct source *source, const struct settings *settings, struct error *err)
{
    bool metadata = settings_boolean(settings, SET_GOOGLE_METADATA) ||
                    settings_is_set(settings, SET_METADATA_HOST);
    char *folder AUTO_FREE = gcloud_folder(settings);
    struct google_auth_options options = {
        .emulator = settings_text(settings, SET_EMULATOR_HOST)[0] != '\0',
        .file = settings_text(settings, SET_CREDENTIALS),
        .folder = folder,
        .metadata = metadata ? settings_text(settings, SET_METADATA_HOST) : NULL,
        .exchange = strcmp(settings_text(settings, SET_FIRESTORE_AUTH), "token") == 0,
        .audience = AUDIENCE,
        .scope = SCOPE,
    };
    return google_auth_open(source->client.http, &options, &source->client.auth, err);
}

/* Two channels to one address: requests share a pool of connections, the listener has its own. */
static bool source_channels(struct source *source, const struct settings *settings,
                            struct error *err)
{
    const char *emulator = settings_text(settings, SET_EMULATOR_HOST);
    bool is_emulator = emulator[0] != '\0';
    enum setting_id setting = is_emulator ? SET_EMULATOR_HOST : SET_FIRESTORE_ENDPOINT;
    if (strchr(emulator, '/') != NULL)
        return error_set(err, ERROR_SOURCE_ADDRESS, "%s is HOST:PORT, without http:// or a path",
                         settings_name(setting));
    char *endpoint = is_emulator ? memory_format("http://%s", emulator)
                                 : memory_string(settings_text(settings, setting));
    struct grpc_channel_options options = {
        .endpoint = endpoint,
        .cleartext_allowed = is_emulator,
        .service = SERVICE,
        .resource_prefix = source->place.database,
        .user_project = google_auth_user_project(source->client.auth),
    };
    bool ok = grpc_channel_new(source->client.http, &options, &source->client.channel, err) &&
              listen_new(source, settings, &options, &source->listen, err);
    free(endpoint);
    return ok || error_prefix(err, "%s", settings_name(setting));
}

static void source_close(struct source *source)
{
    if (source == NULL)
        return;
    listen_free(source->listen);
    client_cancel(&source->client);
    google_auth_close(source->client.auth);
    grpc_channel_free(source->client.channel);
    http_free(source->client.http);
    free(source->place.database);
    free(source->place.parent);
    free(source->place.collection);
    free(source->identity);
    free(source);
}

static bool source_open(const struct settings *settings, struct source **ret_source,
                        struct error *err)
{
    struct source *source = memory_zero(1, sizeof(*source));
    source->client.give_up_us = SECONDS_US(settings_integer(settings, SET_GIVE_UP));
    source->client.budget.limit = (uint64_t)settings_integer(settings, SET_READ_BUDGET);
    bool ok = http_new(&source->client.http, err) && source_auth(source, settings, err) &&
              source_place(source, settings, err) && source_channels(source, settings, err);
    if (!ok) {
        source_close(source);
        return false;
    }
    *ret_source = source;
    return true;
}

/* ---- the rest ---- */

static const char *source_identity(const struct source *source)
{
    return source->identity;
}

static void source_step(struct source *source, int64_t timeout_us)
{
    struct http *beside = listen_prepare(source->listen, &timeout_us);
    client_step(&source->client, beside, timeout_us);
    listen_pump(source->listen);
}

static void source_wake(struct source *source)
{
    http_wake(source->client.http);
}

static void source_meter(const struct source *source, struct source_meter *ret_meter)
{
    client_meter(&source->client, ret_meter);
    listen_meter(source->listen, ret_meter);
}

static void source_spent(struct source *source, uint64_t reads_today, int64_t at_us)
{
    read_budget_add(&source->client.budget, reads_today, at_us);
}

static bool source_decode(const struct page *page, size_t i, struct arena *arena,
                          struct document *ret_document, struct error *err)
{
    struct str bytes = {page->raw.data + page->offsets[i], page->offsets[i + 1] - page->offsets[i]};
    return firestore_decode(bytes, page->read_time_ns, arena, ret_document, err);
}

const struct source_ops source_firestore = {
    .name = "firestore",
    .open = source_open,
    .close = source_close,
    .identity = source_identity,
    .count = firestore_count,
    .split = firestore_split,
    .page = firestore_page,
    .names = firestore_names,
    .fetch = firestore_fetch,
    .step = source_step,
    .wake = source_wake,
    .meter = source_meter,
    .spent = source_spent,
    .decode = source_decode,
    .listen = &firestore_listen,
};
