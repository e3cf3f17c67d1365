/* What the engine's state is called in the title: LIVE, ATTACHED, PAUSED, STALE 14s, STOPPED. */
#ifndef ORDERSYNC_UI_ENGINE_WORD_H
#define ORDERSYNC_UI_ENGINE_WORD_H

#include "engine/boundary.h"
#include "ui/theme.h"

/* `status` NULL: nothing is known yet. */
void engine_word_choose(const struct lookup_status *status, int64_t now_us, char ret_word[32],
                        enum role *ret_role);

#endif
