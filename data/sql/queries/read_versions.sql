select k.place,
       d.version,
       d.deleted_at is null as live,
       d.order_id is null or o.order_id is not null as whole,
       encode(d.digest, 'hex')
  from unnest($2::text[]) with ordinality k (source_id, place)
  join ordersync.source_documents d on d.source = $1 and d.source_id = k.source_id
  left join ordersync.orders o on o.order_id = d.order_id
