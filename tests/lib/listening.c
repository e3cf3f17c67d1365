/* Listening in tests. */
#include "lib/listening.h"

#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/fake_settings.h"
#include "source/firestore.pb-c.h"

#define PATIENCE_US INT64_C(20000000)
#define STEP_US 2000

typedef Google__Firestore__V1__ListenResponse pb_response;
typedef Google__Firestore__V1__Timestamp pb_time;

/* ---- events ---- */

static void say_end(struct listening *listening, const char *word, const struct listen_event *event)
{
    listening->error = *event->err;
    listening->retry_in_us = event->retry_in_us;
    buffer_append_format(&listening->said, "%s %s; ", word,
                         event->err->id == ERROR_NONE ? "routine"
                                                      : error_info(event->err->id)->code);
}

static void say(struct listening *listening, const struct listen_event *event)
{
    static const char *const resumed[] = {"nothing", "token", "time"};
    struct buffer *said = &listening->said;
    long long at = event->read_time_ns == TIME_NONE ? 0 : (long long)event->read_time_ns;
    switch (event->kind) {
    case LISTEN_OPENED:
        buffer_append_format(said, "OPENED %s; ", resumed[event->resumed]);
        break;
    case LISTEN_DOCUMENT:
        listening->documents++;
        assert_true(event->raw.len > event->id.len);
        buffer_append_format(said, "DOCUMENT %.*s; ", STR_ARG(event->id));
        break;
    case LISTEN_GONE:
        buffer_append_format(said, "GONE %.*s %lld; ", STR_ARG(event->id), at);
        break;
    case LISTEN_UNSURE:
        buffer_append_format(said, "UNSURE %.*s %lld; ", STR_ARG(event->id), at);
        break;
    case LISTEN_RESET:
        buffer_append_text(said, "RESET; ");
        break;
    case LISTEN_FILTER:
        buffer_append_format(said, "FILTER %lld; ", (long long)event->count);
        break;
    case LISTEN_SNAPSHOT:
        buffer_append_format(said, "SNAPSHOT %lld %.*s; ", at, STR_ARG(event->token));
        break;
    case LISTEN_ALIVE:
        break;
    case LISTEN_LOST:
        say_end(listening, "LOST", event);
        break;
    case LISTEN_FAILED:
        say_end(listening, "FAILED", event);
        break;
    }
}

static void on_event(void *context, const struct listen_event *event)
{
    struct listening *listening = context;
    say(listening, event);
    if (++listening->events == listening->hold_after)
        source_firestore.listen->hold(listening->source, true);
    if (listening->also != NULL)
        listening->also(listening, event);
}

/* ---- begin and end ---- */

void listening_begin_at(struct listening *listening, const char *host, const char *project,
                        const struct setting_override *more, const struct listen_start *start)
{
    struct setting_override overrides[12] = {{"firestore_emulator_host", host},
                                             {"project", project}};
    struct listen_start nothing = {.token = STR_NULL, .read_time_ns = TIME_NONE};
    struct error err;
    for (size_t i = 2; more != NULL && more->name != NULL; i++)
        overrides[i] = *more++;
    struct settings *settings = fake_settings(overrides);
    *listening = (struct listening){.said = {.max = 64u << 20}};
    if (!source_firestore.open(settings, &listening->source, &err))
        fail_msg("open: %s", err.message);
    settings_free(settings);
    source_firestore.listen->start(listening->source, start == NULL ? &nothing : start, on_event,
                                   listening);
}

void listening_begin(struct listening *listening, const struct setting_override *more,
                     const struct listen_start *start)
{
    char host[32];
    struct puppet *puppet = puppet_new(host);
    listening_begin_at(listening, host, "shop-1", more, start);
    listening->puppet = puppet;
}

void listening_end(struct listening *listening)
{
    source_firestore.close(listening->source);
    if (listening->puppet != NULL)
        puppet_free(listening->puppet);
    buffer_free(&listening->said);
}

/* ---- stepping ---- */

static void step(struct listening *listening)
{
    if (listening->puppet != NULL)
        puppet_step(listening->puppet);
    source_firestore.step(listening->source, STEP_US);
}

void listening_run(struct listening *listening, int64_t duration_us)
{
    int64_t until_us = clock_monotonic_us() + duration_us;
    while (clock_monotonic_us() < until_us)
        step(listening);
}

void listening_expect(struct listening *listening, const char *said)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    while (listening->said.len < strlen(said) && clock_monotonic_us() < until_us)
        step(listening);
    if (!str_equal(buffer_str(&listening->said), str_from(said)))
        fail_msg("\"%s\" is not \"%s\" (%s)", listening->said.data, said, listening->error.message);
    buffer_clear(&listening->said);
}

