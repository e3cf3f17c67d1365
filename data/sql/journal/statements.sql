-- The journal's statements, each under its name. Compiled in; parameters are bound by number.

-- name: begin
BEGIN IMMEDIATE
-- name: commit
COMMIT
-- name: revise
UPDATE revision SET value = value + 1

-- name: meta_get
SELECT value FROM meta WHERE name = ?1
-- name: meta_set
INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value

-- name: fence_get
SELECT seq FROM fences WHERE writer = ?1
-- name: fence_raise
INSERT INTO fences VALUES (?1, ?2) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)
-- name: fences_forget
DELETE FROM fences
-- name: ranges_forget
DELETE FROM ranges

-- name: listen_load
SELECT token, read_time, complete, run_id FROM listen WHERE source = ?1 AND identity = ?2
-- name: listen_save
REPLACE INTO listen VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
-- name: listen_forget
DELETE FROM listen

-- name: minute_add
INSERT INTO statistics_minute (minute, source, seen, created, updated, deleted, unchanged, failed,
    held, absences, lag_p50_us, lag_p99_us, lag_max_us, queue_items, rss_bytes, staleness_us,
    error_rate, processing_p50_us, processing_p99_us, skew_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
ON CONFLICT DO UPDATE SET seen = seen + excluded.seen, created = created + excluded.created,
    updated = updated + excluded.updated, deleted = deleted + excluded.deleted,
    unchanged = unchanged + excluded.unchanged, failed = failed + excluded.failed,
    held = held + excluded.held, absences = absences + excluded.absences,
    lag_p50_us = max(lag_p50_us, excluded.lag_p50_us),
    lag_p99_us = max(lag_p99_us, excluded.lag_p99_us),
    lag_max_us = max(lag_max_us, excluded.lag_max_us), queue_items = excluded.queue_items,
    rss_bytes = excluded.rss_bytes, staleness_us = coalesce(excluded.staleness_us, staleness_us),
    error_rate = coalesce(excluded.error_rate, error_rate),
    processing_p50_us = coalesce(excluded.processing_p50_us, processing_p50_us),
    processing_p99_us = coalesce(excluded.processing_p99_us, processing_p99_us),
    skew_us = coalesce(excluded.skew_us, skew_us)
-- name: minutes_forget
DELETE FROM statistics_minute WHERE minute < ?1
-- name: minutes_read
SELECT minute, seen, created, updated, deleted, unchanged, failed, held, absences, lag_p50_us,
    lag_p99_us, lag_max_us, queue_items, rss_bytes, staleness_us, error_rate, processing_p50_us,
    processing_p99_us, skew_us
FROM statistics_minute WHERE minute >= ?2 AND source = ?1 ORDER BY minute LIMIT ?3
-- name: absences_since
SELECT coalesce(sum(absences), 0) FROM statistics_minute WHERE minute >= ?2 AND source = ?1
-- name: seen_since
SELECT coalesce(sum(seen), 0) FROM statistics_minute WHERE minute >= ?2 AND source = ?1
-- name: errors_since
-- Failures that are not the document's own fault.
SELECT count(*) FROM failures WHERE last_us >= ?2 AND source = ?1 AND state <> ?3
    AND class NOT IN ('invalid_data', 'conflict', 'not_found')

-- name: plan_start
INSERT INTO plans (id, kind, sources, state, operator, origin, started_us) VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6)
-- name: plans_break
-- A dry run that ended before its plan was ready.
UPDATE plans SET state = ?1, message = ?2, finished_us = ?3 WHERE state = ?4
-- name: plan_identify
UPDATE plans SET target = ?2 WHERE number = ?1
-- name: plan_identify_source
REPLACE INTO plan_sources VALUES (?1, ?2, ?3)
-- name: plan_number
SELECT number FROM plans WHERE id = ?1 AND dropped = 0
-- name: plan_add
INSERT INTO plan_rows (plan, source, source_id, label, action, currency, amount, millionths, code, message,
    field_count, version, digest, known, target_version, target_digest, order_version, reference)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
