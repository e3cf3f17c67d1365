/* Actions. More than ten orders, or PROD: a dialog with count and reason. */
#include "ui/action.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ui/console_private.h"
#include "ui/duration.h"
#include "ui/gauge.h"

#define ASK_ABOVE 10
#define PACE_USUAL 20
#define STOP_USUAL 20
#define ARGUMENTS_MAX (1u << 18)

static const struct verb {
    enum request request;
    const char *kind;
    const char *title;  /* of the dialog and its button */
    const char *prompt; /* for the text it needs, or NULL */
    const char *effect; /* what it does, in the dialog */
    bool undoable;
    bool always; /* asks even about one order, wherever it is */
} verbs[] = {
    {REQUEST_RETRY, "retry", "Retry", NULL,
     "Each is read from its source and tried again; not held ones.", true, false},
    {REQUEST_RELEASE, "release", "Release", NULL,
     "Each is read once more; what is gone there is DELETED here.", true, true},
    {REQUEST_REFUSE, "refuse", "Refuse", NULL,
     "They stay as they are here, until a newer version comes. Can be undone.", true, true},
    {REQUEST_SKIP, "skip", "Skip", "reason:", "They are left alone until undone or changed.", true,
     false},
    {REQUEST_SNOOZE, "snooze", "Snooze", "for:", "They are not tried until then.", true, false},
    {REQUEST_NOTE, "note", "Note", "note:", "The note stays with each failure.", false, false},
    {REQUEST_UNDO, "undo", "Undo", NULL, "They go back to the state before.", false, false},
};

static const struct verb *verb_of(enum request request)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (verbs[i].request == request)
            return &verbs[i];
    return NULL;
}

bool action_fits(enum request request, enum failure_state state)
{
    static const enum failure_event events[REQUEST_COUNT] = {
        [REQUEST_RETRY] = EVENT_RETRY,   [REQUEST_SKIP] = EVENT_SKIP,
        [REQUEST_SNOOZE] = EVENT_SNOOZE, [REQUEST_RELEASE] = EVENT_RELEASE,
        [REQUEST_REFUSE] = EVENT_REFUSE,
    };
    enum failure_state next;
    if (request == REQUEST_UNDO) /* of a retry, too: the journal knows the state before */
        return state == FAILURE_SKIPPED || state == FAILURE_SNOOZED || state == FAILURE_RETRYABLE;
    return request == REQUEST_NOTE || failure_transition(state, events[request], &next);
}

/* ---- sending ---- */

static void action_arguments(const struct console *console, struct buffer *arguments)
{
    const struct action *action = &console->action;
    arguments->max = ARGUMENTS_MAX;
    buffer_append_char(arguments, '{');
    buffer_append_str(arguments, buffer_str(&action->target));
    if (action->request == REQUEST_NOTE) {
        buffer_append_text(arguments, ",\"note\":");
        text_append_json(arguments, str_from(action->text));
    } else if (action->request == REQUEST_SNOOZE) {
        int64_t until = 0;
        (void)duration_until(action->text, console_now(console), &until); /* it could be read */
        buffer_append_format(arguments, ",\"until\":%" PRId64, until);
    }
    if (action->pace > 0)
        buffer_append_format(arguments, ",\"pace\":%u", action->pace);
    if (action->stop_after > 0)
        buffer_append_format(arguments, ",\"stop_after\":%u", action->stop_after);
    buffer_append_char(arguments, '}');
}

static void action_send(struct console *console)
{
    struct action *action = &console->action;
    struct buffer arguments = {0};
    action_arguments(console, &arguments);
    struct lookup_request request = {
        .kind = LOOKUP_SEND, .arguments = arguments.data, .reason = action->reason};
    memcpy(request.command, action->kind, sizeof(request.command));
    action->ticket = buffer_ok(&arguments) ? console_ask(console, &request) : 0;
    action->command_id = 0;
    if (action->ticket == 0)
        console_say(console, ROLE_ERROR, "%s: too many commands wait; nothing was sent",
                    action->kind);
    buffer_free(&arguments);
    buffer_free(&action->target);
}

