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
#define ARGUMENTS_MAX (1u << 18)

static const struct verb {
    enum request request;
    const char *kind;
    const char *title;  /* of the dialog and its button */
    const char *prompt; /* for the text it needs, or NULL */
    const char *effect; /* what it does, in the dialog */
    bool undoable;
} verbs[] = {
    {REQUEST_RETRY, "retry", "Retry", NULL, "Each is read from its source and tried again.", true},
    {REQUEST_SKIP, "skip", "Skip", "reason:", "They are left alone until undone or changed.", true},
    {REQUEST_SNOOZE, "snooze", "Snooze", "for:", "They are not tried until then.", true},
    {REQUEST_NOTE, "note", "Note", "note:", "The note stays with each failure.", false},
    {REQUEST_UNDO, "undo", "Undo", NULL, "They go back to the state before.", false},
};

static const struct verb *verb_of(enum request request)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (verbs[i].request == request)
            return &verbs[i];
    return NULL;
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
        int64_t length = 0;
        (void)duration_parse(action->text, &length); /* it was when it was taken */
        buffer_append_format(arguments, ",\"until\":%" PRId64, console_now(console) + length);
    }
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
    action->undo_id = verb != NULL && verb->undoable ? command_id : 0;
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
        console_say(console, done ? ROLE_OK : ROLE_ERROR, "%s%s%s: %s, %s", row->kind,
                    action->label[0] != '\0' ? " " : "", action->label, row->result, row->message);
        action->command_id = 0;
    }
}

/* ---- asking ---- */

static bool action_take_text(struct console *console, const char *text)
{
    struct action *action = &console->action;
    int64_t length;
    if (strspn(text, " ") == strlen(text)) {
        console_say(console, ROLE_WARNING, "%s: nothing typed, nothing done", action->kind);
        return false;
    }
    if (action->request == REQUEST_SNOOZE && !duration_parse(text, &length)) {
        console_say(console, ROLE_ERROR, "snooze: \"%.20s\" is not a time such as 30m, 2h or 1d",
                    text);
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

static void action_confirmed(struct console *console, void *context, const struct dialog *dialog)
{
    const struct verb *verb = context;
    size_t reason = 0;
    if (verb->prompt != NULL && verb->request != REQUEST_SKIP)
        reason = 1;
    snprintf(console->action.reason, sizeof(console->action.reason), "%s",
             dialog->fields[reason].edit.text);
    if (verb->prompt == NULL || action_take_text(console, dialog->fields[0].edit.text))
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
    dialog_line(&dialog, "%s: %s orders (%s) in %s.", verb->title, count, target->label,
                console_environment(console));
    if (target->hidden > 0)
        dialog_line(&dialog, "The filter hides %s more: they are not touched.",
                    gauge_count(target->hidden, expected));
    dialog_line(&dialog, "%s", verb->effect);
    if (verb->prompt != NULL && verb->request != REQUEST_SKIP)
        dialog_field(&dialog, verb->request == REQUEST_NOTE ? "note" : "for (30m, 2h, 1d)", "");
    dialog_field(&dialog, "reason (kept in the audit)", "");
    snprintf(expected, sizeof(expected), "%" PRIu64, target->count);
    if (many)
        dialog_field(&dialog, "type the count", expected);
    else
        dialog_field(&dialog, "type the environment", console_environment(console));
    console_confirm(console, &dialog, action_confirmed, (void *)(uintptr_t)verb);
}

static void aim_bits(struct buffer *json, const char *key, unsigned bits, size_t count,
                     const char *(*name)(size_t))
{
    if (bits == 0)
        return;
    buffer_append_format(json, "\"%s\":[", key);
    for (size_t i = 0, written = 0; i < count; i++)
        if ((bits >> i & 1) != 0)
            buffer_append_format(json, "%s\"%s\"", written++ > 0 ? "," : "", name(i));
    buffer_append_text(json, "],");
}

static const char *name_of_state(size_t index)
{
    return failure_state_name((enum failure_state)index);
}

static const char *name_of_source(size_t index)
{
    return source_kind_name((enum source_kind)index);
}

static void aim_text(struct buffer *json, const char *key, const char *text)
{
    if (text[0] == '\0')
        return;
    buffer_append_format(json, "\"%s\":", key);
    text_append_json(json, str_from(text));
    buffer_append_char(json, ',');
}

static void aim_filter(struct buffer *json, const struct failure_filter *filter)
{
    /* An empty filter would name nothing: all unresolved states are said one by one. */
    unsigned unresolved =
        ((1u << FAILURE_STATE_COUNT) - 1) & ~(1u << FAILURE_NONE | 1u << FAILURE_RESOLVED);
    buffer_append_text(json, "\"filter\":{");
    aim_text(json, "fingerprint", filter->fingerprint);
    aim_text(json, "code", filter->code);
    aim_text(json, "text", filter->text);
    if (filter->since_us != TIME_NONE)
        buffer_append_format(json, "\"since\":%" PRId64 ",", filter->since_us);
    if (filter->until_us != TIME_NONE)
        buffer_append_format(json, "\"until\":%" PRId64 ",", filter->until_us);
    aim_bits(json, "sources", filter->sources, SOURCE_COUNT, name_of_source);
    aim_bits(json, "states", filter->states != 0 ? filter->states : unresolved, FAILURE_STATE_COUNT,
             name_of_state);
    json->len--; /* the last comma: states are always there */
    buffer_append_char(json, '}');
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
        aim_filter(json, target->filter);
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
    bool prod = strcmp(console_environment(console), "prod") == 0;
    action->request = request;
    action->count = target->count;
    action->text[0] = action->reason[0] = '\0';
    snprintf(action->kind, sizeof(action->kind), "%s", verb->kind);
    snprintf(action->label, sizeof(action->label), "%s", target->label);
    action_aim(action, target);
    if (target->count > ASK_ABOVE || prod)
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
