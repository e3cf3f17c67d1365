/* Answers with fixed content. */
#include "screen/fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"
#include "screen/fixture_more.h"

struct fixture_options fixture_options;
static unsigned carried_out; /* commands */

#define MINUTE INT64_C(60000000)
#define AGO(minutes) (fixture_now() - (minutes)*MINUTE)

int64_t fixture_now(void)
{
    return fixture_options.moving ? clock_wall_us() : FIXTURE_NOW;
}

static const char hostile_text[] = "\033]52;c;ZXZpbA==\a\033[2J\033[31mred\302\233"
                                   "31m \342\200\256evil\342\200\254 \377\376 "
                                   "\360\237\222\251 e\314\201 \344\270\255\346\226\207\r\n\tend";

const char *fixture_text(const char *text)
{
    return fixture_options.hostile ? hostile_text : text;
}

const char *fixture_long_text(const char *text)
{
    static char made[10000 + 1];
    if (!fixture_options.hostile)
        return text;
    for (size_t i = 0; i < sizeof(made) - 1; i++)
        made[i] = hostile_text[i % (sizeof(hostile_text) - 1)];
    return made;
}

struct kind {
    const char *fingerprint;
    enum source_kind source;
    const char *code;
    enum error_class class;
    const char *message;
    unsigned count;
    unsigned dead;
};
static const struct kind kinds[] = {
    {"a91f03c2", SOURCE_FIRESTORE, "OS-2103", CLASS_INVALID_DATA,
     "total_price: \"n/a\" is not a decimal number", 7, 5},
    {"03c2aa10", SOURCE_FIRESTORE, "OS-2104", CLASS_INVALID_DATA,
     "created_at: \"2026-02-30\" is not a moment in time", 3, 0},
    {"77be5500", SOURCE_FIRESTORE, "OS-4033", CLASS_CONFLICT,
     "Shopify order 5123456789 is already held by document 5123456788", 2, 2},
};
static const struct kind held_kind = {"6f00d1e5",
                                      SOURCE_FIRESTORE,
                                      "OS-6011",
                                      CLASS_CONFLICT,
                                      "absent from a listing that lacks 150 documents",
                                      2,
                                      0};

static const struct kind *kind_at(size_t kind)
{
    return fixture_options.held && kind == 2 ? &held_kind : &kinds[kind];
}
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint64_t kind_count(size_t kind)
{
    if (fixture_options.empty)
        return 0;
    return kind == 0 && fixture_options.many > 0 ? fixture_options.many : kind_at(kind)->count;
}

static uint64_t total(void)
{
    uint64_t count = 0;
    for (size_t i = 0; i < KINDS; i++)
        count += kind_count(i);
    return count;
}

/* What a backfill of 1,240 documents a second has done, by the clock. */
static uint64_t moved(void)
{
    static int64_t start;
    if (start == 0)
        start = fixture_now();
    return 24012 + (uint64_t)(fixture_now() - start) * 1240 / 1000000 % 25000;
}

static void answer_status(struct lookup_reply *reply)
{
    static uint64_t looks;
    struct lookup_status *status = &reply->status;
    struct engine_status *engine = &status->engine;
    struct source_status *source = &engine->sources[SOURCE_FIRESTORE];
    if (fixture_options.empty)
        return;
    status->have_engine = true;
    status->local = !fixture_options.attached;
    status->version = 7 + carried_out + fixture_plan_version() + fixture_inspection_version();
    status->unresolved = total();
    status->dead = 7 + (fixture_options.dying ? looks++ : 0);
    status->have_alerts = true;
    status->alerts = 2;
    *engine = (struct engine_status){.state = ENGINE_RUNNING,
                                     .pid = 4242,
                                     .started_us = AGO(4),
                                     .beat_us = fixture_now(),
                                     .queue_items = 12,
                                     .queue_bytes = 3100000,
                                     .rss_bytes = 61000000,
                                     .writers = 2};
    if (fixture_options.idle)
        engine->state = ENGINE_IDLE;
    else
        engine->run_started_us = fixture_now() - 192000000;
    snprintf(engine->host, sizeof(engine->host), "sync1");
    snprintf(engine->run_id, sizeof(engine->run_id), "%s", fixture_options.idle ? "" : "3f2a");
    snprintf(engine->run_kind, sizeof(engine->run_kind), "backfill");
    *source = (struct source_status){.source = SOURCE_FIRESTORE,
                                     .state = SOURCE_BACKFILL,
                                     .seen = moved(),
                                     .created = moved() - 1012,
                                     .unchanged = 1000,
                                     .failed = 12,
                                     .overlap = 250,
                                     .total = 50000,
                                     .rate = 1240,
                                     .last_event_us = fixture_now() - 2000000,
                                     .checkpoint_us = fixture_now() - 1000000,
                                     .lag_p50_us = -1,
                                     .lag_p99_us = -1,
                                     .lag_max_us = -1,
                                     .reads_today = 40100,
                                     .unresolved = total(),
                                     .ranges = 4,
                                     .ranges_done = 1,
                                     .verified_us = AGO(190),
                                     .verified_documents = 49950,
                                     .verified_differences = 3};
    for (size_t i = 0; i < STATUS_RATES; i++)
        source->rates[i] = (uint32_t)(900 + 350 * (i % 7) / 6);
    for (size_t i = SOURCE_STRIPE; i < SOURCE_COUNT; i++)
        engine->sources[i].lag_p50_us = engine->sources[i].lag_max_us =
            engine->sources[i].quota_left = -1;
    if (!fixture_options.sales)
        return;
    engine->sources[SOURCE_STRIPE].state = SOURCE_READY;
    engine->sources[SOURCE_PRINTFUL].state = SOURCE_SYNC;
    engine->sources[SOURCE_PRINTFUL].quota_left = 118;
}