static bool has_message(const struct puppet_stream *stream)
{
    const uint8_t *at = (const uint8_t *)stream->request.data;
    return stream->request.len >= 5 &&
           stream->request.len >= 5 + ((size_t)at[3] << 8 | (size_t)at[4]);
}

struct puppet_stream *listening_stream(struct listening *listening, size_t index)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    while ((puppet_count(listening->puppet) <= index ||
            !has_message(puppet_stream(listening->puppet, index))) &&
           clock_monotonic_us() < until_us)
        step(listening);
    if (puppet_count(listening->puppet) <= index)
        fail_msg("stream %zu did not come (%s)", index, listening->error.message);
    return puppet_stream(listening->puppet, index);
}

const char *listening_asked(struct puppet_stream *stream)
{
    static char text[64];
    Google__Firestore__V1__ListenRequest *request = google__firestore__v1__listen_request__unpack(
        NULL, stream->request.len - 5, (const uint8_t *)stream->request.data + 5);
    assert_non_null(request);
    Google__Firestore__V1__Target *target = request->add_target;
    assert_string_equal(request->database, "projects/shop-1/databases/(default)");
    assert_int_equal(target->target_id, LISTENING_TARGET);
    assert_string_equal(target->query->structured_query->from[0]->collection_id, "Orders");
    snprintf(text, sizeof(text), "nothing");
    if (target->resume_type_case == GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_RESUME_TOKEN)
        snprintf(text, sizeof(text), "token %.*s", (int)target->resume_token.len,
                 (const char *)target->resume_token.data);
    else if (target->resume_type_case == GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_READ_TIME)
        snprintf(text, sizeof(text), "time %lld.%09d", (long long)target->read_time->seconds,
                 (int)target->read_time->nanos);
    google__firestore__v1__listen_request__free_unpacked(request, NULL);
    return text;
}

/* ---- the server's words ---- */

static void pack(const pb_response *response, struct buffer *ret_bytes)
{
    size_t len = google__firestore__v1__listen_response__get_packed_size(response);
    google__firestore__v1__listen_response__pack(response,
                                                 (uint8_t *)buffer_reserve(ret_bytes, len));
    ret_bytes->len += len;
}

static void send_response(struct puppet_stream *stream, const pb_response *response)
{
    struct buffer bytes = {.max = 32u << 20};
    pack(response, &bytes);
    puppet_message(stream, buffer_str(&bytes));
    buffer_free(&bytes);
}

static pb_time *time_set(pb_time *time, int64_t ns)
{
    google__firestore__v1__timestamp__init(time);
    time->seconds = ns / 1000000000;
    time->nanos = (int32_t)(ns % 1000000000);
    return ns == 0 ? NULL : time;
}

void says_target(struct puppet_stream *stream, int type, int target, const char *token,
                 int64_t read_time_ns, int cause)
{
    pb_response response = GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__INIT;
    Google__Firestore__V1__TargetChange change = GOOGLE__FIRESTORE__V1__TARGET_CHANGE__INIT;
    Google__Firestore__V1__Status status = GOOGLE__FIRESTORE__V1__STATUS__INIT;
    pb_time time;
    int32_t ids[1] = {target};
    change.target_change_type = (Google__Firestore__V1__TargetChange__TargetChangeType)type;
    change.n_target_ids = target > 0;
    change.target_ids = ids;
    if (token != NULL) {
        change.resume_token.data = (uint8_t *)(uintptr_t)token;
        change.resume_token.len = strlen(token);
    }
    change.read_time = time_set(&time, read_time_ns);
    status.code = cause;
    status.message = (char *)(uintptr_t) "the cause";
    change.cause = cause == 0 ? NULL : &status;
    response.response_type_case =
        GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_TARGET_CHANGE;
    response.target_change = &change;
    send_response(stream, &response);
}

void says_begin(struct puppet_stream *stream, const char *token, int64_t read_time_ns)
{
    says_target(stream, SAYS_ADD, LISTENING_TARGET, NULL, 0, 0);
    says_target(stream, SAYS_CURRENT, LISTENING_TARGET, NULL, 0, 0);
    says_target(stream, SAYS_KEEP, 0, token, read_time_ns, 0);
}

static char *name_of(const char *id, struct arena *arena)
{
    struct str name =
        arena_format(arena, id[0] == '/' ? "%s" : LISTENING_ROOT "%s", id[0] == '/' ? id + 1 : id);
    return (char *)(uintptr_t)name.data;
}

