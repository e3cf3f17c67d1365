-- Orders ($1) that somebody but the plan $3 changed since the version ($2) it saw.
select k.place
  from unnest($1::text[], $2::text[]) with ordinality k (order_id, version, place)
 where exists (
     select
       from ordersync.order_audit a
      where a.table_name = 'orders'
        and a.order_id = k.order_id::uuid
        and a.version > k.version::bigint
        and a.plan_id is distinct from $3::text)
