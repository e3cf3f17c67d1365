-- Of which store the Printful orders here are; none where there is no order, or none that says so.
select document ->> 'store'
  from ordersync.source_documents
 where source = 'printful'
   and deleted_at is null
   and document ->> 'store' ~ '^[1-9][0-9]{0,17}$'
 limit 1
