-- Which other documents hold the Shopify order ids that this batch claims.
select k.place, o.origin, o.origin_id
  from unnest($1::text[], $2::text[]) with ordinality k (shop_order_id, order_id, place)
  join ordersync.orders o on o.shop_order_id = k.shop_order_id::bigint
 where o.order_id <> k.order_id::uuid
 order by k.place