static void make_row(struct failure_row *row, size_t kind, uint64_t index)
{
    const struct kind *of = kind_at(kind);
    bool held = of == &held_kind;
    bool dead = index < of->dead;
    *row = (struct failure_row){.id = (int64_t)(kind * 10000000 + index + 1),
                                .source = of->source,
                                .class = of->class,
                                .state = dead   ? FAILURE_DEAD
                                         : held ? FAILURE_HELD
                                                : FAILURE_RETRYABLE,
                                .attempts = dead ? 8 : 2,
                                .max_attempts = 8,
                                .version = 1795399987000000000,
                                .first_us = AGO(90),
                                .last_us = AGO(40 + (int64_t)(index % 50)),
                                .next_us = dead || held ? TIME_NONE : FIXTURE_NOW + 41000000,
                                .has_note = index == 1};
    snprintf(row->source_id, sizeof(row->source_id), "51234567%02u%05u", (unsigned)kind,
             (unsigned)index);
    snprintf(row->label, sizeof(row->label), "#%u", (unsigned)(1042 + kind * 100 + index));
    snprintf(row->stage, sizeof(row->stage), "%s", kind == 0 ? "transform" : "apply");
    snprintf(row->code, sizeof(row->code), "%s", of->code);
    snprintf(row->message, sizeof(row->message), "%s", fixture_text(of->message));
    snprintf(row->fingerprint, sizeof(row->fingerprint), "%s", of->fingerprint);
    if (kind == 1)
        snprintf(row->sqlstate, sizeof(row->sqlstate), "23514");
    if (fixture_options.hostile)
        snprintf(row->label, sizeof(row->label), "%.60s", hostile_text);
}

/* Of the words of a filter those that a group has as a whole. */
static bool term_matches(size_t kind, const struct search_term *term)
{
    if (term->key == TERM_TEXT)
        return strstr(kind_at(kind)->message, term->value) != NULL;
    if (term->key == TERM_FINGERPRINT)
        return strncmp(kind_at(kind)->fingerprint, term->value, strlen(term->value)) == 0;
    return term->key != TERM_CODE || strcmp(kind_at(kind)->code, term->value) == 0;
}

static bool terms_match(size_t kind, const struct failure_filter *filter)
{
    bool any = false;
    for (size_t i = 0; i < filter->term_count; i++) {
        const struct search_term *term = &filter->terms[i];
        any = any || term_matches(kind, term);
        if (!term->or_next && any == term->negated)
            return false;
        any = any && term->or_next;
    }
    return true;
}

static bool kind_matches(size_t kind, const struct failure_filter *filter)
{
    bool held = kind_at(kind) == &held_kind;
    if (filter->states == 1u << FAILURE_HELD && !held)
        return false;
    return terms_match(kind, filter) &&
           (filter->fingerprint[0] == '\0' ||
            strcmp(filter->fingerprint, kind_at(kind)->fingerprint) == 0) &&
           (filter->code[0] == '\0' || strcmp(filter->code, kind_at(kind)->code) == 0) &&
           (filter->text[0] == '\0' || strstr(kind_at(kind)->message, filter->text) != NULL);
}

