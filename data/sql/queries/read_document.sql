select document, loss, order_id, api_shape, encode(digest, 'hex'), version,
       (extract(epoch from observed_at) * 1000000)::bigint, mapping_version,
       (extract(epoch from deleted_at) * 1000000)::bigint
  from ordersync.source_documents
 where source = $1
   and source_id = $2
