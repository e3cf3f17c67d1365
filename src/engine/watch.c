/* The engine's rules about itself: since when one has not been well is kept in the journal, and
 * operators' words about alerts are carried out. */
#include "engine/watch.h"

#include <stdio.h>

#include "base/clock.h"
#include "engine/state.h"
#include "journal/alerts.h"
#include "model/json.h"

#define WATCH_US 5000000

static bool watch_note(struct engine *engine, struct error *err)
{
    struct alert_facts *facts = memory_zero(1, sizeof(*facts));
    struct alerts *alerts = memory_zero(1, sizeof(*alerts));
    struct engine_status status;
    int64_t now_us = clock_wall_us();
    engine_read_status(engine, &status);
    bool done = journal_alert_facts(engine->journal, now_us, facts, err);
    if (done) {
        alerts_judge(&(struct alert_input){engine->settings, &status, true, facts, now_us}, alerts);
        done = journal_alerts_note(engine->journal, facts, alerts, now_us, err);
    }
    free(alerts);
    free(facts);
    return done;
}

void watch_step(struct engine *engine)
{
    struct error err = {0};
    int64_t now = clock_monotonic_us();
    bool first = engine->next_watch_us == 0;
    if (engine->options.dry_run || now < engine->next_watch_us)
        return;
    engine->next_watch_us = now + WATCH_US;
    if ((first && !journal_alerts_forget(engine->journal, &err)) || !watch_note(engine, &err))
        engine_fail(engine, &err);
}

bool command_alert(struct engine *engine, struct command *command, char *ret_message, size_t size,
                   const char **ret_result)
{
    struct error err = {0};
    if (journal_alert_mark(engine->journal, command, &err)) {
        snprintf(ret_message, size, "recorded");
        return true;
    }
    if (error_class(&err) == CLASS_STORAGE)
        engine_fail(engine, &err);
    snprintf(ret_message, size, "%s", err.message);
    *ret_result = "refused";
    return true;
}

bool watch_undo(struct engine *engine, int64_t command_id, bool *ret_found)
{
    struct error err = {0};
    if (journal_alert_unmark(engine->journal, command_id, ret_found, &err))
        return true;
    engine_fail(engine, &err);
    return false;
}
