-- What the guard needs of each document.
select k.place, d.version, d.mapping_version, d.deleted_at is not null, d.order_version, d.digest,
       (extract(epoch from d.observed_at) * 1000000)::bigint, d.order_id,
       coalesce(d.plan_id = nullif($3::text, ''), false) or coalesce(d.command_id = nullif($4::text, ''), false),
       o.order_id is null
  from unnest($1::text[], $2::text[]) with ordinality k (source, source_id, place)
  join ordersync.source_documents d on d.source = k.source and d.source_id = k.source_id
  left join ordersync.orders o on o.order_id = d.order_id
