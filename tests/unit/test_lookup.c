/* The boundary against a real journal and a target that is not there. */
#include <poll.h>
#include <stdio.h>

#include "lib/check.h"
#include "lib/ledger.h"

#include "base/clock.h"
#include "engine/boundary.h"
#include "journal/planning.h"

#define WAIT_MS 10000

struct room {
    struct ledger *ledger;
    struct settings *settings;
    struct lookup *lookup;
};

static void open_on(struct room *room, const char *state_dir)
{
    const struct setting_override overrides[] = {
        {"state_dir", state_dir},
        {"database_url", "host=/nonexistent-ordersync dbname=none"},
        {NULL, NULL},
    };
    struct error err = {0};
    if (!settings_load("/dev/null", overrides, &room->settings, &err) ||
        !lookup_open(room->settings, NULL, &room->lookup, &err))
        fail_msg("%s", err.message);
}

static int setup(void **state)
{
    void *ledger = NULL;
    struct room *room = memory_zero(1, sizeof(*room));
    if (ledger_setup(&ledger) != 0)
        return -1;
    room->ledger = ledger;
    open_on(room, room->ledger->state_dir);
    *state = room;
    return 0;
}

static int teardown(void **state)
{
    struct room *room = *state;
    void *ledger = room->ledger;
    lookup_close(room->lookup);
    settings_free(room->settings);
    free(room);
    return ledger_teardown(&ledger);
}

/* The next reply of a kind; others on the way are dropped. */
static struct lookup_reply *await(struct room *room, enum lookup_kind kind)
{
    struct pollfd poller = {.fd = lookup_fd(room->lookup), .events = POLLIN};
    for (;;) {
        struct lookup_reply *reply = lookup_take(room->lookup);
        if (reply != NULL && reply->kind == kind)
            return reply;
        lookup_reply_free(reply);
        if (reply == NULL && poll(&poller, 1, WAIT_MS) != 1)
            fail_msg("no reply of kind %d", (int)kind);
    }
}

static struct lookup_reply *ask(struct room *room, struct lookup_request request)
{
    request.filter.since_us = request.filter.until_us = TIME_NONE;
    uint64_t ticket = lookup_ask(room->lookup, &request);
    assert_true(ticket > 0);
    struct lookup_reply *reply = await(room, request.kind);
    assert_int_equal(reply->ticket, ticket);
    return reply;
}

static void failures_come_as_the_journal_has_them(void **state)
{
    struct room *room = *state;
    ledger_fail(room->ledger, "A1", 1, true);
    ledger_fail(room->ledger, "A2", 1, false);
    struct lookup_reply *reply =
        ask(room, (struct lookup_request){.kind = LOOKUP_FAILURES, .max = 10});
    assert_true(reply->ok);
    assert_int_equal(reply->failures.count, 2);
    assert_false(reply->failures.cut);
    int64_t id = reply->failures.rows[0].id;
    lookup_reply_free(reply);

    reply = ask(room, (struct lookup_request){.kind = LOOKUP_FAILURE, .failure_id = id});
    assert_true(reply->ok && reply->found);
    assert_int_equal(reply->failure.row.id, id);
    lookup_reply_free(reply);

    reply =
        ask(room, (struct lookup_request){
                      .kind = LOOKUP_FAILURE, .source = SOURCE_FIRESTORE, .source_id = "no-such"});
    assert_true(reply->ok);
    assert_false(reply->found);
    lookup_reply_free(reply);
}

/* A plan's rows, by the worker: a file that is there already is refused. */
static void a_plan_is_exported(void **state)
{
    struct room *room = *state;
    struct ledger *ledger = room->ledger;
    struct lookup_request request = {.kind = LOOKUP_PLAN_EXPORT};
    struct plan_entry entry = {.source_id = "1", .label = "", .fields = "", .money = ""};
    LEDGER_OK(ledger, journal_plan_start(ledger->journal, "backfill", 1u << SOURCE_FIRESTORE, "ann",
                                         "tty1", request.plan_id, &ledger->err));
    LEDGER_OK(ledger,
              journal_plan_add(ledger->journal, request.plan_id, &entry, 1, 0, &ledger->err));
    snprintf(request.source_id, sizeof(request.source_id), "%s/plan.csv", ledger->dir);
    struct lookup_reply *reply = ask(room, request);
    assert_true(reply->ok);
    assert_int_equal(reply->exported, 1);
    lookup_reply_free(reply);
    reply = ask(room, request);
    assert_false(reply->ok);
    assert_int_equal(reply->error.id, ERROR_EXPORT);
    lookup_reply_free(reply);
}

static void groups_say_what_the_filter_hides(void **state)
{
    struct room *room = *state;
    ledger_fail(room->ledger, "A1", 1, true);
    ledger_fail(room->ledger, "A2", 1, false);
    struct lookup_request request = {.kind = LOOKUP_GROUPS, .max = 10};
    request.filter.states = 1u << FAILURE_DEAD;
    struct lookup_reply *reply = ask(room, request);
    assert_true(reply->ok);
    assert_int_equal(reply->groups.total, 1);
    assert_int_equal(reply->groups.hidden, 1);
    lookup_reply_free(reply);
}

static void status_follows_the_journal(void **state)
{
    struct room *room = *state;
    struct lookup_reply *before = ask(room, (struct lookup_request){.kind = LOOKUP_STATUS});
    assert_true(before->ok);
    assert_int_equal(before->status.unresolved, 0);
    ledger_fail(room->ledger, "A1", 1, true);
    struct lookup_reply *after = ask(room, (struct lookup_request){.kind = LOOKUP_STATUS});
    assert_true(after->status.version != before->status.version);
    assert_int_equal(after->status.unresolved, 1);
    assert_int_equal(after->status.dead, 1);
    lookup_reply_free(before);
    lookup_reply_free(after);
}