static void answer_groups(const struct lookup_request *request, struct lookup_reply *reply)
{
    struct failure_group *groups = arena_zero(&reply->arena, KINDS * sizeof(*groups));
    reply->groups.groups = groups;
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *of = kind_at(i);
        if (kind_count(i) == 0 || !kind_matches(i, &request->filter))
            continue;
        struct failure_group *group = &groups[reply->groups.count++];
        group->source = of->source;
        group->class = of->class;
        group->count = kind_count(i);
        group->dead = of->dead;
        group->last_us = AGO(40);
        group->next_us = TIME_NONE;
        snprintf(group->fingerprint, sizeof(group->fingerprint), "%s", of->fingerprint);
        snprintf(group->code, sizeof(group->code), "%s", of->code);
        snprintf(group->stage, sizeof(group->stage), "%s", i == 0 ? "transform" : "apply");
        snprintf(group->message, sizeof(group->message), "%s", fixture_text(of->message));
        reply->groups.total += group->count;
    }
    reply->groups.hidden = total() - reply->groups.total;
}

static void answer_failures(const struct lookup_request *request, struct lookup_reply *reply)
{
    struct failure_row *rows = arena_zero(&reply->arena, (request->max + 1) * sizeof(*rows));
    uint64_t position = 0;
    reply->failures.rows = rows;
    for (size_t kind = 0; kind < KINDS; kind++) {
        if (!kind_matches(kind, &request->filter))
            continue;
        uint64_t count = kind_count(kind);
        uint64_t first = request->offset > position ? request->offset - position : 0;
        for (uint64_t i = first; i < count && reply->failures.count < request->max; i++)
            make_row(&rows[reply->failures.count++], kind, i);
        position += count;
    }
}

static void answer_failure(const struct lookup_request *request, struct lookup_reply *reply)
{
    struct failure_detail *detail = &reply->failure;
    size_t kind = (size_t)(request->failure_id / 10000000);
    reply->found = request->failure_id != 0; /* none of an order opened by its document failed */
    if (!reply->found)
        return;
    make_row(&detail->row, kind, (uint64_t)(request->failure_id % 10000000 - 1));
    detail->source_id = arena_copy(&reply->arena, str_from(detail->row.source_id));
    detail->same_fingerprint = kind_count(kind);
    detail->attempt_count = 2;
    detail->attempts = arena_zero(&reply->arena, 2 * sizeof(*detail->attempts));
    for (unsigned i = 0; i < 2; i++) {
        struct attempt_row *attempt = &detail->attempts[i];
        *attempt = (struct attempt_row){.number = 2 - i,
                                        .at_us = AGO(40 + 30 * (int64_t)i),
                                        .version = detail->row.version,
                                        .charged = true};
        snprintf(attempt->stage, sizeof(attempt->stage), "%s", detail->row.stage);
        snprintf(attempt->code, sizeof(attempt->code), "%s", detail->row.code);
        snprintf(attempt->message, sizeof(attempt->message), "%s", detail->row.message);
        snprintf(attempt->run_id, sizeof(attempt->run_id), "3f2a");
        snprintf(attempt->sqlstate, sizeof(attempt->sqlstate), "%s", detail->row.sqlstate);
    }
    detail->note_count = 1;
    detail->notes = arena_zero(&reply->arena, sizeof(*detail->notes));
    detail->notes->at_us = AGO(20);
    snprintf(detail->notes->operator_name, sizeof(detail->notes->operator_name), "kim");
    detail->notes->text = (char *)(uintptr_t)fixture_long_text("asked the shop to correct it");
    detail->action_count = 1;
    detail->actions = arena_zero(&reply->arena, sizeof(*detail->actions));
    detail->actions->created_us = AGO(15);
    STR_FILL(detail->actions->kind, "retry");
    STR_FILL(detail->actions->operator_name, "lee");
    STR_FILL(detail->actions->origin, "198.51.100.7 pts/3");
    STR_FILL(detail->actions->result, "done");
    STR_FILL(detail->actions->reason, fixture_text("the shop says it is mended"));
}

