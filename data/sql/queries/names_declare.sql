declare names no scroll cursor with hold for
 select source_id
   from ordersync.source_documents
  where source = $1 and deleted_at is null
  order by source_id collate "C"
