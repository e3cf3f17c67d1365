-- What a look-back counts beside what a backfill does, and how its source was.
ALTER TABLE runs ADD COLUMN checked INTEGER NOT NULL DEFAULT 0;    -- objects listed, passed over ones included
ALTER TABLE runs ADD COLUMN items INTEGER NOT NULL DEFAULT 0;      -- line items added
ALTER TABLE runs ADD COLUMN unattached INTEGER NOT NULL DEFAULT 0; -- of unchanged: they match no sale
ALTER TABLE runs ADD COLUMN absent INTEGER NOT NULL DEFAULT 0;     -- of unchanged: gone at the source
ALTER TABLE runs ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN busy_us INTEGER NOT NULL DEFAULT 0;    -- summed over its continuations
ALTER TABLE runs ADD COLUMN code TEXT NOT NULL DEFAULT '';         -- what stopped it, until it is continued
ALTER TABLE runs ADD COLUMN message TEXT NOT NULL DEFAULT '';
