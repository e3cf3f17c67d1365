/* ordersync failed: what did not apply, as rows or as groups of the same error. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/settings_value.h"
#include "cli/act.h"
#include "cli/failure_node.h"
#include "cli/output.h"
#include "cli/page.h"
#include "engine/export.h"

#define PAGE_ROWS 500
#define LIMIT_DEFAULT 100
#define GROUPS_MAX 1000

/* ---- the filter ---- */

/* A flag that says the same as a word of the language: "dead,held" after "state:". */
static void add_word(struct buffer *text, const char *key, const char *value)
{
    if (value != NULL)
        buffer_append_format(text, "%s%s:%s", text->len > 0 ? " " : "", key, value);
}

static bool parse_word(const struct cli *cli, const char *flag, const char *key,
                       struct failure_filter *filter, struct error *err)
{
    struct buffer text = {.max = SEARCH_TEXT_MAX};
    struct error wrong = {0};
    if (cli_flag(cli, flag) == NULL)
        return true;
    search_print(filter, TIME_NONE, &text);
    add_word(&text, key, cli_flag(cli, flag));
    bool good = buffer_ok(&text) && search_parse(text.data, clock_wall_us(), filter, NULL, &wrong);
    buffer_free(&text);
    return good || error_set(err, ERROR_USAGE, "--%s: %s", flag, wrong.message);
}

static bool parse_sort(const struct cli *cli, struct failure_filter *filter, struct error *err)
{
    const char *name = cli_flag(cli, "sort");
    if (name == NULL || failure_sort_parse(name, &filter->sort))
        return true;
    return error_set(err, ERROR_USAGE, "--sort: last, first, attempts, next or label");
}

static bool parse_text(const struct cli *cli, struct failure_filter *filter, struct error *err)
{
    const char *text = cli_flag(cli, "text");
    if (text == NULL)
        return true;
    if (strlen(text) >= sizeof(filter->text))
        return error_set(err, ERROR_USAGE, "--text is longer than %zu bytes",
                         sizeof(filter->text) - 1);
    STR_FILL(filter->text, text);
    return true;
}

static bool parse_since(const struct cli *cli, struct failure_filter *filter, struct error *err)
{
    const char *text = cli_flag(cli, "since");
    int64_t seconds;
    if (text == NULL)
        return true;
    if (!setting_parse_duration(text, &seconds))
        return error_set(err, ERROR_USAGE, "--since takes a duration such as 30m, 2h or 7d");
    filter->since_us = clock_wall_us() - seconds * 1000000;
    return true;
}

/* --filter first, then what the flags add to it. */
static bool make_filter(const struct cli *cli, struct failure_filter *filter, struct error *err)
{
    const char *text = cli_flag(cli, "filter");
    *filter = search_all();
    return (text == NULL || search_parse(text, clock_wall_us(), filter, NULL, err)) &&
           parse_word(cli, "state", "state", filter, err) &&
           parse_word(cli, "source", "source", filter, err) &&
           parse_word(cli, "code", "code", filter, err) &&
           parse_word(cli, "fingerprint", "fp", filter, err) && parse_since(cli, filter, err) &&
           parse_text(cli, filter, err) && parse_sort(cli, filter, err);
}

/* ---- rows ---- */

struct listing {
    bool json;
    struct node *root;
    struct node *list;
    struct grid *grid;
    int64_t now_us;
};

static void listing_start(struct listing *listing, bool json)
{
    static const char *const titles[] = {"ORDER", "DOCUMENT", "STATE",   "TRY", "NEXT",
                                         "AGE",   "CODE",     "MESSAGE", NULL};
    *listing = (struct listing){.json = json, .now_us = clock_wall_us()};
    if (json) {
        listing->root = node_new();
        listing->list = node_list(listing->root, "failures");
    } else {
        listing->grid = grid_new(titles);
    }
}

