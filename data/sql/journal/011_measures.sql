-- What a minute is measured by besides: NULL where it is not known.
ALTER TABLE statistics_minute ADD COLUMN staleness_us INTEGER;      -- at its end, since target and source were known to be equal
ALTER TABLE statistics_minute ADD COLUMN error_rate REAL;           -- of 24 hours: failures not caused by a document, over documents seen
ALTER TABLE statistics_minute ADD COLUMN processing_p50_us INTEGER; -- of a batch, from decoding to the commit
ALTER TABLE statistics_minute ADD COLUMN processing_p99_us INTEGER;
ALTER TABLE statistics_minute ADD COLUMN skew_us INTEGER;           -- our clock ahead of the source's, at most
