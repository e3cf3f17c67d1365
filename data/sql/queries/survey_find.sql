select k.place
  from unnest($2::text[]) with ordinality k (source_id, place)
  join ordersync.source_documents d on d.source = $1 and d.source_id = k.source_id
 where d.deleted_at is null
