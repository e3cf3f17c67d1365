/* What one shift hands over to the next: see audit.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "journal/audit.h"
#include "journal/inside.h"

/* ---- reading ---- */

static void group_read(sqlite3_stmt *s, void *item)
{
    struct handover_group *group = item;
    sqlite_copy_text(s, 0, group->fingerprint, sizeof(group->fingerprint));
    group->source = (enum source_kind)sqlite3_column_int(s, 1);
    sqlite_copy_text(s, 2, group->code, sizeof(group->code));
    group->count = (uint64_t)sqlite3_column_int64(s, 3);
    group->dead = (uint64_t)sqlite3_column_int64(s, 4);
    group->first_us = sqlite3_column_int64(s, 5);
    sqlite_copy_text(s, 6, group->message, sizeof(group->message));
}

static void resolved_read(sqlite3_stmt *s, void *item)
{
    struct handover_resolved *resolved = item;
    sqlite_copy_text(s, 0, resolved->operator_name, sizeof(resolved->operator_name));
    resolved->count = (uint64_t)sqlite3_column_int64(s, 1);
}

static bool read_list(struct journal_reader *reader, enum statement_id id,
                      const struct sql_value *values, size_t value_count, row_fn *read, size_t size,
                      struct arena *arena, void **ret_rows, size_t *ret_count, struct error *err)
{
    sqlite3_stmt *statement;
    return sqlite_bind(&reader->db, id, values, value_count, &statement, err) &&
           rows_read(&reader->db, statement, read, size, HANDOVER_ROWS, arena, ret_rows, ret_count,
                     err);
}

static bool read_failures(struct journal_reader *reader, struct arena *arena,
                          struct handover *handover, struct error *err)
{
    void *groups = NULL;
    void *resolved = NULL;
    const struct sql_value values[] = {SQL_INT(handover->since_us), SQL_INT(FAILURE_RESOLVED),
                                       SQL_INT(FAILURE_DEAD), SQL_INT(HANDOVER_ROWS)};
    if (!read_list(reader, SQL_HANDOVER_GROUPS, values, 4, group_read,
                   sizeof(struct handover_group), arena, &groups, &handover->group_count, err) ||
        !read_list(reader, SQL_HANDOVER_RESOLVED, values, 2, resolved_read,
                   sizeof(struct handover_resolved), arena, &resolved, &handover->resolved_count,
                   err))
        return false;
    handover->groups = groups;
    handover->resolved = resolved;
    return true;
}

/* Those that were begun, ended or are still going on within the time. */
static bool read_runs(struct journal_reader *reader, struct arena *arena, struct handover *handover,
                      struct error *err)
{
    if (!journal_list_runs(reader, HANDOVER_ROWS, arena, &handover->runs, &handover->run_count,
                           err))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < handover->run_count; i++) {
        const struct run_row *run = &handover->runs[i];
        bool open = run->result[0] == '\0';
        if (open || run->started_us >= handover->since_us || run->finished_us >= handover->since_us)
            handover->runs[kept++] = *run;
    }
    handover->run_count = kept;
    return true;
}

bool journal_read_handover(struct journal_reader *reader, int64_t since_us, int64_t now_us,
                           struct arena *arena, struct handover *ret_handover, struct error *err)
{
    struct audit_filter filter = {.since_us = since_us};
    struct alert_facts *facts = arena_zero(arena, sizeof(*facts));
    *ret_handover = (struct handover){.since_us = since_us, .until_us = now_us};
    if (!journal_read_alert_facts(reader, now_us, facts, err) ||
        !read_failures(reader, arena, ret_handover, err) ||
        !journal_list_audit(reader, &filter, 0, HANDOVER_ROWS, arena, &ret_handover->actions,
                            &ret_handover->action_count, &ret_handover->action_total, err) ||
        !read_runs(reader, arena, ret_handover, err))
        return false;
    memcpy(ret_handover->states, facts->states, sizeof(ret_handover->states));
    return true;
}

/* ---- as text ---- */

static void write_clean(struct buffer *text, const char *outside)
{
    struct arena arena = {.block_size = 4096};
    bool changed;
    struct str repaired = text_repair(str_from(outside), &arena, &changed);
    for (size_t i = 0; i < repaired.len; i++)
        buffer_append_char(text, (unsigned char)repaired.data[i] < 0x20 || repaired.data[i] == 0x7f
                                     ? '?'
                                     : repaired.data[i]);
    arena_free(&arena);
}

static void write_time(struct buffer *text, int64_t moment_us)
{
    struct arena arena = {.block_size = 4096};
    int64_t seconds = moment_us / 1000000 * 1000000;
    buffer_append_str(text, clock_format_utc(&arena, moment_us == TIME_NONE ? TIME_NONE : seconds));
    arena_free(&arena);
}

