/* The engine's state as a word. */
#include "ui/engine_word.h"

#include <stdio.h>

#include "ui/gauge.h"

#define STALE_AFTER_US INT64_C(2000000)

static const struct {
    const char *word;
    enum role role;
} engine_words[] = {
    [ENGINE_STOPPED] = {"STOPPED", ROLE_WARNING},   [ENGINE_STARTING] = {"STARTING", ROLE_OK},
    [ENGINE_RUNNING] = {"LIVE", ROLE_OK},           [ENGINE_IDLE] = {"LIVE", ROLE_OK},
    [ENGINE_PAUSED] = {"PAUSED", ROLE_WARNING},     [ENGINE_WAITING] = {"WAITING", ROLE_ERROR},
    [ENGINE_DRAINING] = {"DRAINING", ROLE_WARNING},
};

void engine_word_choose(const struct lookup_status *status, int64_t now_us, char ret_word[32],
                        enum role *ret_role)
{
    char age[GAUGE_TEXT];
    if (status == NULL || !status->have_engine) {
        snprintf(ret_word, 32, "STOPPED");
        *ret_role = ROLE_WARNING;
        return;
    }
    const struct engine_status *engine = &status->engine;
    int64_t silent = now_us - engine->beat_us;
    bool working = engine->state == ENGINE_RUNNING || engine->state == ENGINE_IDLE;
    *ret_role = engine_words[engine->state].role;
    if (engine->state != ENGINE_STOPPED && silent > STALE_AFTER_US) {
        snprintf(ret_word, 32, "STALE %s", gauge_age(silent, age));
        *ret_role = ROLE_ERROR;
    } else if (working && !status->local) {
        snprintf(ret_word, 32, "ATTACHED");
    } else {
        snprintf(ret_word, 32, "%s", engine_words[engine->state].word);
    }
}
