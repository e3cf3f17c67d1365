-- Children go with their order. Only its origin's deletion deletes an order, not that of a document attached to it.
with gone as (
    delete from ordersync.orders o
     using unnest($1::text[], $2::text[]) k (source, order_id)
     where o.order_id = k.order_id::uuid
       and o.origin = k.source
    returning o.order_id, o.customer_id
)
select k.place, gone.customer_id
  from unnest($2::text[]) with ordinality k (order_id, place)
  join gone on gone.order_id = k.order_id::uuid
