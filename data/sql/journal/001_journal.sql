-- The journal's tables. Applied in one transaction by journal_open(); PRAGMA user_version counts the files.
-- States, sources and classes are small numbers so that one index entry answers a filter; the views at the
-- end show them by name to a person with the sqlite3 shell. "No such moment" is the largest integer, so that
-- sorting by the next try puts those rows last and the index range `next_us <= now` never meets them.

PRAGMA application_id = 1869832042; -- "os_j", by which file(1) and schema.c know a journal

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Grows with every written transaction except the status beat: what consoles watch.
CREATE TABLE revision (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    value INTEGER NOT NULL
);
INSERT INTO revision VALUES (1, 1);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    source INTEGER NOT NULL,
    operator TEXT NOT NULL,
    started_us INTEGER NOT NULL,
    finished_us INTEGER,
    result TEXT NOT NULL DEFAULT '',
    seen INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    overlap INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX runs_started ON runs (started_us);
CREATE INDEX runs_unfinished ON runs (kind, source, started_us) WHERE finished_us IS NULL;

CREATE TABLE ranges (
    run_id TEXT NOT NULL REFERENCES runs (id),
    range INTEGER NOT NULL,
    after TEXT,
    before TEXT,
    cursor TEXT,
    done INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    PRIMARY KEY (run_id, range)
) WITHOUT ROWID;

-- The newest sync_fence sequence of each writer that the journal knows to be committed in the target.
CREATE TABLE fences (
    writer INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
);

CREATE TABLE failures (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    label TEXT NOT NULL,
    stage TEXT NOT NULL,
    code TEXT NOT NULL,
    class TEXT NOT NULL,
    message TEXT NOT NULL,
    field TEXT NOT NULL,
    request_id TEXT NOT NULL,
    sqlstate TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    digest BLOB,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,     -- charged, of this version
    tries INTEGER NOT NULL,        -- rows in attempts, ever
    max_attempts INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    next_us INTEGER NOT NULL,
    wanted_us INTEGER,             -- an operator asked for a retry: goes first
    undo_state INTEGER,            -- what an undo goes back to
    undo_next_us INTEGER,
    undo_command INTEGER,
    noted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, source_id)
);
-- One index for each sort. The last columns let a filter be judged without reading the row.
CREATE INDEX failures_last ON failures (last_us, id, state, source, fingerprint, code);
CREATE INDEX failures_first ON failures (first_us, id, state, source, fingerprint, code);
CREATE INDEX failures_attempts ON failures (attempts, id, state, source, fingerprint, code);
CREATE INDEX failures_next ON failures (next_us, id, state, source, fingerprint, code);
CREATE INDEX failures_label ON failures (length(label), label, id, state, source, fingerprint, code);
CREATE INDEX failures_group ON failures (fingerprint, source, code, state, last_us);
CREATE INDEX failures_group_next ON failures (fingerprint, source, code, state, next_us)
    WHERE next_us < 9223372036854775807;
CREATE INDEX failures_wanted ON failures (wanted_us, id) WHERE wanted_us IS NOT NULL;
CREATE INDEX failures_undo ON failures (undo_command) WHERE undo_command IS NOT NULL;

CREATE TABLE attempts (
    failure_id INTEGER NOT NULL REFERENCES failures (id),
    number INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    version INTEGER NOT NULL,
    stage TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    field TEXT NOT NULL,
    request_id TEXT NOT NULL,
    sqlstate TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    charged INTEGER NOT NULL,
    PRIMARY KEY (failure_id, number)
) WITHOUT ROWID;

