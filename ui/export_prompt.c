/* The prompt for an export's file. */
#include "ui/export_prompt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ui/gauge.h"

/* What is counted. */
static const struct {
    const char *noun, *note;
} nouns[LOOKUP_KIND_COUNT] = {
    [LOOKUP_EXPORT] = {"failure", ""},
    [LOOKUP_PLAN_EXPORT] = {"row", ", personal data masked,"},
};

static void name_typed(struct console *console, void *context, const char *text)
{
    struct export_prompt *prompt = context;
    if (text[strspn(text, " ")] == '\0')
        return;
    snprintf(prompt->request.source_id, sizeof(prompt->request.source_id), "%s", text);
    prompt->ticket = console_ask(console, &prompt->request);
    console_say(console, ROLE_TEXT, "writing %.200s", text);
}

void export_prompt_open(struct export_prompt *prompt, struct console *console,
                        const struct lookup_request *request, const char *stem)
{
    char name[128];
    char at[32];
    time_t seconds = (time_t)(console_now(console) / 1000000);
    struct tm parts;
    if (prompt->ticket != 0) { /* a newer question would take the place of one that waits */
        console_say(console, ROLE_WARNING, "%.200s is still being written",
                    prompt->request.source_id);
        return;
    }
    prompt->request = *request;
    gmtime_r(&seconds, &parts);
    strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", &parts);
    snprintf(name, sizeof(name), "%.60s-%s.csv", stem, at);
    console_prompt(console, "export to (.csv, .json):", name, name_typed, prompt);
}

bool export_prompt_take(struct export_prompt *prompt, struct console *console,
                        struct lookup_reply *reply)
{
    char count[GAUGE_TEXT];
    if (prompt->ticket == 0 || reply->kind != prompt->request.kind ||
        reply->ticket != prompt->ticket)
        return false;
    prompt->ticket = 0;
    if (reply->ok)
        console_say(console, ROLE_OK, "%s %s%s%s written to %.200s",
                    gauge_count(reply->exported, count), nouns[reply->kind].noun,
                    reply->exported == 1 ? "" : "s", nouns[reply->kind].note,
                    reply->request.source_id);
    else
        console_say(console, ROLE_ERROR, "%s", reply->error.message);
    lookup_reply_free(reply);
    return true;
}
