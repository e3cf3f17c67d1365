-- What verifications found: a row each, the last thousand of a source.
CREATE TABLE verifications (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    started_us INTEGER NOT NULL,
    finished_us INTEGER NOT NULL,
    deep INTEGER NOT NULL,      -- 1: contents were compared as well, by digest
    scheduled INTEGER NOT NULL, -- 1: by the engine's own clock
    operator TEXT NOT NULL,
    result TEXT NOT NULL,       -- done or failed
    message TEXT NOT NULL,      -- of one that failed: why
    documents INTEGER NOT NULL, -- in the source
    missing INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    extra INTEGER NOT NULL,
    different INTEGER NOT NULL,
    failed INTEGER NOT NULL,    -- differences that an unresolved failure explains, not among those above
    skipped INTEGER NOT NULL,
    held INTEGER NOT NULL,
    newer INTEGER NOT NULL,     -- changed while it ran: not judged
    repaired INTEGER NOT NULL   -- differences that were mended; the counts above are what is left
);
CREATE INDEX verifications_source ON verifications (source, result, id);
