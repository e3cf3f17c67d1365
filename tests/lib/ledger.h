/* A journal in a directory of its own for a test, and short ways to settle and to look. */
#ifndef ORDERSYNC_TESTS_LEDGER_H
#define ORDERSYNC_TESTS_LEDGER_H

#include "journal/journal.h"
#include "journal/reader.h"

struct ledger {
    char dir[64]; /* below $TMPDIR or /tmp; the state directory is dir/state */
    char state_dir[80];
    struct journal *journal;
    struct journal_reader *reader;
    struct arena arena;
    struct error err;
    char run_id[40];
};

/* cmocka's setup and teardown: an open journal, a reader and a run. */
int ledger_setup(void **state);
int ledger_teardown(void **state);
/* A directory alone, without a journal. */
void ledger_make_directory(struct ledger *ledger);
void ledger_remove_directory(struct ledger *ledger);
void ledger_close(struct ledger *ledger); /* journal and reader; the directory stays */
/* As after a crash or a restart. */
void ledger_reopen(struct ledger *ledger);

/* A failure of firestore/`id` with message `message`; may be changed before it is settled. */
struct settled_change ledger_failed(const char *id, int64_t version, struct error *error,
                                    const char *message);
struct settled_change ledger_landed(const char *id, int64_t version);
bool ledger_settle(struct ledger *ledger, const struct settled_change *changes, size_t count);
/* Settles one failure, and asserts that it worked. */
void ledger_fail(struct ledger *ledger, const char *id, int64_t version, bool permanent);
void ledger_land(struct ledger *ledger, const char *id, int64_t version);

struct failure_row ledger_row(struct ledger *ledger, const char *id); /* id 0 when there is none */
enum failure_state ledger_state(struct ledger *ledger, const char *id);
int64_t ledger_id(struct ledger *ledger, const char *id);
/* Sends, takes and applies a command as an engine would. */
bool ledger_command(struct ledger *ledger, const char *kind, const char *arguments,
                    uint64_t *ret_changed, uint64_t *ret_refused);
struct failure_filter ledger_filter(void); /* everything unresolved */

#define LEDGER_OK(ledger, call)                                                                    \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s %s", #call, error_info((ledger)->err.id)->code,                       \
                     (ledger)->err.message);                                                       \
    } while (0)

#endif