ON CONFLICT (plan, source, source_id) DO UPDATE SET label = excluded.label, action = excluded.action, state = 0,
    currency = excluded.currency, amount = excluded.amount, millionths = excluded.millionths,
    code = excluded.code, message = excluded.message, field_count = excluded.field_count,
    version = excluded.version, digest = excluded.digest, known = excluded.known,
    target_version = excluded.target_version, target_digest = excluded.target_digest,
    order_version = excluded.order_version, reference = excluded.reference
RETURNING id
-- name: plan_add_fields
REPLACE INTO plan_fields VALUES (?1, ?2)
-- name: plan_drop_fields
DELETE FROM plan_fields WHERE row_id = ?1
-- name: plan_add_unchanged
UPDATE plans SET unchanged = unchanged + ?2 WHERE number = ?1
-- name: plan_set
UPDATE plans SET state = ?2, message = ?3, finished_us = CASE WHEN ?2 = 0 THEN NULL ELSE coalesce(finished_us, ?4) END
WHERE number = ?1
-- name: plan_take
SELECT id, source, source_id, action, version, digest, known, target_version, target_digest, order_version
FROM plan_rows
WHERE plan = ?1 AND state = 0 AND source = ?2 AND id > ?3
    AND (((?4 >> action) & 1) OR id IN (SELECT value FROM json_each(?5)))
ORDER BY id LIMIT ?6
-- name: plan_referred
-- That the reference is not empty is said for the index, which has no others.
SELECT source_id FROM plan_rows WHERE plan = ?1 AND source = ?2 AND reference = ?3 AND reference <> '' LIMIT ?4
-- name: plan_leave
UPDATE plan_rows SET state = ?4 WHERE id IN (SELECT id FROM plan_rows
    WHERE plan = ?1 AND state = 0 AND ((?2 >> source) & 1) AND action = ?5
    AND (((?3 >> action) & 1) OR id IN (SELECT value FROM json_each(?6))) LIMIT ?7)
-- name: plan_settle
UPDATE plan_rows SET state = ?3, message = CASE WHEN ?4 = '' THEN message ELSE ?4 END WHERE id = ?2 AND plan = ?1
-- name: plan_drop
UPDATE plans SET dropped = 1 WHERE number = ?1
-- name: plans_expire
-- One document's (journal/inspection.h) is of no use the day after.
UPDATE plans SET dropped = 1 WHERE dropped = 0 AND state <> ?2
    AND (started_us < ?1 OR (kind = 'inspect' AND started_us < ?3))
-- name: plan_dropped
SELECT number FROM plans WHERE dropped = 1 LIMIT 1
-- name: plan_rows_fields_forget
DELETE FROM plan_fields WHERE row_id IN (SELECT id FROM plan_rows WHERE plan = ?1 ORDER BY source, source_id LIMIT ?2)
-- name: plan_rows_forget
DELETE FROM plan_rows WHERE id IN (SELECT id FROM plan_rows WHERE plan = ?1 ORDER BY source, source_id LIMIT ?2)
-- name: plan_counts_forget
DELETE FROM plan_counts WHERE plan = ?1
-- name: plan_sources_forget
DELETE FROM plan_sources WHERE plan = ?1
-- name: plan_forget
DELETE FROM plans WHERE number = ?1

