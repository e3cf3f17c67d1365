-- The orders of a customer ($1), the newest first; at most $2.
select o.origin, o.origin_id, coalesce(o.name, o.order_number::text, o.origin_id), o.status,
       concat_ws(', ', o.financial_status, case when o.test then 'test' end,
                 case when o.cancelled_at is not null then 'cancelled' end),
       trim(concat_ws(' ', o.total_price, o.currency)),
       (extract(epoch from coalesce(o.processed_at, o.created_at)) * 1000000)::bigint, o.link_origin
  from ordersync.orders o
 where o.customer_id = $1::uuid
 order by coalesce(o.processed_at, o.created_at) desc nulls last, o.order_id
 limit $2::bigint
