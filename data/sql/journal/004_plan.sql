-- Plans: what dry runs found, until they are dropped. A plan's rows are the documents that would change; unchanged ones
-- are counted. Rows of a dropped plan are deleted in pieces, so `dropped` hides it until the last is gone.

CREATE TABLE plans (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,          -- backfill or sync
    sources INTEGER NOT NULL,    -- bit per source
    state INTEGER NOT NULL,
    operator TEXT NOT NULL,
    origin TEXT NOT NULL,
    started_us INTEGER NOT NULL,
    finished_us INTEGER,
    unchanged INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    target TEXT NOT NULL DEFAULT '', -- identity of the database it was made against
    command_id INTEGER NOT NULL DEFAULT 0, -- of the application under way
    dropped INTEGER NOT NULL DEFAULT 0
);

-- Identities of the sources it was made from.
CREATE TABLE plan_sources (
    plan INTEGER NOT NULL,
    source INTEGER NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (plan, source)
) WITHOUT ROWID;

CREATE TABLE plan_rows (
    id INTEGER PRIMARY KEY,
    plan INTEGER NOT NULL,
    source INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    label TEXT NOT NULL,
    action INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    currency TEXT NOT NULL,      -- '': the total does not move
    amount TEXT NOT NULL,        -- exact, signed
    millionths INTEGER NOT NULL, -- the same for sums
    code TEXT NOT NULL,          -- of a conflict
    message TEXT NOT NULL,
    field_count INTEGER NOT NULL,
    version INTEGER,             -- what the plan saw; NULL: nothing to hold the row against
    digest BLOB,
    known INTEGER NOT NULL,
    target_version INTEGER NOT NULL,
    target_digest BLOB,
    order_version INTEGER NOT NULL,
    UNIQUE (plan, source, source_id)
);
-- The list, and what its filters look at, without the rows; what is left to be applied.
CREATE INDEX plan_rows_list ON plan_rows (plan, source, source_id, action, state, label);
CREATE INDEX plan_rows_open ON plan_rows (plan, source, id, action) WHERE state = 0;

CREATE TABLE plan_fields (
    row_id INTEGER PRIMARY KEY,
    fields TEXT NOT NULL -- JSON array, see journal/plan.h
);

-- Counters kept by triggers: a summary is a few rows to read, however many documents there are.
CREATE TABLE plan_counts (
    plan INTEGER NOT NULL,
    source INTEGER NOT NULL,
    action INTEGER NOT NULL,
    state INTEGER NOT NULL,
    currency TEXT NOT NULL,
    count INTEGER NOT NULL,
    millionths INTEGER NOT NULL,
    PRIMARY KEY (plan, source, action, state, currency)
) WITHOUT ROWID;

CREATE TRIGGER plan_rows_counted AFTER INSERT ON plan_rows BEGIN
    INSERT INTO plan_counts VALUES (new.plan, new.source, new.action, new.state, new.currency, 1, new.millionths)
        ON CONFLICT DO UPDATE SET count = count + 1, millionths = millionths + excluded.millionths;
END;
CREATE TRIGGER plan_rows_recounted AFTER UPDATE OF action, state, currency, millionths ON plan_rows BEGIN
    UPDATE plan_counts SET count = count - 1, millionths = millionths - old.millionths
        WHERE plan = old.plan AND source = old.source AND action = old.action AND state = old.state
        AND currency = old.currency;
    INSERT INTO plan_counts VALUES (new.plan, new.source, new.action, new.state, new.currency, 1, new.millionths)
        ON CONFLICT DO UPDATE SET count = count + 1, millionths = millionths + excluded.millionths;
END;
