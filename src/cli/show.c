/* ordersync show: one document with its failure, attempts, notes, rows and history. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/act.h"
#include "cli/database.h"
#include "cli/failure_node.h"
#include "cli/output.h"
#include "cli/page.h"
#include "target/lookup.h"

/* What was found; the target's part may be missing, and says why. */
struct subject {
    struct arena arena;
    enum source_kind source;
    const char *id;
    bool have_failure;
    struct failure_detail failure;
    struct error target_error; /* ERROR_NONE: the target was asked */
    bool have_document;
    struct target_document document;
    struct target_cell *cells;
    size_t cell_count;
    struct target_event *events;
    size_t event_count;
    bool unmasked;
};

/* ---- reading ---- */

static bool read_failure(const struct cli *cli, struct subject *subject, struct error *err)
{
    struct journal_reader *reader = NULL;
    int64_t id = 0;
    if (!act_open_journal(cli, false, &reader, err)) {
        /* No journal yet: the target may know the document all the same. */
        return err->id == ERROR_JOURNAL_MISSING;
    }
    bool read = journal_find_failure(reader, subject->source, subject->id, &id, err);
    if (read && id != 0) {
        read = journal_read_failure(reader, id, &subject->arena, &subject->failure, err);
        subject->have_failure = read;
    }
    journal_reader_close(reader);
    return read;
}

static bool read_rows(struct target *target, struct subject *subject, struct error *err)
{
    struct str id = str_from(subject->id);
    bool found;
    return target_read_document(target, subject->source, id, &subject->arena, &subject->document,
                                &subject->have_document, err) &&
           target_read_rows(target, subject->source, id, &subject->arena, &subject->cells,
                            &subject->cell_count, &found, err) &&
           target_read_timeline(target, subject->source, id, &subject->arena, &subject->events,
                                &subject->event_count, &found, err);
}

/* A target that is down must not hide what the journal knows. */
static void read_target(const struct cli *cli, struct subject *subject)
{
    struct target *target = NULL;
    struct error err = {0};
    if (!database_open(cli, true, &target, &err) || !read_rows(target, subject, &err)) {
        subject->target_error = err;
        subject->cell_count = 0;
        subject->event_count = 0;
        subject->have_document = false;
    }
    target_close(target);
}

/* ---- for people ---- */

static void print_failure(const struct failure_detail *failure)
{
    const struct failure_row *row = &failure->row;
    int64_t now = clock_wall_us();
    enum error_id id;
    page_line("failure");
    page_field("state", "%s, attempt %u of %u", failure_state_name(row->state), row->attempts,
               row->max_attempts);
    page_field("error", "%s %s: %s", row->code, error_class_name(row->class), row->message);
    page_field("field", "%s", row->field);
    page_field("stage", "%s", row->stage);
    page_field("first", "%s (%s ago)", words_time(row->first_us).text,
               words_age(row->first_us, now).text);
    page_field("last", "%s (%s ago)", words_time(row->last_us).text,
               words_age(row->last_us, now).text);
    page_field("next try", "%s", words_until(row->next_us, now).text);
    page_field("group", "%s, %s like it", row->fingerprint,
               words_count(failure->same_fingerprint).text);
    page_field("request id", "%s", row->request_id);
    page_field("SQLSTATE", "%s", row->sqlstate);
    if (error_id_parse(row->code, &id)) {
        page_paragraph(error_info(id)->cause, 2);
        page_paragraph(error_info(id)->remedy, 2);
    }
}

static void print_attempts(const struct failure_detail *failure)
{
    static const char *const titles[] = {">TRY", "WHEN", "STAGE", "CODE", "MESSAGE", NULL};
    struct grid *grid = grid_new(titles);
    for (size_t i = 0; i < failure->attempt_count; i++) {
        const struct attempt_row *attempt = &failure->attempts[i];
        char number[24];
        snprintf(number, sizeof(number), "%u%s", attempt->number, attempt->charged ? "" : " free");
        grid_row(grid, number, words_time(attempt->at_us).text, attempt->stage, attempt->code,
                 attempt->message);
    }
    page_gap();
    page_line("attempts");
    grid_print(grid);
    for (size_t i = 0; i < failure->note_count; i++)
        page_field("note", "%s %s: %s", words_time(failure->notes[i].at_us).text,
                   failure->notes[i].operator_name, failure->notes[i].text);
}