static void listing_add(struct listing *listing, const struct failure_row *row)
{
    char document[256];
    char tries[24];
    if (listing->json) {
        failure_node_fill(node_add(listing->list), row);
        return;
    }
    snprintf(document, sizeof(document), "%s/%s", source_kind_name(row->source), row->source_id);
    snprintf(tries, sizeof(tries), "%u/%u", row->attempts, row->max_attempts);
    grid_row(listing->grid, row->label, document, failure_state_name(row->state), tries,
             words_until(row->next_us, listing->now_us).text,
             words_age(row->last_us, listing->now_us).text, row->code, row->message);
}

static void listing_end(struct listing *listing, const struct cli *cli, uint64_t total,
                        uint64_t shown)
{
    if (listing->json) {
        node_unsigned(listing->root, "total", total);
        node_print(listing->root);
        return;
    }
    grid_print(listing->grid);
    if (shown < total)
        page_note(cli->quiet, "%s of %s shown; --limit 0 shows all", words_count(shown).text,
                  words_count(total).text);
    else
        page_note(cli->quiet, "%s failures", words_count(total).text);
}

/* Page by page, so that a million failures need no more memory than the output itself. */
static bool list_rows(struct listing *listing, struct journal_reader *reader,
                      const struct failure_filter *filter, uint64_t limit, uint64_t *ret_shown,
                      struct error *err)
{
    struct arena arena = {0};
    uint64_t shown = 0;
    size_t count = 1;
    while (count > 0 && (limit == 0 || shown < limit)) {
        uint64_t left = limit == 0 ? PAGE_ROWS : limit - shown;
        struct failure_row *rows;
        if (!journal_list_failures(reader, filter, shown, left < PAGE_ROWS ? left : PAGE_ROWS,
                                   &arena, &rows, &count, err)) {
            arena_free(&arena);
            return false;
        }
        for (size_t i = 0; i < count; i++)
            listing_add(listing, &rows[i]);
        shown += count;
        arena_reset(&arena);
    }
    arena_free(&arena);
    *ret_shown = shown;
    return true;
}

static bool print_rows(struct cli *cli, struct journal_reader *reader,
                       const struct failure_filter *filter, int64_t limit, struct error *err)
{
    struct listing listing;
    uint64_t total;
    uint64_t shown = 0;
    if (!journal_count_failures(reader, filter, &total, err))
        return false;
    listing_start(&listing, cli->json);
    bool listed = list_rows(&listing, reader, filter, (uint64_t)limit, &shown, err);
    if (listed) {
        listing_end(&listing, cli, total, shown);
    } else {
        node_free(listing.root);
        grid_free(listing.grid);
    }
    return listed;
}

/* ---- groups ---- */

static void group_node(struct node *item, const struct failure_group *group)
{
    node_text(item, "fingerprint", group->fingerprint);
    node_text(item, "source", source_kind_name(group->source));
    node_text(item, "stage", group->stage);
    node_text(item, "code", group->code);
    node_text(item, "class", error_class_name(group->class));
    node_text(item, "message", group->message);
    node_unsigned(item, "count", group->count);
    node_unsigned(item, "dead", group->dead);
    node_time(item, "last", group->last_us);
    node_time(item, "next", group->next_us);
}

static void print_groups_json(const struct failure_group *groups, size_t count)
{
    struct node *root = node_new();
    struct node *list = node_list(root, "groups");
    for (size_t i = 0; i < count; i++)
        group_node(node_add(list), &groups[i]);
    node_print(root);
}

static void print_groups_plain(const struct failure_group *groups, size_t count)
{
    static const char *const titles[] = {"GROUP", "SOURCE", ">ORDERS", ">DEAD",
                                         "AGE",   "CODE",   "MESSAGE", NULL};
    struct grid *grid = grid_new(titles);
    int64_t now = clock_wall_us();
    for (size_t i = 0; i < count; i++) {
        grid_row(grid, groups[i].fingerprint, source_kind_name(groups[i].source),
                 words_count(groups[i].count).text, words_count(groups[i].dead).text,
                 words_age(groups[i].last_us, now).text, groups[i].code, groups[i].message);
    }
    grid_print(grid);
}

