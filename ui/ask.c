/* See ask.h. */
#include "ui/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui/action.h"
#include "ui/console_private.h"
#include "ui/duration.h"

static bool is_blank(const char *text)
{
    return strspn(text, " ") == strlen(text);
}

static void ask_send(struct console *console, const char *reason)
{
    const struct ask *ask = &console->ask;
    char members[sizeof(ask->members) + 40];
    int64_t length = 0;
    snprintf(members, sizeof(members), "%s", ask->members);
    if (ask->until && duration_parse(ask->length, &length))
        snprintf(members, sizeof(members), "%s,\"until\":%" PRId64, ask->members,
                 console_now(console) + length);
    action_command(console, ask->kind, ask->label, members, reason);
}

/* False: said why, and nothing is sent. */
static bool ask_take_length(struct console *console, const char *text)
{
    int64_t length;
    if (!duration_parse(text, &length)) {
        console_say(console, ROLE_ERROR, "%s: \"%.20s\" is not a time such as 30m, 2h or 1d",
                    console->ask.kind, text);
        return false;
    }
    STR_FILL(console->ask.length, text);
    return true;
}

static void reason_typed(struct console *console, void *context, const char *text)
{
    (void)context;
    if (is_blank(text))
        console_say(console, ROLE_WARNING, "%s: no reason, nothing done", console->ask.kind);
    else
        ask_send(console, text);
}

static void length_typed(struct console *console, void *context, const char *text)
{
    (void)context;
    if (ask_take_length(console, text))
        console_prompt(console, "reason:", "", reason_typed, NULL);
}

static void confirmed(struct console *console, void *context, const struct dialog *dialog)
{
    size_t reason = console->ask.until ? 1 : 0;
    (void)context;
    if (!console->ask.until || ask_take_length(console, dialog->fields[0].edit.text))
        ask_send(console, dialog->fields[reason].edit.text);
}

static void ask_dialog(struct console *console, bool prod)
{
    const struct ask *ask = &console->ask;
    struct dialog dialog = {0};
    snprintf(dialog.title, sizeof(dialog.title), "%s", ask->title);
    snprintf(dialog.confirm, sizeof(dialog.confirm), "%.20s", ask->title);
    dialog_line(&dialog, "%s: %s in %s.", ask->title, ask->label, console_environment(console));
    for (size_t i = 0; i < sizeof(ask->facts) / sizeof(ask->facts[0]); i++)
        if (ask->facts[i][0] != '\0')
            dialog_line(&dialog, "%s", ask->facts[i]);
    dialog_line(&dialog, "%s", ask->effect);
    if (ask->until)
        dialog_field(&dialog, "for (30m, 2h, 1d)", "");
    dialog_field(&dialog, "reason (kept in the audit)", "");
    if (prod)
        dialog_field(&dialog, "type the environment", console_environment(console));
    console_confirm(console, &dialog, confirmed, NULL);
}

void ask_begin(struct console *console, const struct ask *ask)
{
    bool prod = console_is_prod(console);
    console->ask = *ask;
    if (prod || ask->dialog)
        ask_dialog(console, prod);
    else if (ask->until)
        console_prompt(console, "for:", "1h", length_typed, NULL);
    else
        console_prompt(console, "reason:", "", reason_typed, NULL);
}
