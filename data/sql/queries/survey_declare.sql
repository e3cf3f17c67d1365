declare survey no scroll cursor for
 select source_id, version
   from ordersync.source_documents
  where source = $1
    and deleted_at is null
    and ($2::bigint is null or create_time is null
         or create_time >= timestamptz 'epoch' + $2::bigint * interval '1 microsecond')
  order by source_id collate "C"