-- name: plans_list
SELECT number, id, kind, sources, state, operator, origin, started_us, finished_us, unchanged, message, target
FROM plans WHERE dropped = 0 AND kind <> 'inspect' ORDER BY number DESC LIMIT ?1
-- name: plan_find
-- The whole id, its beginning, or "last"; two rows: not unique.
SELECT number, id, kind, sources, state, operator, origin, started_us, finished_us, unchanged, message, target
FROM plans
WHERE dropped = 0 AND ((?1 = 'last' AND kind <> 'inspect') OR substr(id, 1, length(?1)) = ?1)
ORDER BY number DESC LIMIT 2
-- name: plan_sources_read
SELECT source, identity FROM plan_sources WHERE plan = ?1
-- name: plan_counts_read
SELECT source, action, state, currency, count, millionths FROM plan_counts WHERE plan = ?1 AND count > 0
ORDER BY currency
-- name: plan_weigh
-- A row that is picked by itself, of a kind that is not picked whole.
SELECT action, currency, millionths FROM plan_rows
WHERE id = ?5 AND plan = ?1 AND state = ?4 AND ((?2 >> source) & 1) AND NOT ((?3 >> action) & 1)
-- name: plan_row_find
SELECT id FROM plan_rows WHERE plan = ?1 AND source = ?2 AND source_id = ?3
-- name: plan_row_key
SELECT source, source_id FROM plan_rows WHERE id = ?1
-- name: plan_row_label
SELECT id FROM plan_rows WHERE plan = ?1 AND label = ?2 ORDER BY id LIMIT 2
-- name: inspect_command
-- The newest about a document; bounded, because most documents have none.
SELECT id FROM (SELECT id, kind, arguments FROM commands ORDER BY id DESC LIMIT 1000)
WHERE kind = 'inspect' AND arguments = ?1 ORDER BY id DESC LIMIT 1
-- name: inspect_row
SELECT r.id, r.source, r.source_id, r.label, r.action, r.state, r.currency, r.amount, r.code, r.message, r.field_count,
    p.id, p.kind, p.started_us
FROM plans p CROSS JOIN plan_rows r
WHERE p.dropped = 0 AND p.state NOT IN (?3, ?4) AND r.plan = p.number AND r.source = ?1 AND r.source_id = ?2
ORDER BY p.number DESC LIMIT 1
-- name: plan_fields_read
SELECT fields FROM plan_fields WHERE row_id = ?1

-- name: verification_add
INSERT INTO verifications (source, started_us, finished_us, deep, scheduled, operator, result, message,
    documents, missing, stale, extra, different, failed, skipped, held, newer, repaired)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
-- name: verifications_forget
DELETE FROM verifications WHERE source = ?1 AND id <= (SELECT max(id) FROM verifications) - 1000
-- name: verification_last
SELECT source, started_us, finished_us, deep, scheduled, operator, result, message, documents, missing,
    stale, extra, different, failed, skipped, held, newer, repaired
FROM verifications WHERE source = ?1 ORDER BY id DESC LIMIT 1
-- name: verification_done
SELECT finished_us, deep, documents, missing + stale + extra + different
FROM verifications WHERE source = ?1 AND result = 'done' ORDER BY id DESC LIMIT 1

-- name: run_start
INSERT INTO runs (id, kind, source, operator, started_us) VALUES (?1, ?2, ?3, ?4, ?5)
-- name: run_find
SELECT id FROM runs WHERE kind = ?1 AND source = ?2 AND finished_us IS NULL
ORDER BY started_us DESC LIMIT 1
-- name: run_started
SELECT started_us FROM runs WHERE id = ?1
-- name: run_counts
SELECT seen, created, updated, deleted, unchanged, failed, held, overlap, skipped, checked, items,
    unattached, absent
FROM runs WHERE id = ?1
-- name: run_finish
UPDATE runs SET finished_us = ?2, result = ?3 WHERE id = ?1
-- name: run_set
UPDATE runs SET seen = ?2, created = ?3, updated = ?4, deleted = ?5, unchanged = ?6, failed = ?7,
    held = ?8, overlap = ?9, skipped = ?10, checked = ?11, items = ?12,
    unattached = ?13, absent = ?14
WHERE id = ?1
-- name: run_add
UPDATE runs SET seen = seen + ?2, created = created + ?3, updated = updated + ?4,
    deleted = deleted + ?5, unchanged = unchanged + ?6, failed = failed + ?7, held = held + ?8,
    overlap = overlap + ?9, skipped = skipped + ?10, checked = checked + ?11,
    items = items + ?12, unattached = unattached + ?13, absent = absent + ?14