/* A document whose every text would like to drive the terminal, and one of 10,000 characters. */
static struct str hostile_document(struct arena *arena)
{
    static const char *const texts[] = {hostile_text,
                                        "\360\237\221\251\342\200\215\360\237\232\200 "
                                        "\360\237\217\263\357\270\217",
                                        "\344\270\255\346\226\207\345\220\215\345\255\227",
                                        "Z\314\266\314\201\314\202\314\203a\314\204\314\205l",
                                        "\330\247\331\204 \342\201\246\342\200\255evil"};
    struct buffer json = {.max = 1 << 20};
    bool changed;
    buffer_append_char(&json, '{');
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        buffer_append_format(&json, "\"f%zu\":", i);
        text_append_json(&json, text_repair(str_from(texts[i]), arena, &changed));
        buffer_append_char(&json, ',');
    }
    buffer_append_text(&json, "\"long\":\"");
    for (size_t i = 0; i < 10000; i++)
        buffer_append_text(&json, i % 2 == 0 ? "\344\270\255" : "x");
    buffer_append_text(&json, "\"}");
    struct str copy = arena_copy(arena, buffer_str(&json));
    buffer_free(&json);
    return copy;
}

static void answer_document(struct lookup_reply *reply)
{
    static const char json[] =
        "{\"id\":5123456700000,\"name\":\"#1042\",\"email\":\"jo@example.test\","
        "\"total_price\":\"n/a\",\"currency\":\"EUR\",\"test\":false,"
        "\"customer\":{\"id\":7,\"first_name\":\"Jo\",\"email\":\"jo@example.test\"},"
        "\"line_items\":[{\"id\":91,\"title\":\"Mug\",\"quantity\":2,\"price\":\"12.90\"},"
        "{\"id\":92,\"title\":\"Tea\",\"quantity\":1,\"price\":\"4.50\"}],\"note\":null}";
    reply->found = true;
    struct str text = fixture_options.hostile ? hostile_document(&reply->arena) : str_from(json);
    reply->ok = json_parse(text, &reply->arena, &reply->document.content, &reply->error);
}

static void answer_rows(struct lookup_reply *reply)
{
    static const struct lookup_cell cells[] = {
        {"orders", 0, "order_id", {"5c1b", 4}, false},
        {"orders", 0, "order_number", {"1042", 4}, false},
        {"orders", 0, "customer_email", {"jo@example.test", 15}, true},
        {"orders", 0, "cancelled_at", {NULL, 0}, false},
        {"order_line_items", 0, "title", {"Mug", 3}, false},
        {"order_line_items", 1, "title", {"Tea", 3}, false},
    };
    reply->found = true;
    reply->rows.cells = arena_alloc(&reply->arena, sizeof(cells));
    memcpy(reply->rows.cells, cells, sizeof(cells));
    reply->rows.count = sizeof(cells) / sizeof(cells[0]);
}

static void answer_timeline(struct lookup_reply *reply)
{
    const struct lookup_event events[] = {
        {FIXTURE_NOW - 30 * MINUTE, "orders", "update", fixture_text("kim"),
         str_from(fixture_long_text("{\"note\": [null, \"x\"]}")), 2},
        {FIXTURE_NOW - 3000 * MINUTE, "orders", "insert", "run 3f2a", {NULL, 0}, 1},
    };
    reply->found = true;
    reply->timeline.events = arena_alloc(&reply->arena, sizeof(events));
    memcpy(reply->timeline.events, events, sizeof(events));
    reply->timeline.count = 2;
}

/* A colleague's retry of many, half way. */
static void add_bulk(struct lookup_reply *reply)
{
    struct command_row *row = &reply->commands.rows[reply->commands.count++];
    *row = (struct command_row){.id = 18,
                                .created_us = AGO(1),
                                .finished_us = TIME_NONE,
                                .counts = {.total = 1200,
                                           .changed = 480,
                                           .skipped = 3,
                                           .landed = 455,
                                           .failed = 5,
                                           .pace = 20,
                                           .stop_after = 20}};
    snprintf(row->kind, sizeof(row->kind), "retry");
    snprintf(row->operator_name, sizeof(row->operator_name), "lee");
    snprintf(row->origin, sizeof(row->origin), "203.0.113.9 pts/3");
    row = &reply->commands.rows[reply->commands.count++];
    *row = (struct command_row){.id = 19,
                                .created_us = AGO(0),
                                .finished_us = TIME_NONE,
                                .counts = {.total = 40, .changed = 3}};
    snprintf(row->kind, sizeof(row->kind), "retry");
    snprintf(row->operator_name, sizeof(row->operator_name), "kim");
}

static void make_carried_out(struct command_row *row)
{
    *row = (struct command_row){.id = 18, .created_us = AGO(0), .finished_us = AGO(0)};
    snprintf(row->kind, sizeof(row->kind), "retry");
    snprintf(row->result, sizeof(row->result), "done");
    snprintf(row->message, sizeof(row->message), "1 changed, 0 refused");
}

