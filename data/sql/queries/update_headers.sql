-- A tombstone keeps order_version (the deletion of the order has just noted it there).
update ordersync.source_documents d
   set order_id = v.order_id::uuid,
       version = v.version::bigint,
       observed_at = v.observed_at::timestamptz,
       create_time = coalesce(v.create_time::timestamptz, d.create_time),
       update_time = coalesce(v.update_time::timestamptz, d.update_time),
       digest = v.digest::bytea,
       mapping_version = v.mapping_version::integer,
       api_shape = coalesce(v.api_shape, d.api_shape),
       deleted_at = v.deleted_at::timestamptz,
       order_version = case when v.deleted_at is not null then d.order_version end,
       run_id = v.run_id,
       plan_id = v.plan_id,
       command_id = v.command_id,
       applied_at = now(),
       loss = v.loss::jsonb,
       document = v.document::jsonb
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
              $14::text[], $15::text[], $16::text[])
       v (source, source_id, order_id, version, observed_at, create_time, update_time, digest,
          mapping_version, api_shape, deleted_at, run_id, plan_id, command_id, loss, document)
 where d.source = v.source
   and d.source_id = v.source_id
