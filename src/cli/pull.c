/* ordersync pull: one document, now. */
#include <string.h>

#include "cli/act.h"
#include "cli/output.h"
#include "cli/page.h"

static char *pull_arguments(enum source_kind source, const char *id)
{
    struct node *root = node_new();
    node_text(root, "source", source_kind_name(source));
    node_text(root, "source_id", id);
    char *line = node_line(root);
    node_free(root);
    return line;
}

static const char *explain(enum source_kind source, const char *outcome)
{
    if (strcmp(outcome, outcome_name(OUTCOME_DELETED)) == 0)
        return ": its source does not hold it";
    if (strcmp(outcome, outcome_name(OUTCOME_ABSENT)) == 0)
        return source == SOURCE_FIRESTORE ? ": neither its source nor the target holds it"
                                          : ": its source does not hold it; nothing was written";
    if (strcmp(outcome, outcome_name(OUTCOME_UNATTACHED)) == 0)
        return ": it matches no sale";
    return "";
}

static int report(const struct cli *cli, enum source_kind source, const char *id,
                  const struct command_row *command)
{
    if (cli->json) {
        struct node *root = node_new();
        node_text(root, "source", source_kind_name(source));
        node_text(root, "source_id", id);
        node_text(root, "result", command->result);
        node_text(root, "message", command->message);
        node_print(root);
    } else {
        page_line("%s/%s %s%s", source_kind_name(source), id, command->message,
                  explain(source, command->message));
    }
    return strcmp(command->result, "done") == 0 ? EXIT_DONE : EXIT_ORDERS_FAILED;
}

/* An engine started for this has this process's settings: without the key it cannot have read. */
static bool key_given(const struct cli *cli, enum source_kind source, struct error *err)
{
    static const struct {
        bool needed;
        enum setting_id id;
    } keys[SOURCE_COUNT] = {
        [SOURCE_STRIPE] = {true, SET_STRIPE_KEY}, [SOURCE_PRINTFUL] = {true, SET_PRINTFUL_KEY}};
    enum setting_id id = keys[source].id;
    if (!keys[source].needed || settings_text(cli->settings, id)[0] != '\0')
        return true;
    return error_set(err, ERROR_SETTING_MISSING,
                     "documents of %s are read with its key: set %s (%s)", source_kind_name(source),
                     settings_variable(id), settings_name(id));
}

static int pull_run(struct cli *cli)
{
    struct journal_reader *reader = NULL;
    struct act_result result;
    struct error err = {0};
    enum source_kind source;
    const char *id;
    if (!act_parse_document(cli->arguments[0], &source, &id, &err) ||
        !act_open_journal(cli, true, &reader, &err))
        return cli_fail(cli, &err);
    char *arguments AUTO_FREE = pull_arguments(source, id);
    bool sent = act_send(cli, reader, "pull", arguments, "", &result, &err);
    journal_reader_close(reader);
    if (sent && result.own_engine)
        sent = key_given(cli, source, &err);
    return sent ? report(cli, source, id, &result.command) : cli_fail(cli, &err);
}

const struct subcommand subcommand_pull = {
    .name = "pull",
    .arguments = "SOURCE/ID",
    .summary = "fetch one document now and apply it",
    .details = "\"Order #1042 is missing\": says what became of it. A document that is gone "
               "becomes a\n"
               "tombstone; of one that the target never knew nothing is written, and the exit "
               "code is 1.",
    .least = 1,
    .most = 1,
    .threads = true,
    .silent_log = true,
    .run = pull_run,
};
