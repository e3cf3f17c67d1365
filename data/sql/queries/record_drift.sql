-- Sorted by key, so that two writers cannot deadlock here.
insert into ordersync.schema_drift as d (source, kind, path, detail, count, source_id)
select v.source, v.kind, v.path, v.detail, v.count::bigint, v.source_id
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       v (source, kind, path, detail, count, source_id)
on conflict (source, kind, path, detail) do update
   set count = d.count + excluded.count,
       last_seen = now()