/* The command is watched for its outcome, and is what `u` undoes next. */
static void action_remember(struct action *action, int64_t command_id)
{
    const struct verb *verb = verb_of(action->request);
    action->command_id = command_id;
    if (verb == NULL) /* pause, cancel: the last action on orders can be undone as before */
        return;
    action->undo_id = verb->undoable ? command_id : 0;
    action->undo_count = action->count;
    snprintf(action->undo_label, sizeof(action->undo_label), "%.20s %.40s", action->kind,
             action->label);
}

bool action_last(const struct console *console, struct action_target *ret_target)
{
    const struct action *action = &console->action;
    if (action->undo_id == 0)
        return false;
    *ret_target =
        (struct action_target){.command_id = action->undo_id, .count = action->undo_count};
    snprintf(ret_target->label, sizeof(ret_target->label), "%s", action->undo_label);
    return true;
}

void action_sent(struct console *console, const struct lookup_reply *reply)
{
    struct action *action = &console->action;
    bool unmask = strcmp(reply->request.command, "unmask") == 0;
    if (!reply->ok) {
        console_say(console, ROLE_ERROR, "%s was not sent: %s", reply->request.command,
                    reply->error.message);
        return;
    }
    if (unmask) {
        console->unmask_until_us = console_now(console) + UNMASK_US;
        console_say(console, ROLE_WARNING, "personal data is shown for 60 s; this was recorded");
        return;
    }
    if (reply->ticket == action->ticket)
        action_remember(action, reply->command_id);
    console_say(console, ROLE_TEXT, "%s%s%s: queued as command %" PRId64 "%s", action->kind,
                action->label[0] != '\0' ? " " : "", action->label, reply->command_id,
                console_engine_runs(console) ? "" : "; no engine runs to carry it out yet");
}

void action_watch(struct console *console, const struct lookup_reply *list)
{
    struct action *action = &console->action;
    for (size_t i = 0; action->command_id != 0 && i < list->commands.count; i++) {
        const struct command_row *row = &list->commands.rows[i];
        if (row->id != action->command_id || row->result[0] == '\0')
            continue;
        bool done = strcmp(row->result, "done") == 0;
        bool ended = strcmp(row->result, "stopped") == 0 || strcmp(row->result, "cancelled") == 0;
        console_say(console,
                    done    ? ROLE_OK
                    : ended ? ROLE_WARNING
                            : ROLE_ERROR,
                    "%s%s%s: %s, %s", row->kind, action->label[0] != '\0' ? " " : "", action->label,
                    row->result, row->message);
        action->command_id = 0;
    }
}

/* ---- asking ---- */

/* What the source is asked for again is asked for at a pace, where there is much of it. */
static bool is_paced(const struct action *action)
{
    return action->request == REQUEST_RETRY && action->count > ASK_ABOVE;
}

static bool action_take_text(struct console *console, const char *text)
{
    struct action *action = &console->action;
    int64_t until;
    if (strspn(text, " ") == strlen(text)) {
        console_say(console, ROLE_WARNING, "%s: nothing typed, nothing done", action->kind);
        return false;
    }
    if (action->request == REQUEST_SNOOZE && !duration_until(text, console_now(console), &until)) {
        console_say(console, ROLE_ERROR,
                    "snooze: \"%.30s\" is not a time to come such as 30m, 2h, 1d or 07:30", text);
        return false;
    }
    snprintf(action->text, sizeof(action->text), "%s", text);
    if (action->request == REQUEST_SKIP)
        snprintf(action->reason, sizeof(action->reason), "%s", text);
    return true;
}

static void action_prompted(struct console *console, void *context, const char *text)
{
    (void)context;
    if (action_take_text(console, text))
        action_send(console);
}

/* Fields stand in the order in which action_ask() puts them. */
static void action_confirmed(struct console *console, void *context, const struct dialog *dialog)
{
    const struct verb *verb = context;
    struct action *action = &console->action;
    size_t field = 0;
    const char *typed = "";
    if (verb->prompt != NULL && verb->request != REQUEST_SKIP)
        typed = dialog->fields[field++].edit.text;
    const char *reason = dialog->fields[field++].edit.text;
    snprintf(action->reason, sizeof(action->reason), "%s", reason);
    if (is_paced(action)) {
        action->pace = dialog_number_of(dialog, field++);
        action->stop_after = dialog_number_of(dialog, field);
    }
    if (verb->request == REQUEST_SKIP)
        typed = reason;
    if (verb->prompt == NULL || action_take_text(console, typed))
        action_send(console);
}

