-- Printful orders that may still change, and those that no sale matched. The predicate is that of the index.
select source_id
  from ordersync.source_documents
 where source = 'printful'
   and deleted_at is null
   and (order_id is null or (document ->> 'status') in ('fulfilled', 'canceled', 'archived') is not true)
   and ($1::text is null or source_id collate "C" > $1::text)
 order by source_id collate "C"
 limit $2::bigint