static void write_alerts(const struct alerts *alerts, struct buffer *text)
{
    buffer_append_format(text, "\nAlerts now: %" PRIu64 "\n", alerts->firing);
    for (size_t i = 0; i < alerts->count; i++) {
        const struct alert *alert = &alerts->list[i];
        const struct alert_mark *mark =
            alert->silenced.command != 0 ? &alert->silenced : &alert->acknowledged;
        if (alert->state != ALERT_FIRING)
            continue;
        buffer_append_format(text, "  %s: ", alert_info(alert->rule)->name);
        write_clean(text, alert->words);
        if (mark->command != 0) {
            buffer_append_text(text, mark->kind == ALERT_SILENCED ? "; silenced by "
                                                                  : "; acknowledged by ");
            write_clean(text, mark->operator_name);
            buffer_append_text(text, mark->reason[0] != '\0' ? ": " : "");
            write_clean(text, mark->reason);
        }
        buffer_append_char(text, '\n');
    }
}

static void write_failures(const struct handover *handover, struct buffer *text)
{
    buffer_append_text(text, "\nOpen now:");
    for (int state = FAILURE_RETRYABLE; state < FAILURE_STATE_COUNT; state++)
        if (state != FAILURE_RESOLVED)
            buffer_append_format(text, " %s %" PRIu64,
                                 failure_state_name((enum failure_state)state),
                                 handover->states[state]);
    buffer_append_format(text, "\n\nFailed since then and not resolved: %s\n",
                         handover->group_count == 0 ? "none" : "");
    for (size_t i = 0; i < handover->group_count; i++) {
        const struct handover_group *group = &handover->groups[i];
        buffer_append_format(text, "  %s %s %s %" PRIu64 " orders, %" PRIu64 " dead, since ",
                             group->fingerprint, source_kind_name(group->source), group->code,
                             group->count, group->dead);
        write_time(text, group->first_us);
        buffer_append_text(text, "\n    ");
        write_clean(text, group->message);
        buffer_append_char(text, '\n');
    }
    buffer_append_format(text, "\nResolved since then: %s\n",
                         handover->resolved_count == 0 ? "none" : "");
    for (size_t i = 0; i < handover->resolved_count; i++) {
        const struct handover_resolved *resolved = &handover->resolved[i];
        buffer_append_format(text, "  %" PRIu64 " by ", resolved->count);
        write_clean(text, resolved->operator_name[0] != '\0' ? resolved->operator_name
                                                             : "the engine itself");
        buffer_append_char(text, '\n');
    }
}

static void write_action(const struct command_row *row, struct buffer *text)
{
    buffer_append_text(text, "  ");
    write_time(text, row->created_us);
    buffer_append_char(text, ' ');
    write_clean(text, row->operator_name);
    buffer_append_text(text, " (");
    write_clean(text, row->origin);
    buffer_append_format(text, ") %s: %s", row->kind,
                         row->result[0] != '\0' ? row->result : "queued");
    buffer_append_text(text, row->message[0] != '\0' ? ", " : "");
    write_clean(text, row->message);
    buffer_append_text(text, row->reason[0] != '\0' ? " -- " : "");
    write_clean(text, row->reason);
    buffer_append_char(text, '\n');
}

static void write_runs(const struct handover *handover, struct buffer *text)
{
    buffer_append_format(text, "\nRuns: %s\n", handover->run_count == 0 ? "none" : "");
    for (size_t i = 0; i < handover->run_count; i++) {
        const struct run_row *run = &handover->runs[i];
        buffer_append_text(text, "  ");
        write_time(text, run->started_us);
        buffer_append_format(text,
                             " %s %s: %" PRIu64 " seen, %" PRIu64 " created, %" PRIu64
                             " updated, %" PRIu64 " failed",
                             run->kind, run->result[0] != '\0' ? run->result : "unfinished",
                             run->counts.seen, run->counts.created, run->counts.updated,
                             run->counts.failed);
        buffer_append_text(text, run->message[0] != '\0' ? "; " : "");
        write_clean(text, run->message);
        buffer_append_char(text, '\n');
    }
}

void handover_write(const struct handover *handover, struct buffer *ret_text)
{
    buffer_append_text(ret_text, "Handover ");
    write_time(ret_text, handover->since_us);
    buffer_append_text(ret_text, " to ");
    write_time(ret_text, handover->until_us);
    buffer_append_char(ret_text, '\n');
    write_alerts(&handover->alerts, ret_text);
    write_failures(handover, ret_text);
    buffer_append_format(ret_text, "\nActions: %" PRIu64 "\n", handover->action_total);
    for (size_t i = 0; i < handover->action_count; i++)
        write_action(&handover->actions[i], ret_text);
    if (handover->action_count < handover->action_total)
        buffer_append_format(ret_text, "  and %" PRIu64 " before them\n",
                             handover->action_total - handover->action_count);
    write_runs(handover, ret_text);
}