static void answer_commands(struct lookup_reply *reply)
{
    struct command_row *rows = arena_zero(&reply->arena, 5 * sizeof(*rows));
    reply->commands.rows = rows;
    if (fixture_options.empty)
        return;
    if (fixture_options.bulk)
        add_bulk(reply);
    rows += reply->commands.count;
    reply->commands.count += 2;
    if (fixture_plan_command(&rows[2])) {
        reply->commands.count++;
    } else if (carried_out > 0) {
        make_carried_out(&rows[2]);
        reply->commands.count++;
    }
    rows[0] = (struct command_row){.id = 17, .created_us = AGO(3), .finished_us = AGO(3)};
    rows[1] = (struct command_row){.id = 16, .created_us = AGO(9), .finished_us = AGO(9)};
    snprintf(rows[0].kind, sizeof(rows[0].kind), "retry");
    snprintf(rows[0].operator_name, sizeof(rows[0].operator_name), "kim");
    snprintf(rows[0].result, sizeof(rows[0].result), "done");
    snprintf(rows[0].message, sizeof(rows[0].message), "4 changed, 0 refused");
    snprintf(rows[1].kind, sizeof(rows[1].kind), "skip");
    snprintf(rows[1].operator_name, sizeof(rows[1].operator_name), "lee");
    snprintf(rows[1].result, sizeof(rows[1].result), "refused");
    snprintf(rows[1].message, sizeof(rows[1].message), "0 changed, 1 refused");
    snprintf(rows[1].reason, sizeof(rows[1].reason), "a test order");
}

static void answer_send(const struct lookup_request *request, struct lookup_reply *reply)
{
    reply->command_id = 18;
    carried_out += fixture_options.answers;
    if (strcmp(request->command, "apply") == 0)
        fixture_plan_sent(request->arguments);
    fixture_inspection_sent(request->command);
    if (fixture_options.sends == NULL)
        return;
    FILE *file = fopen(fixture_options.sends, "a");
    if (file == NULL)
        return;
    fprintf(file, "%s %s %s\n", request->command, request->arguments,
            request->reason == NULL ? "" : request->reason);
    fclose(file);
}

static bool answer_target(const struct lookup_request *request, struct lookup_reply *reply)
{
    bool target = request->kind >= LOOKUP_ROWS;
    if (!target || !fixture_options.target_down)
        return !target;
    reply->ok = false;
    (void)error_set(&reply->error, ERROR_TARGET_CONNECT, "connection refused");
    return true;
}

/* Before the first engine there is a state directory at most. */
static bool lacks_journal(const struct lookup_request *request, struct lookup_reply *reply)
{
    static const enum lookup_kind others[] = {LOOKUP_STATUS,   LOOKUP_ROWS,     LOOKUP_DOCUMENT,
                                              LOOKUP_TIMELINE, LOOKUP_CUSTOMER, LOOKUP_CUSTOMERS,
                                              LOOKUP_REVIEWS};
    if (!fixture_options.empty)
        return false;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (request->kind == others[i])
            return false;
    reply->ok = error_set(&reply->error, ERROR_JOURNAL_MISSING,
                          "/var/lib/ordersync/journal.db does not exist");
    return true;
}

void fixture_answer(const struct lookup_request *request, struct lookup_reply *reply)
{
    reply->ok = true;
    if (lacks_journal(request, reply) || fixture_answer_more(request, reply))
        return;
    if (request->kind == LOOKUP_STATUS)
        answer_status(reply);
    else if (request->kind == LOOKUP_GROUPS)
        answer_groups(request, reply);
    else if (request->kind == LOOKUP_FAILURES)
        answer_failures(request, reply);
    else if (request->kind == LOOKUP_EXPORT)
        reply->exported = total();
    else if (request->kind == LOOKUP_FAILURE)
        answer_failure(request, reply);
    else if (request->kind == LOOKUP_COMMANDS)
        answer_commands(reply);
    else if (request->kind == LOOKUP_SEND)
        answer_send(request, reply);
    else if (fixture_plan_answer(request, reply))
        return;
    else if (request->kind == LOOKUP_INSPECTION)
        fixture_inspection(reply);
    else if (request->kind == LOOKUP_LOG)
        fixture_log(request, reply);
    else if (!answer_target(request, reply) && request->kind == LOOKUP_ROWS)
        answer_rows(reply);
    else if (reply->ok && request->kind == LOOKUP_DOCUMENT)
        answer_document(reply);
    else if (reply->ok && request->kind == LOOKUP_TIMELINE)
        answer_timeline(reply);
}
