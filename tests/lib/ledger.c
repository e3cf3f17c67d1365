/* A journal for tests: see ledger.h. */
#include "lib/ledger.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/check.h"

void ledger_make_directory(struct ledger *ledger)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(ledger->dir, sizeof(ledger->dir), "%.30s/ordersync-test-XXXXXX",
             tmp == NULL || strlen(tmp) > 30 ? "/tmp" : tmp);
    assert_non_null(mkdtemp(ledger->dir));
    snprintf(ledger->state_dir, sizeof(ledger->state_dir), "%s/state", ledger->dir);
}

static void remove_files(const char *path)
{
    char name[512];
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(name);
    }
    closedir(dir);
    rmdir(path);
}

void ledger_remove_directory(struct ledger *ledger)
{
    remove_files(ledger->state_dir);
    remove_files(ledger->dir);
}

int ledger_setup(void **state)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    assert_non_null(ledger);
    ledger_make_directory(ledger);
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    LEDGER_OK(ledger, journal_reader_open(ledger->state_dir, &ledger->reader, &ledger->err));
    LEDGER_OK(ledger, journal_run_start(ledger->journal, "backfill", SOURCE_FIRESTORE, "tester",
                                        ledger->run_id, &ledger->err));
    *state = ledger;
    return 0;
}

int ledger_teardown(void **state)
{
    struct ledger *ledger = *state;
    journal_reader_close(ledger->reader);
    journal_close(ledger->journal);
    arena_free(&ledger->arena);
    ledger_remove_directory(ledger);
    free(ledger);
    return 0;
}

void ledger_close(struct ledger *ledger)
{
    journal_reader_close(ledger->reader);
    journal_close(ledger->journal);
    ledger->reader = NULL;
    ledger->journal = NULL;
}

void ledger_reopen(struct ledger *ledger)
{
    ledger_close(ledger);
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    LEDGER_OK(ledger, journal_reader_open(ledger->state_dir, &ledger->reader, &ledger->err));
}

struct settled_change ledger_failed(const char *id, int64_t version, struct error *error,
                                    const char *message)
{
    error_set(error, ERROR_USAGE, "%s", message);
    return (struct settled_change){
        .source = SOURCE_FIRESTORE,
        .source_id = id,
        .version = version,
        .label = "#1042",
        .outcome = OUTCOME_FAILED,
        .stage = "transform",
        .error = error,
        .retry_at_us = clock_wall_us() + 3600 * INT64_C(1000000),
        .attempted = true,
    };
}

struct settled_change ledger_landed(const char *id, int64_t version)
{
    return (struct settled_change){.source = SOURCE_FIRESTORE,
                                   .source_id = id,
                                   .version = version,
                                   .label = "",
                                   .outcome = OUTCOME_UPDATED,
                                   .stage = "apply",
                                   .attempted = true};
}

bool ledger_settle(struct ledger *ledger, const struct settled_change *changes, size_t count)
{
    struct settlement settlement = {.changes = changes,
                                    .count = count,
                                    .run_id = ledger->run_id,
                                    .add = {.seen = count},
                                    .writer = -1};
    return journal_settle(ledger->journal, &settlement, 1, 3, &ledger->err);
}

void ledger_fail(struct ledger *ledger, const char *id, int64_t version, bool permanent)
{
    struct error error;
    struct settled_change change = ledger_failed(id, version, &error, "not a number");
    change.permanent = permanent;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
}

void ledger_land(struct ledger *ledger, const char *id, int64_t version)
{
    struct settled_change change = ledger_landed(id, version);
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
}

int64_t ledger_id(struct ledger *ledger, const char *id)
{
    int64_t found = 0;
    LEDGER_OK(ledger,
              journal_find_failure(ledger->reader, SOURCE_FIRESTORE, id, &found, &ledger->err));
    return found;
}

struct failure_row ledger_row(struct ledger *ledger, const char *id)
{
    struct failure_detail detail = {0};
    int64_t found = ledger_id(ledger, id);
    if (found != 0)
        LEDGER_OK(ledger, journal_read_failure(ledger->reader, found, &ledger->arena, &detail,
                                               &ledger->err));
    return detail.row;
}

enum failure_state ledger_state(struct ledger *ledger, const char *id)
{
    return ledger_row(ledger, id).state;
}

bool ledger_command(struct ledger *ledger, const char *kind, const char *arguments,
                    uint64_t *ret_changed, uint64_t *ret_refused)
{
    struct command command;
    int64_t id;
    bool found = false;
    LEDGER_OK(ledger,
              journal_send_command(ledger->reader, kind, arguments, "because", &id, &ledger->err));
    LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
    assert_true(found);
    assert_int_equal(command.id, id);
    struct bulk_counts counts = {0};
    bool done = journal_apply_command(ledger->journal, &command, &counts, &ledger->err);
    *ret_changed = counts.changed;
    *ret_refused = counts.refused;
    struct error ignored;
    assert_true(journal_finish_command(ledger->journal, id, done ? "done" : "refused",
                                       done ? "" : ledger->err.message, &ignored));
    command_free(&command);
    return done;
}

struct failure_filter ledger_filter(void)
{
    return (struct failure_filter){.since_us = TIME_NONE, .until_us = TIME_NONE};
}