WHERE id = ?1
-- name: run_note
UPDATE runs SET requests = requests + ?2, retries = retries + ?3, busy_us = busy_us + ?4, code = ?5,
    message = ?6
WHERE id = ?1
-- name: runs_list
SELECT id, kind, source, started_us, finished_us, result, seen, created, updated, deleted, unchanged,
    failed, held, overlap, skipped, checked, items, unattached, absent, requests, retries, busy_us, code,
    message
FROM runs ORDER BY started_us DESC LIMIT ?1
-- name: run_last
SELECT id, kind, source, started_us, finished_us, result, seen, created, updated, deleted, unchanged,
    failed, held, overlap, skipped, checked, items, unattached, absent, requests, retries, busy_us, code,
    message
FROM runs WHERE kind = ?1 AND source = ?2 ORDER BY started_us DESC LIMIT 1

-- name: range_save
INSERT INTO ranges VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO UPDATE SET after = excluded.after, before = excluded.before, cursor = excluded.cursor,
    done = excluded.done, settled = excluded.settled, updated_us = excluded.updated_us
-- name: range_move
UPDATE ranges SET cursor = ?3, done = ?4, settled = ?5, updated_us = ?6 WHERE run_id = ?1 AND range = ?2
-- name: ranges_load
SELECT range, after, before, cursor, done, settled FROM ranges WHERE run_id = ?1 ORDER BY range

-- name: failure_find
SELECT id, version, state, attempts, tries, next_us, undo_state FROM failures
WHERE source = ?1 AND source_id = ?2
-- name: failure_add
INSERT INTO failures (id, source, source_id, version, label, stage, code, class, message, field,
    request_id, sqlstate, http_status, fingerprint, digest, state, attempts, tries, max_attempts,
    first_us, last_us, next_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?20,
    ?21)
-- name: failure_renew
UPDATE failures SET version = ?2, label = CASE WHEN ?3 = '' THEN label ELSE ?3 END, stage = ?4,
    code = ?5, class = ?6, message = ?7, field = ?8, request_id = ?9, sqlstate = ?10,
    http_status = ?11, fingerprint = ?12, digest = ?13, state = ?14, attempts = ?15, tries = ?16,
    max_attempts = ?17, last_us = ?18, next_us = ?19, wanted_us = NULL,
    undo_state = CASE WHEN ?20 THEN undo_state END,
    first_us = CASE WHEN ?21 THEN ?18 ELSE first_us END
WHERE id = ?1
-- name: failure_move
UPDATE failures SET state = ?2, next_us = ?3 WHERE id = ?1
-- name: failure_act
UPDATE failures SET state = ?2, next_us = ?3, wanted_us = ?4, undo_state = ?5, undo_next_us = ?6,
    undo_command = ?7, bulk_command = ?8
WHERE id = ?1
-- name: failure_resolve
UPDATE failures SET state = ?2, version = ?3, tries = ?4, last_us = ?5, next_us = 9223372036854775807,
    wanted_us = NULL, undo_state = NULL
WHERE id = ?1
-- name: attempt_add
INSERT INTO attempts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)

-- name: due_wanted
SELECT id, source, source_id, state, attempts FROM failures
WHERE wanted_us IS NOT NULL AND state = ?1 AND next_us <= ?4 AND (?3 >> source) & 1
ORDER BY wanted_us, id LIMIT ?2
-- name: due_by_time
SELECT id, source, source_id, state, attempts FROM failures INDEXED BY failures_next
WHERE next_us <= ?1 AND state IN (?2, ?3) AND wanted_us IS NULL AND (?5 >> source) & 1
ORDER BY next_us, id LIMIT ?4
-- name: failure_state
SELECT state FROM failures WHERE id = ?1
-- name: interrupted
SELECT f.id FROM failure_groups g
CROSS JOIN failures f ON f.fingerprint = g.fingerprint AND f.source = g.source AND f.code = g.code
    AND f.state = g.state
