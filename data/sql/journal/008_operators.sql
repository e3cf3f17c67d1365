-- Bulk actions with a pace: what a command has come to is kept with it, also by what its retries come to later.

ALTER TABLE commands ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;    -- were already as wanted, or under way
ALTER TABLE commands ADD COLUMN landed INTEGER NOT NULL DEFAULT 0;     -- of its retries: resolved
ALTER TABLE commands ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;     -- of its retries: failed again
ALTER TABLE commands ADD COLUMN total INTEGER NOT NULL DEFAULT 0;      -- matched when it began; 0: not begun or not counted
ALTER TABLE commands ADD COLUMN last_id INTEGER;                       -- failures made later are not its business
ALTER TABLE commands ADD COLUMN pace INTEGER NOT NULL DEFAULT 0;       -- a second; 0: as fast as it goes
ALTER TABLE commands ADD COLUMN stop_after INTEGER NOT NULL DEFAULT 0; -- ends after so many failed; 0: never

ALTER TABLE failures ADD COLUMN bulk_command INTEGER; -- whose retry is awaited
CREATE INDEX failures_bulk ON failures (bulk_command) WHERE bulk_command IS NOT NULL;
CREATE INDEX failures_noted ON failures (last_us, id) WHERE noted = 1;

-- An attempt was made when the number of tries grew; given back untried, a failure stays awaited.
CREATE TRIGGER failures_bulk_result AFTER UPDATE OF state, tries ON failures
WHEN old.bulk_command IS NOT NULL AND (new.state = 3 OR new.tries > old.tries) BEGIN
    UPDATE commands SET landed = landed + (new.state = 3), failed = failed + (new.state <> 3)
        WHERE id = old.bulk_command;
    UPDATE failures SET bulk_command = NULL WHERE id = new.id;
END;

-- Text search: three characters at a time, for what the failures hold. Filled by the engine when it has time, so that
-- settling pays for a row in the queue alone; a search looks through the queue as well. Nothing is ever taken out of
-- the index: what it finds is held against the failure itself.
CREATE VIRTUAL TABLE failure_text USING fts5 (text, content = '', tokenize = 'trigram', detail = none, columnsize = 0);
CREATE TABLE failure_text_queue (failure_id INTEGER PRIMARY KEY);
INSERT INTO failure_text_queue SELECT id FROM failures;
CREATE TRIGGER failures_text_added AFTER INSERT ON failures BEGIN
    INSERT OR IGNORE INTO failure_text_queue VALUES (new.id);
END;
CREATE TRIGGER failures_text_changed AFTER UPDATE OF label, message, field ON failures
WHEN old.message <> new.message OR old.label <> new.label OR old.field <> new.field BEGIN
    INSERT OR IGNORE INTO failure_text_queue VALUES (new.id);
END;
