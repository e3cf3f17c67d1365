/* ordersync plan: what dry runs found. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/act.h"
#include "cli/page.h"
#include "cli/plan_print.h"
#include "engine/export.h"

#define PAGE_ROWS 500
#define LIMIT_DEFAULT 100
#define PLANS_MAX 1000

struct listing {
    const struct cli *cli;
    struct journal_reader *reader;
    struct plan_summary plan;
    struct plan_filter filter;
    bool personal;
};

typedef bool row_fn(struct listing *listing, const struct plan_row *row, struct arena *arena,
                    void *context, struct error *err);

/* Page by page, so that a large plan needs no more memory than its largest page. */
static bool rows_each(struct listing *listing, uint64_t limit, row_fn *each, void *context,
                      uint64_t *ret_total, struct error *err)
{
    struct arena arena = {0};
    uint64_t seen = 0;
    size_t count = 1;
    bool good = true;
    while (good && count > 0 && (limit == 0 || seen < limit)) {
        uint64_t left = limit == 0 ? PAGE_ROWS : limit - seen;
        struct plan_row *rows;
        good = journal_list_plan_rows(listing->reader, listing->plan.id, &listing->filter, seen,
                                      left < PAGE_ROWS ? left : PAGE_ROWS, &arena, &rows, &count,
                                      ret_total, err);
        for (size_t i = 0; good && i < count; i++)
            good = each(listing, &rows[i], &arena, context, err);
        seen += good ? count : 0;
        arena_reset(&arena);
    }
    arena_free(&arena);
    return good;
}

static bool row_line(struct listing *listing, const struct plan_row *row, struct arena *arena,
                     void *context, struct error *err)
{
    (void)listing;
    (void)arena;
    (void)err;
    plan_rows_add(context, row);
    return true;
}

static bool row_item(struct listing *listing, const struct plan_row *row, struct arena *arena,
                     void *context, struct error *err)
{
    struct str fields;
    if (!journal_read_plan_fields(listing->reader, row->id, arena, &fields, err))
        return false;
    plan_row_add(context, row, fields, listing->personal);
    return true;
}

/* ---- show ---- */

static bool parse_filter(const struct cli *cli, struct plan_filter *filter, struct error *err)
{
    const char *action = cli_flag(cli, "action");
    const char *text = cli_flag(cli, "text");
    enum plan_action wanted;
    *filter = (struct plan_filter){.actions = 0};
    if (action != NULL) {
        if (!plan_action_parse(action, &wanted) || wanted == PLAN_UNCHANGED)
            return error_set(err, ERROR_USAGE, "--action: create, update, tombstone or conflict");
        filter->actions = 1u << wanted;
    }
    if (text != NULL)
        STR_FILL(filter->text, text);
    return true;
}

static bool show_rows(struct listing *listing, struct error *err)
{
    int64_t limit;
    uint64_t total = 0;
    if (!cli_flag_number(listing->cli, "limit", 0, INT64_MAX, LIMIT_DEFAULT, &limit, err))
        return false;
    if (listing->cli->json) {
        struct node *root = node_new();
        bool listed =
            rows_each(listing, (uint64_t)limit, row_item, node_list(root, "rows"), &total, err);
        if (listed)
            plan_print_json(&listing->plan, root);
        else
            node_free(root);
        return listed;
    }
    struct grid *grid = plan_rows_grid();
    plan_print_summary(&listing->plan);
    bool listed = rows_each(listing, (uint64_t)limit, row_line, grid, &total, err);
    if (!listed || total == 0) {
        grid_free(grid);
        return listed;
    }
    page_gap();
    grid_print(grid);
    if (limit > 0 && total > (uint64_t)limit)
        page_note(listing->cli->quiet, "%s of %s shown; --limit 0 shows all",
                  words_count((uint64_t)limit).text, words_count(total).text);
    return true;
}

static bool print_one(struct listing *listing, const struct plan_row *row, struct arena *arena,
                      void *context, struct error *err)
{
    struct str fields;
    if (row->id != *(const int64_t *)context)
        return true;
    if (!journal_read_plan_fields(listing->reader, row->id, arena, &fields, err))
        return false;
    if (listing->cli->json)
        plan_print_row_json(row, fields, listing->personal);
    else
        plan_print_row(row, fields, listing->personal);
    return true;
}

static bool show_one(struct listing *listing, const char *text, struct error *err)
{
    enum source_kind source = SOURCE_COUNT;
    const char *id = text;
    int64_t row;
    uint64_t total;
    if (text[0] != '#' && !act_parse_document(text, &source, &id, err))
        return false;
    if (!journal_find_plan_row(listing->reader, listing->plan.id, source, id, &row, err))
        return false;
    STR_FILL(listing->filter.text, id); /* what is longer is found by its beginning */
    return rows_each(listing, 0, print_one, &row, &total, err);
}

static bool plan_show(struct listing *listing, struct error *err)
{
    const struct cli *cli = listing->cli;
    if (!parse_filter(cli, &listing->filter, err))
        return false;
    return cli->argument_count > 2 ? show_one(listing, cli->arguments[2], err)
                                   : show_rows(listing, err);
}

/* ---- export ---- */

