-- Stripe sessions that may still be paid, or told to be. The predicate is that of the index.
select source_id
  from ordersync.source_documents
 where source = 'stripe'
   and deleted_at is null
   and version < 2
   and document ->> 'status' is distinct from 'expired'
   and ($1::text is null or source_id collate "C" > $1::text)
 order by source_id collate "C"
 limit $2::bigint
