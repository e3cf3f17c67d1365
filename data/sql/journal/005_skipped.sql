-- Failed again, but a person has skipped or snoozed them: kept with the run, so that a resumed one tells it too.
ALTER TABLE runs ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
