-- What a planned document may be asked for by later in the same dry run: the payment that a session was paid with, which
-- is all that a list of refunds tells. Only rows that have one are in the index.
ALTER TABLE plan_rows ADD COLUMN reference TEXT NOT NULL DEFAULT '';
CREATE INDEX plan_rows_referred ON plan_rows (plan, source, reference) WHERE reference <> '';