static void action_ask(struct console *console, const struct verb *verb,
                       const struct action_target *target)
{
    char count[GAUGE_TEXT];
    char expected[GAUGE_TEXT];
    bool many = target->count > ASK_ABOVE;
    struct dialog dialog = {0};
    snprintf(dialog.title, sizeof(dialog.title), "%s %s", verb->title, target->label);
    snprintf(dialog.confirm, sizeof(dialog.confirm), "%s %s", verb->title,
             gauge_count(target->count, count));
    dialog_line(&dialog, "%s: %s order%s (%s) in %s.", verb->title, count,
                target->count == 1 ? "" : "s", target->label, console_environment(console));
    if (target->hidden > 0)
        dialog_line(&dialog, "The filter hides %s more: they are not touched.",
                    gauge_count(target->hidden, expected));
    dialog_line(&dialog, "%s", verb->effect);
    if (verb->request == REQUEST_RELEASE)
        dialog_line(&dialog, "This cannot be undone. What is still there is applied.");
    if (verb->prompt != NULL && verb->request != REQUEST_SKIP)
        dialog_field(&dialog,
                     verb->request == REQUEST_NOTE ? "note" : "for (30m, 2h) or until (07:30)", "");
    dialog_field(&dialog, "reason (kept in the audit)", "");
    if (is_paced(&console->action)) {
        dialog_number(&dialog, "pace: orders a second, 0 any", PACE_USUAL);
        dialog_number(&dialog, "stop after failures, 0 never", STOP_USUAL);
    }
    snprintf(expected, sizeof(expected), "%" PRIu64, target->count);
    if (many)
        dialog_field(&dialog, "type the count", expected);
    else
        dialog_field(&dialog, "type the environment", console_environment(console));
    console_confirm(console, &dialog, action_confirmed, (void *)(uintptr_t)verb);
}

/* The filter as text, with points of time: it means the same when the engine reads it. */
static void aim_filter(struct buffer *json, const struct failure_filter *filter, uint64_t count)
{
    struct buffer text = {0};
    search_print(filter, TIME_NONE, &text);
    buffer_append_text(json, "\"filter\":");
    text_append_json(json, buffer_str(&text));
    if (count > 0)
        buffer_append_format(json, ",\"count\":%" PRIu64, count);
    buffer_free(&text);
}

static void action_aim(struct action *action, const struct action_target *target)
{
    struct buffer *json = &action->target;
    buffer_free(json);
    json->max = ARGUMENTS_MAX;
    if (target->command_id != 0) {
        buffer_append_format(json, "\"command\":%" PRId64, target->command_id);
        return;
    }
    if (target->id_count == 0) {
        aim_filter(json, target->filter, target->count);
        return;
    }
    buffer_append_text(json, "\"ids\":[");
    for (size_t i = 0; i < target->id_count; i++)
        buffer_append_format(json, "%s%" PRId64, i == 0 ? "" : ",", target->ids[i]);
    buffer_append_char(json, ']');
}

void action_begin(struct console *console, enum request request, const struct action_target *target)
{
    struct action *action = &console->action;
    const struct verb *verb = verb_of(request);
    action->request = request;
    action->count = target->count;
    action->text[0] = action->reason[0] = '\0';
    action->pace = action->stop_after = 0;
    snprintf(action->kind, sizeof(action->kind), "%s", verb->kind);
    snprintf(action->label, sizeof(action->label), "%s", target->label);
    action_aim(action, target);
    if (verb->always || target->count > ASK_ABOVE || console_is_prod(console))
        action_ask(console, verb, target);
    else if (verb->prompt != NULL)
        console_prompt(console, verb->prompt, request == REQUEST_SNOOZE ? "1h" : "",
                       action_prompted, NULL);
    else
        action_send(console);
}

