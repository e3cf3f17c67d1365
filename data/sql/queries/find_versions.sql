-- The last version that the audit knows of each order; none of an order that never was.
select k.place, max(a.version)
  from unnest($1::text[]) with ordinality k (order_id, place)
  join ordersync.order_audit a on a.order_id = k.order_id::uuid and a.table_name = 'orders'
 group by k.place