static void commands_keep_their_order(void **state)
{
    struct room *room = *state;
    static const char *const kinds[] = {"retry", "skip", "note"};
    for (size_t i = 0; i < 3; i++) {
        struct lookup_request request = {
            .kind = LOOKUP_SEND, .arguments = "{\"ids\":[1]}", .reason = "because"};
        snprintf(request.command, sizeof(request.command), "%s", kinds[i]);
        assert_true(lookup_ask(room->lookup, &request) > 0);
    }
    for (size_t i = 0; i < 3; i++) {
        struct lookup_reply *reply = await(room, LOOKUP_SEND);
        assert_true(reply->ok);
        assert_string_equal(reply->request.command, kinds[i]);
        lookup_reply_free(reply);
    }
    for (size_t i = 0; i < 3; i++) {
        struct command command = {0};
        bool found = false;
        LEDGER_OK(room->ledger, journal_next_command(room->ledger->journal, &found, &command,
                                                     &room->ledger->err));
        assert_true(found);
        assert_string_equal(command.kind, kinds[i]);
        assert_string_equal(command.reason, "because");
        LEDGER_OK(room->ledger, journal_finish_command(room->ledger->journal, command.id, "done",
                                                       "", &room->ledger->err));
        command_free(&command);
    }
}

/* What an engine wrote into its journal is what a console beside it reads, on behind a number. */
static void lines_of_an_engine_are_read(void **state)
{
    struct room *room = *state;
    struct log_entry lines[2] = {{.at_us = 7, .level = LOG_LEVEL_WARNING}, {.at_us = 8}};
    STR_FILL(lines[0].component, "live");
    STR_FILL(lines[0].source, "stripe");
    STR_FILL(lines[0].order, "cs_live_a1");
    STR_FILL(lines[0].message, "falls behind");
    STR_FILL(lines[1].code, "OS-2103");
    LEDGER_OK(room->ledger, journal_keep_log(room->ledger->journal, lines, 2, &room->ledger->err));
    struct lookup_reply *reply = ask(room, (struct lookup_request){.kind = LOOKUP_LOG, .max = 10});
    assert_true(reply->ok);
    assert_int_equal(reply->log.count, 2);
    assert_int_equal(reply->log.entries[0].level, LOG_LEVEL_WARNING);
    assert_string_equal(reply->log.entries[0].order, "cs_live_a1");
    assert_string_equal(reply->log.entries[0].message, "falls behind");
    assert_string_equal(reply->log.entries[1].code, "OS-2103");
    uint64_t last = reply->log.entries[1].sequence;
    lookup_reply_free(reply);
    reply = ask(room, (struct lookup_request){.kind = LOOKUP_LOG, .offset = last, .max = 10});
    assert_true(reply->ok);
    assert_int_equal(reply->log.count, 0);
    lookup_reply_free(reply);
}

static void a_newer_request_replaces_an_older_one(void **state)
{
    struct room *room = *state;
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++)
        last = lookup_ask(room->lookup, &(struct lookup_request){.kind = LOOKUP_RUNS, .max = 1});
    unsigned replies = 0;
    uint64_t ticket = 0;
    while (ticket != last) {
        struct lookup_reply *reply = await(room, LOOKUP_RUNS);
        assert_true(reply->ticket > ticket);
        ticket = reply->ticket;
        replies++;
        lookup_reply_free(reply);
    }
    assert_true(replies < 1000);
}

static void a_target_that_is_down_is_an_answer(void **state)
{
    struct room *room = *state;
    static const enum lookup_kind asked[] = {LOOKUP_ROWS, LOOKUP_DOCUMENT, LOOKUP_TIMELINE};
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct lookup_reply *reply =
            ask(room, (struct lookup_request){
                          .kind = asked[i], .source = SOURCE_FIRESTORE, .source_id = "1"});
        assert_false(reply->ok);
        assert_int_equal(reply->error.id, ERROR_TARGET_CONNECT);
        lookup_reply_free(reply);
    }
}

static void no_journal_yet_is_no_error(void **state)
{
    struct room room = {0};
    (void)state;
    open_on(&room, "/nonexistent-ordersync/state");
    struct lookup_reply *reply = ask(&room, (struct lookup_request){.kind = LOOKUP_STATUS});
    assert_true(reply->ok);
    assert_false(reply->status.have_engine);
    lookup_reply_free(reply);
    reply = ask(&room, (struct lookup_request){.kind = LOOKUP_GROUPS, .max = 1});
    assert_false(reply->ok);
    assert_int_equal(reply->error.id, ERROR_JOURNAL_MISSING);
    lookup_reply_free(reply);
    lookup_close(room.lookup);
    settings_free(room.settings);
}

static void closing_with_everything_under_way(void **state)
{
    struct room *room = *state;
    for (enum lookup_kind kind = 0; kind < LOOKUP_KIND_COUNT; kind++)
        (void)lookup_ask(room->lookup,
                         &(struct lookup_request){.kind = kind, .command = "note", .max = 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failures_come_as_the_journal_has_them, setup, teardown),
        cmocka_unit_test_setup_teardown(a_plan_is_exported, setup, teardown),
        cmocka_unit_test_setup_teardown(groups_say_what_the_filter_hides, setup, teardown),
        cmocka_unit_test_setup_teardown(status_follows_the_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(commands_keep_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_of_an_engine_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_request_replaces_an_older_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_target_that_is_down_is_an_answer, setup, teardown),
        cmocka_unit_test(no_journal_yet_is_no_error),
        cmocka_unit_test_setup_teardown(closing_with_everything_under_way, setup, teardown),
    };
    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
