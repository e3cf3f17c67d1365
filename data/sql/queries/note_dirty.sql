insert into ordersync.customer_dirty (customer_id, reason)
select distinct v.customer_id::uuid, v.reason
  from unnest($1::text[], $2::text[]) v (customer_id, reason)
