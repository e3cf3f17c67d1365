/* Commands that act: sent through the journal, carried out by an engine. */
#include "cli/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/operator.h"
#include "cli/page.h"
#include "cli/work.h"
#include "journal/share.h"

#define ANSWER_US 60000000 /* an engine looks for commands 4 times a second */
#define POLL_US 100000

static bool create_journal(const char *state_dir, const char *group, struct error *err)
{
    struct journal *journal = NULL;
    if (!journal_share(state_dir, group, err) || !journal_open(state_dir, &journal, err))
        return false;
    journal_close(journal);
    return true;
}

bool act_open_journal(const struct cli *cli, bool create, struct journal_reader **ret_reader,
                      struct error *err)
{
    const char *state_dir = settings_text(cli->settings, SET_STATE_DIR);
    if (state_dir[0] == '\0')
        return error_set(err, ERROR_SETTING_MISSING,
                         "state_dir: neither ORDERSYNC_STATE_DIR, XDG_STATE_HOME nor HOME is set");
    if (journal_reader_open(state_dir, ret_reader, err))
        return true;
    if (!create || err->id != ERROR_JOURNAL_MISSING)
        return false;
    return create_journal(state_dir, settings_text(cli->settings, SET_STATE_GROUP), err) &&
           journal_reader_open(state_dir, ret_reader, err);
}

bool act_parse_document(const char *text, enum source_kind *ret_source, const char **ret_id,
                        struct error *err)
{
    const char *slash = strchr(text, '/');
    char name[16];
    enum source_kind source = SOURCE_FIRESTORE;
    const char *id = slash == NULL ? text : slash + 1;
    if (slash != NULL) {
        snprintf(name, sizeof(name), "%.*s", (int)(slash - text), text);
        if (!source_kind_parse(name, &source))
            return error_set(err, ERROR_USAGE, "\"%s\": sources are firestore, stripe, printful",
                             text);
    }
    if (id[0] == '\0')
        return error_set(err, ERROR_USAGE, "\"%s\" is not of the form SOURCE/ID", text);
    *ret_source = source;
    *ret_id = id;
    return true;
}

static bool find_failure(struct journal_reader *reader, const char *text, int64_t *ret_id,
                         struct error *err)
{
    enum source_kind source;
    const char *id;
    if (!act_parse_document(text, &source, &id, err) ||
        !journal_find_failure(reader, source, id, ret_id, err))
        return false;
    if (*ret_id == 0)
        return error_set(err, ERROR_NO_FAILURE, "%s/%s has no failure in the journal",
                         source_kind_name(source), id);
    return true;
}

bool act_find_failures(const struct cli *cli, struct journal_reader *reader, int64_t **ret_ids,
                       struct error *err)
{
    int64_t *ids = memory_zero(cli->argument_count, sizeof(*ids));
    for (size_t i = 0; i < cli->argument_count; i++) {
        if (!find_failure(reader, cli->arguments[i], &ids[i], err)) {
            free(ids);
            return false;
        }
    }
    *ret_ids = ids;
    return true;
}

/* Waits for an engine in another process, which may belong to a colleague's console. */
static bool wait_answer(struct journal_reader *reader, int64_t id, bool patient,
                        struct command_row *ret_row, struct error *err)
{
    int64_t patience = patient ? ANSWER_US : 0;
    int64_t deadline = clock_monotonic_us() + patience;
    uint64_t before = 0;
    do {
        if (!journal_read_command(reader, id, ret_row, err))
            return false;
        if (ret_row->result[0] != '\0')
            return true;
        /* A bulk action at a pace may take hours: as long as it moves it is waited for. */
        const struct bulk_counts *counts = &ret_row->counts;
        uint64_t went = counts->changed + counts->skipped + counts->landed + counts->failed;
        if (went != before)
            deadline = clock_monotonic_us() + patience;
        before = went;
    } while (work_wait_signal(POLL_US) == 0 && clock_monotonic_us() < deadline);
    return error_set(
        err, ERROR_COMMAND_WAITING,
        "command %lld is queued, but the engine that holds the journal has not answered",
        (long long)id);
}

/* An engine of our own; own_engine false: another one holds the journal and will do it. */
static bool run_engine(struct cli *cli, struct act_result *result, struct error *err)
{
    struct engine_options options = {.once = true};
    struct work_result work;
    result->own_engine = false;
    if (!work_run(cli, &options, true, &work, err))
        return err->id == ERROR_JOURNAL_LOCKED;
    result->own_engine = true;
    result->interrupted = work.interrupted;
    if (work.error.id != ERROR_NONE) {
        *err = work.error;
        return false;
    }
    return true;
}

bool act_wait(struct cli *cli, struct journal_reader *reader, const int64_t *ids, size_t count,
              struct act_result *ret_result, struct error *err)
{
    struct act_result result = {0};
    for (size_t i = 0; i < count; i++) {
        if (!journal_read_command(reader, ids[i], &result.command, err))
            return false;
        if (result.command.result[0] == '\0' &&
            (!run_engine(cli, &result, err) ||
             !wait_answer(reader, ids[i], !result.interrupted, &result.command, err)))
            return false;
    }
    *ret_result = result;
    return true;
}

bool act_send(struct cli *cli, struct journal_reader *reader, const char *kind,
              const char *arguments, const char *reason, struct act_result *ret_result,
              struct error *err)
{
    int64_t id;
    return journal_send_command(reader, kind, arguments, reason, &id, err) &&
           act_wait(cli, reader, &id, 1, ret_result, err);
}
