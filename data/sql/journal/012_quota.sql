-- Requests that a source's answers say are left before its rate limit; -1: it does not say, or the count began anew.
ALTER TABLE source_status ADD COLUMN quota_left INTEGER NOT NULL DEFAULT -1;