WHERE g.state = ?1 LIMIT 1000

-- name: unresolved
SELECT EXISTS (SELECT 1 FROM failure_totals WHERE source = ?1 AND state <> ?2 AND count > 0)
-- name: unresolved_count
SELECT coalesce(sum(count), 0) FROM failure_totals WHERE source = ?1 AND state <> ?2
-- name: unresolved_of
SELECT EXISTS (SELECT 1 FROM failures WHERE source = ?1 AND source_id = ?2 AND state <> ?3)
-- name: unresolved_page
SELECT id, source_id, code, version FROM failures
WHERE id > ?1 AND source = ?2 AND state <> ?3 ORDER BY id LIMIT ?4
-- name: deletion_of
SELECT EXISTS (SELECT 1 FROM failures WHERE source = ?1 AND source_id = ?2 AND state <> ?3
    AND code IN (?4, ?5))
-- name: totals
SELECT source, sum(count) FROM failure_totals WHERE state <> ?1 GROUP BY source

-- name: command_send
INSERT INTO commands (kind, arguments, operator, origin, reason, created_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
-- name: command_next
SELECT id, kind, arguments, operator, origin, reason, created_us FROM commands
WHERE finished_us IS NULL AND id > ?1 ORDER BY id LIMIT 1
-- name: command_find
SELECT id, kind, arguments, operator, origin, reason, created_us FROM commands
WHERE finished_us IS NULL AND kind = ?1 ORDER BY id LIMIT 1
-- name: command_is_open
SELECT 1 FROM commands WHERE id = ?1 AND finished_us IS NULL
-- name: command_finish
UPDATE commands SET finished_us = ?2, result = ?3, message = ?4 WHERE id = ?1 AND finished_us IS NULL
-- name: command_begin
UPDATE commands SET last_id = (SELECT coalesce(max(id), 0) FROM failures), total = ?2, pace = ?3,
    stop_after = ?4
WHERE id = ?1 AND last_id IS NULL
-- name: command_progress
SELECT cursor, last_id, total, changed, skipped, refused, landed, failed, pace, stop_after,
    (SELECT count(*) FROM failures WHERE bulk_command = ?1)
FROM commands WHERE id = ?1
-- name: command_went
UPDATE commands SET cursor = ?2, changed = ?3, skipped = ?4, refused = ?5 WHERE id = ?1
-- name: command_withdrew
UPDATE commands SET changed = max(changed - ?2, 0) WHERE id = ?1
-- name: bulk_untried
SELECT id, undo_state, undo_next_us FROM failures WHERE bulk_command = ?1 AND state = ?2 LIMIT 1000
-- name: commands_list
-- Those that have not ended come first, the oldest of them before all: it is what is under way.
SELECT id, kind, arguments, operator, origin, reason, created_us, finished_us, result, message,
    total, changed, skipped, refused, landed, failed, pace, stop_after
FROM commands
WHERE id IN (SELECT id FROM commands WHERE finished_us IS NULL ORDER BY id LIMIT ?1)
    OR id IN (SELECT id FROM commands ORDER BY id DESC LIMIT ?1)
ORDER BY finished_us IS NOT NULL, CASE WHEN finished_us IS NULL THEN id ELSE -id END
LIMIT ?1
-- name: commands_about
-- Those that name the failure or its document, and the undoing of those; bulk ones name a filter and are not found.
WITH newest AS (
    SELECT id, kind, arguments FROM commands WHERE json_valid(arguments) ORDER BY id DESC LIMIT 10000
), about AS (
    SELECT n.id FROM newest n
    WHERE n.kind IN ('retry', 'skip', 'snooze', 'release', 'refuse', 'note', 'pull', 'inspect', 'undo')
        AND (EXISTS (SELECT 1 FROM json_each(n.arguments, '$.ids') i WHERE i.value = ?1)
            OR json_extract(n.arguments, '$.source') || '/' || json_extract(n.arguments, '$.source_id') = ?2)
)
SELECT id, kind, arguments, operator, origin, reason, created_us, finished_us, result, message,
    total, changed, skipped, refused, landed, failed, pace, stop_after
FROM commands
WHERE id IN (SELECT id FROM about) OR id IN (SELECT n.id FROM newest n
    WHERE n.kind = 'undo' AND json_extract(n.arguments, '$.command') IN (SELECT id FROM about))
ORDER BY id DESC LIMIT ?3
-- name: command_read
SELECT id, kind, arguments, operator, origin, reason, created_us, finished_us, result, message,
    total, changed, skipped, refused, landed, failed, pace, stop_after
FROM commands WHERE id = ?1

-- name: alert_states
SELECT state, sum(count) FROM failure_totals GROUP BY state
-- name: alert_fresh
-- Bounded: past it the exact number tells nobody anything.
SELECT count(*) FROM (SELECT 1 FROM failures WHERE first_us >= ?1 AND state <> ?2 LIMIT 10000)
-- name: alert_episodes
SELECT rule, source, since_us FROM alerts LIMIT ?1
-- name: alert_begin
INSERT INTO alerts VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING
-- name: alert_end
DELETE FROM alerts WHERE rule = ?1 AND source = ?2
-- name: alert_forget
-- What was measured by an engine that has ended says nothing of now.
DELETE FROM alerts WHERE source >= 0
-- name: alert_mark
INSERT INTO alert_marks (command, rule, source, kind, until_us, operator, reason, at_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
-- name: alert_unmark
UPDATE alert_marks SET over = 1 WHERE command = ?1 AND over = 0 RETURNING command
-- name: alert_marks
SELECT command, rule, source, kind, until_us, operator, reason FROM alert_marks
WHERE over = 0 AND until_us > ?1 ORDER BY command DESC LIMIT ?2
-- name: alert_acknowledged_end
UPDATE alert_marks SET over = 1 WHERE rule = ?1 AND source = ?2 AND kind = 1 AND over = 0

-- name: audit_list
SELECT id, kind, arguments, operator, origin, reason, created_us, finished_us, result, message,
    total, changed, skipped, refused, landed, failed, pace, stop_after
FROM commands
WHERE (?1 = '' OR instr(lower(operator), lower(?1)) OR instr(lower(origin), lower(?1)))
    AND (?2 = '' OR substr(kind, 1, length(?2)) = ?2)
    AND (?3 = '' OR result = CASE WHEN ?3 = 'queued' THEN '' ELSE ?3 END)
    AND (?4 = '' OR instr(lower(arguments), lower(?4)) OR instr(lower(reason), lower(?4))
        OR instr(lower(message), lower(?4)))
    AND created_us >= ?5
ORDER BY id DESC LIMIT ?6 OFFSET ?7
-- name: audit_count
SELECT count(*) FROM (SELECT 1 FROM commands
WHERE (?1 = '' OR instr(lower(operator), lower(?1)) OR instr(lower(origin), lower(?1)))
    AND (?2 = '' OR substr(kind, 1, length(?2)) = ?2)
    AND (?3 = '' OR result = CASE WHEN ?3 = 'queued' THEN '' ELSE ?3 END)
    AND (?4 = '' OR instr(lower(arguments), lower(?4)) OR instr(lower(reason), lower(?4))
        OR instr(lower(message), lower(?4)))
    AND created_us >= ?5
LIMIT ?6)
-- name: handover_groups
-- Bounded: of more than 100,000 new failures the oldest tell enough.
SELECT fingerprint, source, code, count(*), sum(state = ?3), min(first_us), max(message)
FROM (SELECT fingerprint, source, code, state, first_us, message FROM failures
    WHERE first_us >= ?1 AND state <> ?2 ORDER BY first_us LIMIT 100000)
GROUP BY fingerprint, source, code ORDER BY 4 DESC, 1 LIMIT ?4
-- name: handover_resolved
SELECT coalesce(c.operator, ''), count(*)
FROM (SELECT undo_command FROM failures WHERE last_us >= ?1 AND state = ?2 LIMIT 100000) f
LEFT JOIN commands c ON c.id = f.undo_command
GROUP BY 1 ORDER BY 2 DESC, 1

-- name: note_add
INSERT INTO notes (failure_id, at_us, operator, text) VALUES (?1, ?2, ?3, ?4)
-- name: failure_noted
UPDATE failures SET noted = 1 WHERE id = ?1 AND noted = 0

-- name: json_members
SELECT key, type, value FROM json_each(?1)
-- name: json_is_object
SELECT json_valid(?1) AND json_type(?1) = 'object'
-- name: ids_missing
SELECT count(*) FROM json_each(?1, '$.ids') WHERE atom NOT IN (SELECT id FROM failures)

-- name: status_beat
INSERT INTO engine_status VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT DO UPDATE SET state = excluded.state, host = excluded.host, pid = excluded.pid,
    version = excluded.version, started_us = excluded.started_us, beat_us = excluded.beat_us,
    message = excluded.message, run_id = excluded.run_id, run_kind = excluded.run_kind,
    run_started_us = excluded.run_started_us, queue_items = excluded.queue_items,
    queue_bytes = excluded.queue_bytes, rss_bytes = excluded.rss_bytes, writers = excluded.writers
-- name: status_source
REPLACE INTO source_status VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
    ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34,
    ?35)
-- name: status_engine_read
SELECT state, host, pid, version, started_us, beat_us, message, run_id, run_kind, run_started_us,
    queue_items, queue_bytes, rss_bytes, writers
FROM engine_status
-- name: status_sources_read
SELECT source, state, identity, message, seen, created, updated, deleted, unchanged, failed, held,
    overlap, total, rate, rates, last_event_us, checkpoint_us, lag_p50_us, lag_p99_us, lag_max_us,
    consistent_us, reads_today, requests, retries, ranges, ranges_done, lag_hour_p50_us,
    lag_hour_p99_us, lag_hour_max_us, processing_p50_us, processing_p99_us, skew_us, error_rate,
    complete, quota_left
FROM source_status

-- name: reader_version
SELECT (SELECT value FROM revision) + (SELECT coalesce(max(id), 0) FROM commands)
-- name: failure_read
SELECT id, source, source_id, label, stage, code, class, message, field, fingerprint, state, attempts,
    max_attempts, version, first_us, last_us, next_us, request_id, sqlstate, http_status, noted
FROM failures WHERE id = ?1
-- name: failure_name
SELECT class, stage, message FROM failures WHERE id = ?1
-- name: failure_last_id
SELECT max(id) FROM failures
-- name: failure_id
SELECT id FROM failures WHERE source = ?1 AND source_id = ?2
-- name: same_fingerprint
SELECT coalesce(sum(count), 0) FROM failure_groups
WHERE fingerprint = ?1 AND source = ?2 AND state <> ?3
-- name: attempts_read
SELECT number, at_us, version, stage, code, message, field, request_id, sqlstate, http_status, run_id,
    charged
FROM attempts WHERE failure_id = ?1 ORDER BY number DESC LIMIT ?2
-- name: notes_read
SELECT at_us, operator, text FROM notes WHERE failure_id = ?1 ORDER BY at_us DESC, id DESC LIMIT ?2
-- name: groups_read
-- The counters give the counts; two index look-ups a counter row give the newest and the next moment. `newest` packs
-- the moment and the state it was found in, so that the last join is one look-up as well.
WITH parts AS (
    SELECT g.fingerprint, g.source, g.code, g.state, g.count,
        (SELECT f.last_us FROM failures f WHERE f.fingerprint = g.fingerprint AND f.source = g.source
            AND f.code = g.code AND f.state = g.state ORDER BY f.last_us DESC LIMIT 1) AS last_us,
        (SELECT f.next_us FROM failures f INDEXED BY failures_group_next
            WHERE f.fingerprint = g.fingerprint AND f.source = g.source AND f.code = g.code
            AND f.state = g.state AND f.next_us < 9223372036854775807
            ORDER BY f.next_us LIMIT 1) AS next_us
    FROM failure_groups g
    WHERE ((?1 >> g.state) & 1) AND ((?2 >> g.source) & 1) AND substr(g.fingerprint, 1, length(?3)) = ?3
        AND (?4 = '' OR g.code = ?4)
), sums AS (
    SELECT fingerprint, source, code, sum(count) AS count,
        sum(CASE WHEN state = ?5 THEN count ELSE 0 END) AS dead, max(last_us * 8 + state) AS newest,
        min(next_us) AS next_us
    FROM parts GROUP BY fingerprint, source, code
    ORDER BY count DESC, newest DESC, fingerprint LIMIT ?6
)
SELECT s.fingerprint, s.source, s.code, s.count, s.dead, s.newest >> 3, s.next_us, f.class, f.stage,
    f.message
FROM sums s
JOIN failures f ON f.id = (SELECT n.id FROM failures n WHERE n.fingerprint = s.fingerprint
    AND n.source = s.source AND n.code = s.code AND n.state = (s.newest & 7)
    AND n.last_us = (s.newest >> 3) LIMIT 1)
ORDER BY s.count DESC, s.newest DESC, s.fingerprint
-- name: groups_count
SELECT coalesce(sum(count), 0) FROM failure_groups
WHERE ((?1 >> state) & 1) AND ((?2 >> source) & 1) AND substr(fingerprint, 1, length(?3)) = ?3
    AND (?4 = '' OR code = ?4)
-- name: times_count
SELECT count(*) FROM (SELECT 1 FROM failures INDEXED BY failures_last
    WHERE last_us >= ?1 AND last_us <= ?2 LIMIT ?3)
-- name: text_find
SELECT rowid FROM (SELECT rowid FROM failure_text WHERE failure_text MATCH ?1 LIMIT ?2)
UNION ALL SELECT failure_id FROM (SELECT failure_id FROM failure_text_queue LIMIT ?2)
-- name: text_fill
INSERT INTO failure_text (rowid, text)
SELECT f.id, f.label || char(10) || f.source_id || char(10) || f.message || char(10) || f.field
FROM (SELECT failure_id FROM failure_text_queue ORDER BY failure_id LIMIT ?1) q
CROSS JOIN failures f ON f.id = q.failure_id
-- name: text_filled
DELETE FROM failure_text_queue WHERE failure_id IN
    (SELECT failure_id FROM failure_text_queue ORDER BY failure_id LIMIT ?1)
-- name: text_waits
SELECT EXISTS (SELECT 1 FROM failure_text_queue)
-- name: log_add
INSERT INTO log_lines (at_us, level, component, code, source, order_id, message)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
-- name: log_trim
DELETE FROM log_lines WHERE id <= (SELECT max(id) FROM log_lines) - ?1
-- name: log_read
SELECT id, at_us, level, component, code, source, order_id, message FROM log_lines
WHERE id > ?1 ORDER BY id LIMIT ?2

-- The scratch file of a listing (journal/seen.c), which has these two tables alone.
-- name: seen_add
INSERT OR IGNORE INTO seen VALUES (?1)
-- name: seen_page
SELECT id FROM seen WHERE id > ?1 ORDER BY id LIMIT ?2
-- name: seen_has
SELECT EXISTS (SELECT 1 FROM seen WHERE id = ?1)
-- name: seen_count
SELECT count(*) FROM seen
-- name: seen_tag
SELECT tag FROM origin
-- name: seen_tag_set
REPLACE INTO origin VALUES (1, ?1)
-- name: seen_clear
DELETE FROM seen
-- name: absent_add
INSERT OR IGNORE INTO absent VALUES (?1)
-- name: absent_drop
DELETE FROM absent WHERE id = ?1
-- name: absent_page
SELECT id FROM absent WHERE id > ?1 ORDER BY id LIMIT ?2
-- name: absent_clear
DELETE FROM absent
