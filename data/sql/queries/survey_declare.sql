declare survey no scroll cursor for
 select source_id, version
   from ordersync.source_documents
  where source = $1 and deleted_at is null
  order by source_id collate "C"
