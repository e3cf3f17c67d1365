/* The engine's own rules: what needs a person. One judgement for `status --check`, the console's
 * title and its Alerts screen. alerts_judge() is a function of its input alone; the facts come from
 * the journal (alert_book.c), where the engine also keeps since when a rule has not been well and
 * what operators said about it. */
#ifndef ORDERSYNC_JOURNAL_ALERTS_H
#define ORDERSYNC_JOURNAL_ALERTS_H

#include "base/settings.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "journal/verification.h"

enum alert_rule {
#define ALERT(id, name, lingers, summary, cause, remedy) id,
#include "journal/alerts.def"
#undef ALERT
    ALERT_RULE_COUNT
};

struct alert_info {
    const char *name;
    bool lingers;
    const char *summary, *cause, *remedy;
};
const struct alert_info *alert_info(enum alert_rule rule); /* static; any thread */
bool alert_rule_parse(const char *name, enum alert_rule *ret_rule);

#define ALERT_NO_SOURCE (-1)
#define ALERTS_MAX 32

enum alert_mark_kind { ALERT_ACKNOWLEDGED = 1, ALERT_SILENCED = 2 }; /* stored */
struct alert_mark {
    int64_t command;
    enum alert_rule rule;
    int source; /* or ALERT_NO_SOURCE */
    enum alert_mark_kind kind;
    int64_t until_us; /* INT64_MAX for acknowledged */
    char operator_name[64], reason[160];
};
struct alert_episode {
    enum alert_rule rule;
    int source;
    int64_t since_us;
};

/* What the journal has to tell. */
struct alert_facts {
    uint64_t states[FAILURE_STATE_COUNT];
    uint64_t fresh; /* failed first within the last hour, at most 10,000 */
    bool have_run;
    struct run_row last_run;
    bool have_verification;
    struct verification verification;
    int64_t disk_free; /* bytes beside the journal; -1 not known */
    struct alert_episode episodes[ALERTS_MAX];
    size_t episode_count;
    struct alert_mark marks[2 * ALERTS_MAX]; /* in force; the newest first */
    size_t mark_count;
};
MUST_CHECK bool journal_read_alert_facts(struct journal_reader *reader, int64_t now_us,
                                         struct alert_facts *ret_facts, struct error *err);

enum alert_state { ALERT_OK, ALERT_PENDING, ALERT_FIRING };
struct alert {
    enum alert_rule rule;
    int source;
    enum alert_state state;
    char words[160];                /* what is wrong; "" when ok */
    char value[24], threshold[24];  /* "" when there is nothing to compare */
    int64_t since_us;               /* TIME_NONE: not known */
    struct alert_mark acknowledged; /* command 0: it is not */
    struct alert_mark silenced;     /* command 0: it is not */
};
struct alerts {
    struct alert list[ALERTS_MAX]; /* firing first, then pending, then ok; each in rule order */
    size_t count;
    uint64_t firing; /* those that count: see alert_counts() */
};
/* Firing, and neither acknowledged nor silenced. */
bool alert_counts(const struct alert *alert);

struct alert_input {
    const struct settings *settings;
    const struct engine_status *engine;
    bool runs; /* an engine is at work now */
    const struct alert_facts *facts;
    int64_t now_us;
};
void alerts_judge(const struct alert_input *input, struct alerts *ret_alerts);
/* The engine has not said how it is for longer than it may. */
bool alert_engine_silent(const struct alert_input *input);
/* The last engine ended without a word. */
bool alert_engine_lost(const struct alert_input *input);

/* ---- the engine's own ---- */

MUST_CHECK bool journal_alert_facts(struct journal *journal, int64_t now_us,
                                    struct alert_facts *ret_facts, struct error *err);
/* Keeps since when each rule has not been well, and ends acknowledgements of those that are well
 * again; writes only when something changed since `facts`. */
MUST_CHECK bool journal_alerts_note(struct journal *journal, const struct alert_facts *facts,
                                    const struct alerts *alerts, int64_t now_us, struct error *err);
/* An engine begins: what the one before it measured is forgotten. */
MUST_CHECK bool journal_alerts_forget(struct journal *journal, struct error *err);
/* For "acknowledge" and "silence": {"rule":"lag","source":"firestore","until":us}.
 * ERROR_COMMAND_ARGUMENTS. */
MUST_CHECK bool journal_alert_mark(struct journal *journal, const struct command *command,
                                   struct error *err);
/* Takes back what this command said; *ret_found false when it said nothing about an alert, or no
 * longer counts. */
MUST_CHECK bool journal_alert_unmark(struct journal *journal, int64_t command_id, bool *ret_found,
                                     struct error *err);

#endif