static void print_document(const struct subject *subject)
{
    const struct target_document *document = &subject->document;
    page_gap();
    page_line("document in the target");
    page_field("order", "%.*s", STR_ARG(document->order_id));
    page_field("version", "%" PRId64, document->version);
    page_field("observed", "%s", words_time(document->observed_us).text);
    page_field("shape", "%.*s", STR_ARG(document->api_shape));
    page_field("digest", "%.*s", STR_ARG(document->digest));
    if (document->deleted)
        page_field("deleted", "%s", words_time(document->deleted_us).text);
}

static const char *cell_text(const struct subject *subject, const struct target_cell *cell)
{
    if (cell->value.data == NULL)
        return NULL;
    return cell->personal && !subject->unmasked ? "(personal; --personal shows it)"
                                                : cell->value.data;
}

/* Empty columns would bury the filled ones: an order has more than a hundred. */
static void print_cells(const struct subject *subject)
{
    const char *table = "";
    unsigned row = 0;
    for (size_t i = 0; i < subject->cell_count; i++) {
        const struct target_cell *cell = &subject->cells[i];
        const char *text = cell_text(subject, cell);
        if (strcmp(table, cell->table) != 0 || row != cell->row) {
            page_gap();
            page_line("%s %u", cell->table, cell->row + 1);
        }
        table = cell->table;
        row = cell->row;
        if (text != NULL)
            page_column(cell->column, text);
    }
}

static void print_events(const struct subject *subject)
{
    static const char *const titles[] = {"WHEN",  ">VERSION", "ACTION", "TABLE",
                                         "ACTOR", "CHANGED",  NULL};
    struct grid *grid = grid_new(titles);
    for (size_t i = 0; i < subject->event_count; i++) {
        const struct target_event *event = &subject->events[i];
        char version[24];
        snprintf(version, sizeof(version), "%" PRId64, event->version);
        grid_row(grid, words_time(event->at_us).text, version, event->action, event->table,
                 event->actor, event->detail.data == NULL ? "" : event->detail.data);
    }
    page_gap();
    page_line("history, the newest first");
    grid_print(grid);
}

static void print_plain(const struct subject *subject)
{
    page_line("%s/%s", source_kind_name(subject->source), subject->id);
    if (subject->have_failure) {
        print_failure(&subject->failure);
        print_attempts(&subject->failure);
    } else {
        page_line("no failure in the journal");
    }
    if (subject->target_error.id != ERROR_NONE) {
        page_gap();
        page_line("the target could not be asked: %s", subject->target_error.message);
        return;
    }
    if (!subject->have_document) {
        page_gap();
        page_line("the target does not hold this document");
        return;
    }
    print_document(subject);
    print_cells(subject);
    print_events(subject);
}

/* ---- JSON ---- */

static void attempts_node(struct node *list, const struct failure_detail *failure)
{
    for (size_t i = 0; i < failure->attempt_count; i++) {
        const struct attempt_row *attempt = &failure->attempts[i];
        struct node *item = node_add(list);
        node_unsigned(item, "number", attempt->number);
        node_time(item, "at", attempt->at_us);
        node_text(item, "stage", attempt->stage);
        node_text(item, "code", attempt->code);
        node_text(item, "message", attempt->message);
        node_text(item, "field", attempt->field);
        node_text(item, "sqlstate", attempt->sqlstate);
        node_integer(item, "http_status", attempt->http_status);
        node_text(item, "request_id", attempt->request_id);
        node_text(item, "run", attempt->run_id);
        node_boolean(item, "charged", attempt->charged);
    }
}

