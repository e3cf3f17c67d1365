/* Verification inside an engine: once a day or when an operator asks, on a thread of its own with
 * its own connections, while the engine works on. What differs is pulled by commands, like an
 * operator's. Engine thread. */
#ifndef ORDERSYNC_ENGINE_VERIFIER_H
#define ORDERSYNC_ENGINE_VERIFIER_H

#include "base/error.h"
#include "base/settings.h"
#include "journal/journal.h"

struct engine;
struct verifier;

/* The setting verify_schedule: "03:30", local time; *ret_minute -1 for "off".
 * ERROR_SETTING_INVALID. */
MUST_CHECK bool verifier_parse(const char *text, int *ret_minute, struct error *err);
/* The next moment after `now_us` at which it is that minute of the day here. */
int64_t verifier_next(int64_t now_us, int minute);

/* After one that failed: some minutes, or as long as the error says. With the day's reads used up
 * that is the next day, for each try costs reads. */
int64_t verifier_wait_us(const struct error *err);

/* With the schedule off it waits for orders alone. `settings` is borrowed. */
MUST_CHECK bool verifier_new(const struct settings *settings, struct verifier **ret_verifier,
                             struct error *err);
/* As soon as the engine follows completely, not repairing; takes the command over and finishes it
 * with what was found. ERROR_COMMAND_ARGUMENTS where this engine cannot, or verifies already. */
MUST_CHECK bool verifier_order(struct engine *engine, struct command *take_command, bool deep,
                               struct error *err);
/* Starts one when it is time and the engine follows completely; takes the result of one that has
 * ended. */
void verifier_step(struct engine *engine);
void verifier_cancel(struct verifier *verifier); /* NULL is fine */
void verifier_free(struct verifier *verifier);   /* cancels, waits for the thread; NULL is fine */

#endif