/* One field "text" of so many bytes; left: by removed_target_ids. */
static void document_response(const char *id, size_t bytes, bool left, struct buffer *ret_bytes)
{
    struct arena arena = {.block_size = 4096};
    pb_response response = GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__INIT;
    Google__Firestore__V1__DocumentChange change = GOOGLE__FIRESTORE__V1__DOCUMENT_CHANGE__INIT;
    Google__Firestore__V1__Document document = GOOGLE__FIRESTORE__V1__DOCUMENT__INIT;
    Google__Firestore__V1__Document__FieldsEntry entry =
        GOOGLE__FIRESTORE__V1__DOCUMENT__FIELDS_ENTRY__INIT;
    Google__Firestore__V1__Document__FieldsEntry *entries[1] = {&entry};
    Google__Firestore__V1__Value value = GOOGLE__FIRESTORE__V1__VALUE__INIT;
    pb_time created;
    pb_time updated;
    int32_t ids[1] = {LISTENING_TARGET};
    uint8_t *text = arena_alloc(&arena, bytes + 1);
    memset(text, 'x', bytes);
    entry.key = (ProtobufCBinaryData){4, (uint8_t *)(uintptr_t) "text"};
    entry.value = &value;
    value.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_STRING_VALUE;
    value.string_value = (ProtobufCBinaryData){bytes, text};
    document.name = name_of(id, &arena);
    document.n_fields = 1;
    document.fields = entries;
    document.create_time = time_set(&created, 1);
    document.update_time = time_set(&updated, 2);
    change.document = &document;
    change.target_ids = ids;
    change.n_target_ids = !left;
    change.removed_target_ids = ids;
    change.n_removed_target_ids = left;
    response.response_type_case =
        GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_CHANGE;
    response.document_change = &change;
    pack(&response, ret_bytes);
    arena_free(&arena);
}

void says_document_bytes(const char *id, size_t bytes, struct buffer *ret_frame)
{
    struct buffer message = {.max = 32u << 20};
    document_response(id, bytes, false, &message);
    uint8_t header[5] = {0, (uint8_t)(message.len >> 24), (uint8_t)(message.len >> 16),
                         (uint8_t)(message.len >> 8), (uint8_t)message.len};
    buffer_append(ret_frame, header, sizeof(header));
    buffer_append(ret_frame, message.data, message.len);
    buffer_free(&message);
}

void says_document(struct puppet_stream *stream, const char *id, size_t bytes)
{
    struct buffer frame = {.max = 32u << 20};
    says_document_bytes(id, bytes, &frame);
    puppet_send(stream, frame.data, frame.len);
    buffer_free(&frame);
}

void says_left(struct puppet_stream *stream, const char *id)
{
    struct buffer message = {.max = 1u << 20};
    document_response(id, 10, true, &message);
    puppet_message(stream, buffer_str(&message));
    buffer_free(&message);
}

void says_deleted(struct puppet_stream *stream, const char *id, int64_t read_time_ns)
{
    struct arena arena = {.block_size = 4096};
    pb_response response = GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__INIT;
    Google__Firestore__V1__DocumentDelete gone = GOOGLE__FIRESTORE__V1__DOCUMENT_DELETE__INIT;
    int32_t ids[1] = {LISTENING_TARGET};
    pb_time time;
    gone.document = name_of(id, &arena);
    gone.read_time = time_set(&time, read_time_ns);
    gone.removed_target_ids = ids;
    gone.n_removed_target_ids = 1;
    response.response_type_case =
        GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_DELETE;
    response.document_delete = &gone;
    send_response(stream, &response);
    arena_free(&arena);
}

void says_removed(struct puppet_stream *stream, const char *id, int64_t read_time_ns)
{
    struct arena arena = {.block_size = 4096};
    pb_response response = GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__INIT;
    Google__Firestore__V1__DocumentRemove away = GOOGLE__FIRESTORE__V1__DOCUMENT_REMOVE__INIT;
    int32_t ids[1] = {LISTENING_TARGET};
    pb_time time;
    away.document = name_of(id, &arena);
    away.read_time = time_set(&time, read_time_ns);
    away.removed_target_ids = ids;
    away.n_removed_target_ids = 1;
    response.response_type_case =
        GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_REMOVE;
    response.document_remove = &away;
    send_response(stream, &response);
    arena_free(&arena);
}

void says_count(struct puppet_stream *stream, int count)
{
    pb_response response = GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__INIT;
    Google__Firestore__V1__ExistenceFilter filter = GOOGLE__FIRESTORE__V1__EXISTENCE_FILTER__INIT;
    filter.target_id = LISTENING_TARGET;
    filter.count = count;
    response.response_type_case = GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_FILTER;
    response.filter = &filter;
    send_response(stream, &response);
}
