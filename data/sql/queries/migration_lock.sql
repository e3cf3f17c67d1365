-- Until the transaction's end. The number is this program's own ("osync" in ASCII).
select pg_advisory_xact_lock(478560413027)
