select count(*)
  from ordersync.source_documents
 where source = $1 and deleted_at is null