static bool print_groups(struct cli *cli, struct journal_reader *reader,
                         const struct failure_filter *filter, struct error *err)
{
    struct arena arena = {0};
    struct failure_group *groups;
    size_t count;
    bool read = journal_list_groups(reader, filter, GROUPS_MAX, &arena, &groups, &count, NULL, err);
    if (read && cli->json)
        print_groups_json(groups, count);
    else if (read)
        print_groups_plain(groups, count);
    arena_free(&arena);
    return read;
}

/* Where nothing has run yet nothing has failed. */
static int print_nothing(const struct cli *cli)
{
    struct listing listing;
    listing_start(&listing, cli->json);
    listing_end(&listing, cli, 0, 0);
    return EXIT_DONE;
}

/* A bare "json" or "csv" goes to standard output. */
static bool export_rows(struct cli *cli, struct journal_reader *reader,
                        const struct failure_filter *filter, struct error *err)
{
    const char *to = cli_flag(cli, "export");
    struct export export = {.reader = reader, .file = stdout};
    bool file = !export_format_parse(to, &export.format);
    bool done = file ? export_to_file(&export, to, export_failures, filter, err)
                     : export_failures(&export, filter, err);
    if (done)
        page_note(cli->quiet, "%s failures written%s%s", words_count(export.count).text,
                  file ? " to " : "", file ? to : "");
    return done;
}

static bool print_failures(struct cli *cli, struct journal_reader *reader,
                           const struct failure_filter *filter, int64_t limit, struct error *err)
{
    if (cli_has_flag(cli, "export"))
        return export_rows(cli, reader, filter, err);
    return cli_has_flag(cli, "groups") ? print_groups(cli, reader, filter, err)
                                       : print_rows(cli, reader, filter, limit, err);
}

static int failed_run(struct cli *cli)
{
    struct journal_reader *reader = NULL;
    struct failure_filter filter;
    struct error err = {0};
    int64_t limit;
    if (!make_filter(cli, &filter, &err) ||
        !cli_flag_number(cli, "limit", 0, INT64_MAX, LIMIT_DEFAULT, &limit, &err))
        return cli_fail(cli, &err);
    if (!act_open_journal(cli, false, &reader, &err))
        return err.id == ERROR_JOURNAL_MISSING ? print_nothing(cli) : cli_fail(cli, &err);
    bool printed = print_failures(cli, reader, &filter, limit, &err);
    journal_reader_close(reader);
    return printed ? EXIT_DONE : cli_fail(cli, &err);
}

static const struct flag failed_flags[] = {
    {"filter", "WORDS",
     "state:dead -source:stripe age:<2h label:#1042 \"n/a\", as the console's /"},
    {"sort", "ORDER", "last, first, attempts, next, label"},
    {"export", "FILE", "all that match to a new FILE.csv or FILE.json; json or csv: to stdout"},
    {"state", "STATE,...", "dead, retryable, in_progress, held, snoozed, skipped, resolved"},
    {"source", "SOURCE", "firestore, stripe or printful"},
    {"code", "CODE", "OS-2103"},
    {"fingerprint", "F", "one group"},
    {"text", "TEXT", "in the order, the id or the message"},
    {"since", "DURATION", "failed within the last 30m, 2h, 7d"},
    {"limit", "N", "rows at most; 100, 0: all"},
    {"groups", NULL, "group by the same error"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_failed = {
    .name = "failed",
    .arguments = "",
    .summary = "list failed orders",
    .details = "Without --state everything that is not resolved, the newest first.",
    .flags = failed_flags,
    .silent_log = true,
    .run = failed_run,
};