CREATE TABLE notes (
    id INTEGER PRIMARY KEY,
    failure_id INTEGER NOT NULL REFERENCES failures (id),
    at_us INTEGER NOT NULL,
    operator TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX notes_failure ON notes (failure_id, at_us);

CREATE TABLE commands (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 23),
    arguments TEXT NOT NULL, -- a JSON object
    operator TEXT NOT NULL,
    origin TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    finished_us INTEGER,
    result TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    cursor INTEGER NOT NULL DEFAULT 0, -- last failure a bulk action went past: it resumes there
    changed INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX commands_queued ON commands (id) WHERE finished_us IS NULL;

CREATE TABLE engine_status (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    state INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    started_us INTEGER NOT NULL,
    beat_us INTEGER NOT NULL,
    message TEXT NOT NULL,
    run_id TEXT NOT NULL,
    run_kind TEXT NOT NULL,
    run_started_us INTEGER NOT NULL,
    queue_items INTEGER NOT NULL,
    queue_bytes INTEGER NOT NULL,
    rss_bytes INTEGER NOT NULL,
    writers INTEGER NOT NULL
);

CREATE TABLE source_status (
    source INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,
    identity TEXT NOT NULL,
    message TEXT NOT NULL,
    seen INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    held INTEGER NOT NULL,
    overlap INTEGER NOT NULL,
    total INTEGER NOT NULL,
    rate REAL NOT NULL,
    rates BLOB NOT NULL,
    last_event_us INTEGER NOT NULL,
    checkpoint_us INTEGER NOT NULL,
    lag_p50_us INTEGER NOT NULL,
    lag_p99_us INTEGER NOT NULL,
    lag_max_us INTEGER NOT NULL,
    consistent_us INTEGER NOT NULL,
    reads_today INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    ranges INTEGER NOT NULL,
    ranges_done INTEGER NOT NULL
);

CREATE TABLE statistics_minute (
    minute INTEGER NOT NULL, -- minutes since 1970-01-01 UTC
    source INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    lag_max_us INTEGER NOT NULL DEFAULT -1,
    PRIMARY KEY (minute, source)
) WITHOUT ROWID;

-- Counters kept by triggers: totals and groups are a few rows to read, however many failures there are.
CREATE TABLE failure_totals (
    source INTEGER NOT NULL,
    state INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (source, state)
) WITHOUT ROWID;

CREATE TABLE failure_groups (
    fingerprint TEXT NOT NULL,
    source INTEGER NOT NULL,
    code TEXT NOT NULL,
    state INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, source, code, state)
) WITHOUT ROWID;

CREATE TRIGGER failures_counted AFTER INSERT ON failures BEGIN
    INSERT INTO failure_totals VALUES (new.source, new.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO failure_groups VALUES (new.fingerprint, new.source, new.code, new.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER failures_recounted AFTER UPDATE OF state, fingerprint, code ON failures
WHEN old.state <> new.state OR old.fingerprint <> new.fingerprint OR old.code <> new.code BEGIN
    UPDATE failure_totals SET count = count - 1 WHERE source = old.source AND state = old.state;
    UPDATE failure_groups SET count = count - 1
        WHERE fingerprint = old.fingerprint AND source = old.source AND code = old.code
        AND state = old.state;
    DELETE FROM failure_groups
        WHERE fingerprint = old.fingerprint AND source = old.source AND code = old.code
        AND state = old.state AND count = 0;
    INSERT INTO failure_totals VALUES (new.source, new.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO failure_groups VALUES (new.fingerprint, new.source, new.code, new.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER failures_kept BEFORE DELETE ON failures BEGIN
    SELECT RAISE(ABORT, 'failures are resolved, never deleted');
END;
CREATE TRIGGER attempts_kept BEFORE DELETE ON attempts BEGIN
    SELECT RAISE(ABORT, 'attempts are never deleted');
END;

CREATE TABLE state_names (state INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO state_names VALUES (1, 'retryable'), (2, 'in_progress'), (3, 'resolved'), (4, 'dead'),
    (5, 'skipped'), (6, 'snoozed'), (7, 'held');
CREATE TABLE source_names (source INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO source_names VALUES (0, 'firestore'), (1, 'stripe'), (2, 'printful');

CREATE VIEW failures_by_name AS
SELECT f.id, s.name AS source, f.source_id, f.label, n.name AS state, f.code, f.message, f.attempts,
    datetime(f.last_us / 1000000, 'unixepoch') AS last,
    CASE WHEN f.next_us < 9223372036854775807 THEN datetime(f.next_us / 1000000, 'unixepoch') END AS next
FROM failures f
LEFT JOIN source_names s ON s.source = f.source
LEFT JOIN state_names n ON n.state = f.state;