static void engine_confirmed(struct console *console, void *context, const struct dialog *dialog)
{
    (void)context;
    snprintf(console->action.reason, sizeof(console->action.reason), "%s",
             dialog->fields[0].edit.text);
    action_send(console);
}

void action_engine(struct console *console, const char *kind, const char *members,
                   const char *question)
{
    struct action *action = &console->action;
    action->request = REQUEST_NONE;
    action->pace = action->stop_after = 0;
    action->reason[0] = action->text[0] = action->label[0] = '\0';
    snprintf(action->kind, sizeof(action->kind), "%s", kind);
    buffer_free(&action->target);
    action->target.max = ARGUMENTS_MAX;
    buffer_append_text(&action->target, members);
    if (question == NULL) {
        action_send(console);
        return;
    }
    struct dialog dialog = {0};
    snprintf(dialog.title, sizeof(dialog.title), "%s", kind);
    snprintf(dialog.confirm, sizeof(dialog.confirm), "%s", kind);
    dialog_line(&dialog, "%s", question);
    dialog_field(&dialog, "reason (kept in the audit)", "");
    if (console_is_prod(console))
        dialog_field(&dialog, "type the environment", console_environment(console));
    console_confirm(console, &dialog, engine_confirmed, NULL);
}

void action_command(struct console *console, const char *kind, const char *label,
                    const char *members, const char *reason)
{
    struct action *action = &console->action;
    action->request = REQUEST_NONE;
    action->text[0] = '\0';
    snprintf(action->kind, sizeof(action->kind), "%s", kind);
    snprintf(action->label, sizeof(action->label), "%s", label);
    snprintf(action->reason, sizeof(action->reason), "%s", reason);
    buffer_free(&action->target);
    action->target.max = ARGUMENTS_MAX;
    buffer_append_text(&action->target, members);
    action_send(console);
}

void action_unmask(struct console *console)
{
    struct lookup_request request = {.kind = LOOKUP_SEND, .command = "unmask", .arguments = "{}"};
    (void)console_ask(console, &request);
}

/* ---- bulk actions under way ---- */

const struct command_row *action_running(const struct console *console, unsigned *ret_more)
{
    const struct lookup_reply *list = console_commands(console);
    const struct command_row *first = NULL;
    unsigned count = 0;
    for (size_t i = 0; list != NULL && i < list->commands.count; i++) {
        const struct command_row *row = &list->commands.rows[i];
        if (row->result[0] != '\0' || row->counts.total <= 1)
            continue;
        if (first == NULL || row->id < first->id)
            first = row;
        count++;
    }
    if (ret_more != NULL)
        *ret_more = count > 0 ? count - 1 : 0;
    return first;
}

void action_cancel(struct console *console)
{
    unsigned more = 0;
    const struct command_row *row = action_running(console, &more);
    struct action *action = &console->action;
    struct dialog dialog = {.title = "End the bulk action", .confirm = "End it"};
    if (row == NULL) {
        console_say(console, ROLE_TEXT, "no bulk action is under way");
        return;
    }
    action->request = REQUEST_NONE;
    action->pace = action->stop_after = 0;
    action->text[0] = action->reason[0] = '\0';
    snprintf(action->kind, sizeof(action->kind), "cancel");
    snprintf(action->label, sizeof(action->label), "%.20s %" PRId64, row->kind, row->id);
    buffer_clear(&action->target);
    action->target.max = ARGUMENTS_MAX;
    buffer_append_format(&action->target, "\"command\":%" PRId64, row->id);
    dialog_line(&dialog, "The %s of %.30s, command %" PRId64 ", ends here.", row->kind,
                row->operator_name, row->id);
    if (more > 0)
        dialog_line(&dialog, "%u other bulk action%s go%s on.", more, more == 1 ? "" : "s",
                    more == 1 ? "es" : "");
    dialog_line(&dialog, "What was done stays; what waits is as it was.");
    dialog_field(&dialog, "reason (kept in the audit)", "");
    if (console_is_prod(console))
        dialog_field(&dialog, "type the environment", console_environment(console));
    console_confirm(console, &dialog, engine_confirmed, NULL);
}