static bool plan_export(struct listing *listing, struct error *err)
{
    const char *format = cli_flag(listing->cli, "format");
    struct export export = {.reader = listing->reader, .file = stdout, .format = EXPORT_JSON};
    struct export_plan plan = {.id = listing->plan.id, .personal = listing->personal};
    if (format != NULL && !export_format_parse(format, &export.format))
        return error_set(err, ERROR_USAGE, "--format is json or csv");
    return export_plan(&export, &plan, err);
}

/* ---- list and drop ---- */

static void list_plain(const struct plan_summary *plans, size_t count)
{
    static const char *const titles[] = {"PLAN",       ">AGE",     "KIND",       "STATE",
                                         ">CREATE",    ">UPDATE",  ">TOMBSTONE", ">CONFLICT",
                                         ">UNCHANGED", "OPERATOR", "MONEY",      NULL};
    struct grid *grid = grid_new(titles);
    int64_t now = clock_wall_us();
    for (size_t i = 0; i < count; i++) {
        const struct plan_summary *plan = &plans[i];
        char id[9];
        snprintf(id, sizeof(id), "%.8s", plan->id);
        grid_row(grid, id, words_age(plan->started_us, now).text, plan->kind,
                 plan_state_name(plan->state), words_count(plan->counts[PLAN_CREATE]).text,
                 words_count(plan->counts[PLAN_UPDATE]).text,
                 words_count(plan->counts[PLAN_TOMBSTONE]).text,
                 words_count(plan->counts[PLAN_CONFLICT]).text,
                 words_count(plan->counts[PLAN_UNCHANGED]).text, plan->operator_name, plan->money);
    }
    grid_print(grid);
}

static bool plan_list(struct listing *listing, struct error *err)
{
    struct arena arena = {0};
    struct plan_summary *plans;
    size_t count = 0;
    bool read = journal_list_plans(listing->reader, PLANS_MAX, &arena, &plans, &count, err);
    if (read && listing->cli->json) {
        struct node *root = node_new();
        struct node *list = node_list(root, "plans");
        for (size_t i = 0; i < count; i++)
            plan_summary_add(list, &plans[i]);
        node_print(root);
    } else if (read) {
        list_plain(plans, count);
    }
    arena_free(&arena);
    return read;
}

static bool plan_drop(struct listing *listing, struct error *err)
{
    struct node *root = node_new();
    struct act_result result;
    node_text(root, "plan", listing->plan.id);
    char *arguments AUTO_FREE = node_line(root);
    node_free(root);
    struct cli *cli = (struct cli *)listing->cli;
    if (!act_send(cli, listing->reader, "drop", arguments, "", &result, err))
        return false;
    if (strcmp(result.command.result, "done") != 0)
        return error_set(err, ERROR_PLAN_STATE, "%s", result.command.message);
    page_line("%s", result.command.message);
    return true;
}

/* ---- the command ---- */

static const struct {
    const char *name;
    bool needs_plan;
    bool names_plan; /* on the command line: nothing is dropped by "last" alone */
    bool (*run)(struct listing *listing, struct error *err);
} verbs[] = {
    {"show", true, false, plan_show},
    {"list", false, false, plan_list},
    {"export", true, true, plan_export},
    {"drop", true, true, plan_drop},
};

static bool plan_work(struct cli *cli, struct listing *listing, struct error *err)
{
    size_t verb = 0;
    const size_t count = sizeof(verbs) / sizeof(verbs[0]);
    while (verb < count && strcmp(verbs[verb].name, cli->arguments[0]) != 0)
        verb++;
    if (verb == count)
        return error_set(err, ERROR_USAGE, "plan: show, list, export or drop, not \"%s\"",
                         cli->arguments[0]);
    if (verbs[verb].names_plan && cli->argument_count < 2)
        return error_set(err, ERROR_USAGE, "plan %s needs a PLAN, or \"last\"", verbs[verb].name);
    const char *id = cli->argument_count > 1 ? cli->arguments[1] : "last";
    return act_open_journal(cli, false, &listing->reader, err) &&
           (!verbs[verb].needs_plan ||
            journal_read_plan(listing->reader, id, &listing->plan, err)) &&
           verbs[verb].run(listing, err);
}

static int plan_run(struct cli *cli)
{
    struct listing listing = {.cli = cli, .personal = cli_has_flag(cli, "personal")};
    struct error err = {0};
    bool good = plan_work(cli, &listing, &err);
    journal_reader_close(listing.reader);
    return good ? EXIT_DONE : cli_fail(cli, &err);
}

static const struct flag plan_flags[] = {
    {"action", "KIND", "show: create, update, tombstone or conflict alone"},
    {"text", "TEXT", "show: in the order or the id"},
    {"limit", "N", "show: rows at most; 100, 0: all"},
    {"format", "FORMAT", "export: json (default) or csv"},
    {"personal", NULL, "show personal data too"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_plan = {
    .name = "plan",
    .arguments = "show|list|export|drop [PLAN [SOURCE/ID|#LABEL]]",
    .summary = "look at what dry runs found",
    .details =
        "PLAN is the beginning of its id, or last. `plan show` alone shows the last one, with "
        "a document\n"
        "or a label that row field by field. Plans are dropped after 30 days.",
    .flags = plan_flags,
    .least = 1,
    .most = 3,
    .threads = true,
    .silent_log = true,
    .run = plan_run,
};
