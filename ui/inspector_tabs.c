/* The Inspector's other tabs. */
#include <inttypes.h>
#include <string.h>

#include "ui/gauge.h"
#include "ui/inspector.h"

void inspector_rows(struct inspector *inspector, const struct console *console)
{
    const struct lookup_reply *reply = inspector->rows;
    const struct lookup_cell *last = NULL;
    (void)console;
    if (!reply->found || reply->rows.count == 0)
        inspector_add(inspector, ROLE_TEXT, 0, STR("The target holds no rows of this order."));
    for (size_t i = 0; i < reply->rows.count; i++) {
        const struct lookup_cell *cell = &reply->rows.cells[i];
        if (last == NULL || strcmp(last->table, cell->table) != 0 || last->row != cell->row)
            inspector_addf(inspector, ROLE_HEADING, 0, "%s [%u]", cell->table, cell->row);
        last = cell;
        if (cell->value.data == NULL)
            continue; /* of two hundred columns most are NULL: what is there is what matters */
        struct str text = cell->personal ? inspector_personal(inspector, cell->value) : cell->value;
        inspector_addf(inspector, ROLE_TEXT, 1, "%-28s %.*s", cell->column, STR_ARG(text));
    }
}

static void add_runbook(struct inspector *inspector, const char *code)
{
    enum error_id id;
    if (!error_id_parse(code, &id))
        return;
    inspector_addf(inspector, ROLE_TEXT, 1, "%s", error_info(id)->cause);
    inspector_addf(inspector, ROLE_TEXT, 1, "%s", error_info(id)->remedy);
}

static void add_attempt(struct inspector *inspector, const struct console *console,
                        const struct attempt_row *attempt)
{
    char clock[GAUGE_TEXT];
    inspector_addf(inspector, ROLE_STRONG, 0, "attempt %u  %sZ  %s%s", attempt->number,
                   gauge_clock(attempt->at_us, console_now(console), clock), attempt->stage,
                   attempt->charged ? "" : "  (not charged)");
    inspector_addf(inspector, ROLE_ERROR, 1, "%s %s", attempt->code, attempt->message);
    if (attempt->field[0] != '\0')
        inspector_addf(inspector, ROLE_TEXT, 1, "field %s", attempt->field);
    if (attempt->http_status != 0)
        inspector_addf(inspector, ROLE_TEXT, 1, "HTTP %d  request %s", attempt->http_status,
                       attempt->request_id);
    if (attempt->sqlstate[0] != '\0')
        inspector_addf(inspector, ROLE_TEXT, 1, "SQLSTATE %s", attempt->sqlstate);
    inspector_addf(inspector, ROLE_DIM, 1, "version %" PRId64 "  run %s", attempt->version,
                   attempt->run_id);
}

void inspector_attempts(struct inspector *inspector, const struct console *console)
{
    const struct lookup_reply *reply = inspector->failure;
    if (!reply->found) {
        inspector_add(inspector, ROLE_OK, 0, STR("The journal holds no failure of this order."));
        return;
    }
    const struct failure_detail *detail = &reply->failure;
    char age[GAUGE_TEXT];
    inspector_addf(inspector, ROLE_STRONG, 0, "%s: %s, %u of %u attempts, failing for %s",
                   detail->row.code, failure_state_name(detail->row.state), detail->row.attempts,
                   detail->row.max_attempts,
                   gauge_age(console_now(console) - detail->row.first_us, age));
    add_runbook(inspector, detail->row.code);
    if (detail->same_fingerprint > 1)
        inspector_addf(inspector, ROLE_TEXT, 1, "%" PRIu64 " orders share this fingerprint (%s)",
                       detail->same_fingerprint, detail->row.fingerprint);
    for (size_t i = 0; i < detail->attempt_count; i++)
        add_attempt(inspector, console, &detail->attempts[i]);
}

static void add_event(struct inspector *inspector, const struct console *console,
                      const struct lookup_event *event)
{
    char clock[GAUGE_TEXT];
    inspector_addf(inspector, ROLE_STRONG, 0, "%sZ  v%" PRId64 "  %s %s  by %s",
                   gauge_clock(event->at_us, console_now(console), clock), event->version,
                   event->action, event->table, event->actor);
    if (event->detail.len > 0)
        inspector_add(inspector, ROLE_TEXT, 1, event->detail);
}

static void add_action(struct inspector *inspector, const struct console *console,
                       const struct command_row *action)
{
    char clock[GAUGE_TEXT];
    inspector_addf(inspector, ROLE_STRONG, 0, "%sZ  %s  by %s from %s: %s",
                   gauge_clock(action->created_us, console_now(console), clock), action->kind,
                   action->operator_name, action->origin,
                   action->result[0] == '\0' ? "queued" : action->result);
    const char *why = action->reason[0] != '\0' ? action->reason : action->message;
    if (why[0] != '\0')
        inspector_addf(inspector, ROLE_TEXT, 1, "%s", why);
}

/* What was written of the order and what operators did about it, the newest first. */
void inspector_timeline(struct inspector *inspector, const struct console *console)
{
    const struct lookup_reply *reply = inspector->timeline;
    const struct lookup_reply *failure = inspector->failure;
    bool failed = failure != NULL && failure->ok && failure->found;
    size_t events = reply->found ? reply->timeline.count : 0;
    size_t actions = failed ? failure->failure.action_count : 0;
    if (events == 0)
        inspector_add(inspector, ROLE_TEXT, 0, STR("Nothing was written of this order yet."));
    for (size_t e = 0, a = 0; e < events || a < actions;) {
        const struct lookup_event *event = e < events ? &reply->timeline.events[e] : NULL;
        const struct command_row *action = a < actions ? &failure->failure.actions[a] : NULL;
        if (action == NULL || (event != NULL && event->at_us >= action->created_us)) {
            add_event(inspector, console, event);
            e++;
        } else {
            add_action(inspector, console, action);
            a++;
        }
    }
}

void inspector_notes(struct inspector *inspector, const struct console *console)
{
    const struct failure_detail *detail = &inspector->failure->failure;
    char clock[GAUGE_TEXT];
    char key[16];
    size_t count = inspector->failure->found ? detail->note_count : 0;
    if (count == 0 && (console_read_only(console) || !inspector->failure->found))
        inspector_add(inspector, ROLE_TEXT, 0, STR("No notes."));
    else if (count == 0)
        inspector_addf(inspector, ROLE_TEXT, 0, "No notes. %s writes one.",
                       binding_key_name(bindings_key(CONTEXT_INSPECTOR, REQUEST_NOTE), key));
    for (size_t i = 0; i < count; i++) {
        const struct note_row *note = &detail->notes[i];
        inspector_addf(inspector, ROLE_STRONG, 0, "%sZ  %s",
                       gauge_clock(note->at_us, console_now(console), clock), note->operator_name);
        inspector_add(inspector, ROLE_TEXT, 1, str_from(note->text));
    }
}
