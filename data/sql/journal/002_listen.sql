-- Following a source: where a listener resumes, and what the graphs and the measures of a day need.

-- Where the listener of a source resumes. Without token and read_time it begins from nothing: the whole set is told, and
-- what is absent from it is deleted.
CREATE TABLE listen (
    source INTEGER NOT NULL,
    identity TEXT NOT NULL,  -- project/database/collection: another collection's token means nothing here
    token BLOB,
    read_time INTEGER,       -- nanoseconds, the source's clock
    complete INTEGER NOT NULL, -- 0: documents from before read_time may be missing or left over in the target
    run_id TEXT NOT NULL,    -- the backfill that makes it complete; '' until one has begun
    updated_us INTEGER NOT NULL,
    PRIMARY KEY (source, identity)
) WITHOUT ROWID;

ALTER TABLE statistics_minute ADD COLUMN absences INTEGER NOT NULL DEFAULT 0; -- deletes by absence, of `deleted`
ALTER TABLE statistics_minute ADD COLUMN lag_p50_us INTEGER NOT NULL DEFAULT -1;
ALTER TABLE statistics_minute ADD COLUMN lag_p99_us INTEGER NOT NULL DEFAULT -1;
ALTER TABLE statistics_minute ADD COLUMN queue_items INTEGER NOT NULL DEFAULT 0;
ALTER TABLE statistics_minute ADD COLUMN rss_bytes INTEGER NOT NULL DEFAULT 0;

ALTER TABLE source_status ADD COLUMN lag_hour_p50_us INTEGER NOT NULL DEFAULT -1;
ALTER TABLE source_status ADD COLUMN lag_hour_p99_us INTEGER NOT NULL DEFAULT -1;
ALTER TABLE source_status ADD COLUMN lag_hour_max_us INTEGER NOT NULL DEFAULT -1;
ALTER TABLE source_status ADD COLUMN processing_p50_us INTEGER NOT NULL DEFAULT -1;
ALTER TABLE source_status ADD COLUMN processing_p99_us INTEGER NOT NULL DEFAULT -1;
ALTER TABLE source_status ADD COLUMN skew_us INTEGER; -- NULL: not known
ALTER TABLE source_status ADD COLUMN error_rate REAL NOT NULL DEFAULT 0;
ALTER TABLE source_status ADD COLUMN complete INTEGER NOT NULL DEFAULT 0;