static void failure_node(struct node *root, const struct failure_detail *failure)
{
    struct node *object = node_object(root, "failure");
    failure_node_fill(object, &failure->row);
    node_unsigned(object, "same_fingerprint", failure->same_fingerprint);
    attempts_node(node_list(object, "attempts_made"), failure);
    struct node *notes = node_list(object, "notes");
    for (size_t i = 0; i < failure->note_count; i++) {
        struct node *item = node_add(notes);
        node_time(item, "at", failure->notes[i].at_us);
        node_text(item, "operator", failure->notes[i].operator_name);
        node_text(item, "text", failure->notes[i].text);
    }
}

static void cells_node(struct node *list, const struct subject *subject)
{
    struct node *values = NULL;
    for (size_t i = 0; i < subject->cell_count; i++) {
        const struct target_cell *cell = &subject->cells[i];
        bool new_row =
            i == 0 || strcmp(cell[-1].table, cell->table) != 0 || cell[-1].row != cell->row;
        if (new_row) {
            struct node *item = node_add(list);
            node_text(item, "table", cell->table);
            values = node_object(item, "columns");
        }
        if (cell->personal && !subject->unmasked && cell->value.data != NULL)
            node_text(values, cell->column, "***");
        else
            node_str(values, cell->column, cell->value);
    }
}

static void events_node(struct node *list, const struct subject *subject)
{
    for (size_t i = 0; i < subject->event_count; i++) {
        const struct target_event *event = &subject->events[i];
        struct node *item = node_add(list);
        node_time(item, "at", event->at_us);
        node_text(item, "table", event->table);
        node_text(item, "action", event->action);
        node_text(item, "actor", event->actor);
        node_integer(item, "version", event->version);
        node_raw(item, "detail", event->detail);
    }
}

static void document_node(struct node *root, const struct subject *subject)
{
    const struct target_document *document = &subject->document;
    struct node *object = node_object(root, "document");
    node_str(object, "order_id", document->order_id);
    node_integer(object, "version", document->version);
    node_time(object, "observed", document->observed_us);
    node_str(object, "api_shape", document->api_shape);
    node_str(object, "digest", document->digest);
    node_integer(object, "mapping_version", document->mapping_version);
    node_boolean(object, "deleted", document->deleted);
    if (subject->unmasked)
        node_raw(object, "content", document->document);
}

static void print_json(const struct subject *subject)
{
    struct node *root = node_new();
    node_text(root, "source", source_kind_name(subject->source));
    node_text(root, "source_id", subject->id);
    if (subject->have_failure)
        failure_node(root, &subject->failure);
    if (subject->target_error.id != ERROR_NONE)
        node_error(root, "target_error", &subject->target_error);
    if (subject->have_document)
        document_node(root, subject);
    cells_node(node_list(root, "rows"), subject);
    events_node(node_list(root, "history"), subject);
    node_print(root);
}

static int show_subject(const struct cli *cli, struct subject *subject)
{
    struct error err = {0};
    if (!act_parse_document(cli->arguments[0], &subject->source, &subject->id, &err) ||
        !read_failure(cli, subject, &err))
        return cli_fail(cli, &err);
    read_target(cli, subject);
    if (!subject->have_failure && !subject->have_document &&
        subject->target_error.id == ERROR_NONE) {
        (void)error_set(&err, ERROR_NO_DOCUMENT,
                        "%s/%s is neither in the target nor in the journal",
                        source_kind_name(subject->source), subject->id);
        return cli_fail(cli, &err);
    }
    if (!subject->have_failure && subject->target_error.id != ERROR_NONE)
        return cli_fail(cli, &subject->target_error);
    if (cli->json)
        print_json(subject);
    else
        print_plain(subject);
    return EXIT_DONE;
}

static int show_run(struct cli *cli)
{
    struct subject *subject = memory_zero(1, sizeof(*subject));
    subject->unmasked = cli_has_flag(cli, "personal");
    int code = show_subject(cli, subject);
    arena_free(&subject->arena);
    free(subject);
    return code;
}

static const struct flag show_flags[] = {
    {"personal", NULL, "show personal data too, and with --json the stored document"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_show = {
    .name = "show",
    .arguments = "SOURCE/ID",
    .summary = "one document: failure, attempts, rows, history",
    .details = "",
    .flags = show_flags,
    .least = 1,
    .most = 1,
    .silent_log = true,
    .run = show_run,
};
