-- One engine recomputes at a time; the number is this program's own ("ocust" in ASCII). Two that read one customer's
-- orders at different moments could otherwise write the older result last.
select pg_try_advisory_xact_lock(478676087668)
