select source, source_id, version,
       (extract(epoch from observed_at) * 1000000)::bigint,
       (extract(epoch from create_time) * 1000000)::bigint,
       (extract(epoch from update_time) * 1000000)::bigint,
       document, loss
  from ordersync.source_documents
 where deleted_at is null
   and mapping_version < $1::integer
   and (source, source_id) > ($2, $3)
 order by source, source_id
 limit $4::integer
