-- What these customers ($1) did, from their orders but tests; an activity goes when its cause does. Shopify's orders do
-- not say when they were paid: the moment they were placed stands for it.
-- Looked up and compared as in customers_spend.
with mine as materialized (
    select o.customer_id, o.order_id, o.currency, o.total_price, o.financial_status, o.cancelled_at,
           coalesce(o.processed_at, o.created_at) as at
      from ordersync.orders o
     where o.customer_id = any ($1::uuid[])
       and o.test is not true
), shipments as materialized (
    select m.customer_id, f.order_id, f.shipment_status, m.at as placed_at, f.shipped_at, f.created_at, f.updated_at,
           row_number() over (partition by f.order_id
                              order by f.source collate "C", f.fulfillment_id collate "C") - 1 as position
      from mine m
      cross join lateral (
          select *
            from ordersync.order_fulfillments
           where order_id = m.order_id
          offset 0) f
     where coalesce(f.status, '') not in ('cancelled', 'canceled', 'failure', 'error')
       and (f.source <> 'printful' or f.position <> 0) -- the Printful order itself is no shipment
), refunds as (
    select m.customer_id, p.order_id, p.refund_id, coalesce(max(p.at), m.at) as at, p.currency,
           sum(p.amount) as amount
      from mine m
      cross join lateral (
          select *
            from ordersync.refund_payments
           where order_id = m.order_id
          offset 0) p
     group by m.customer_id, p.order_id, p.refund_id, p.currency, m.at
), returns as (
    select m.customer_id, r.order_id, r.return_id, coalesce(r.created_at, r.closed_at, m.at) as at
      from mine m
      cross join lateral (
          select *
            from ordersync.order_returns
           where order_id = m.order_id
             and position = 0
          offset 0) r
     where lower(coalesce(r.status, '')) not in ('requested', 'declined', 'cancelled', 'canceled')
), happened (customer_id, activity, order_id, position, at, amount, currency) as (
    select customer_id, 'placed', order_id, 0, at, total_price, currency
      from mine
    union all
    select customer_id, 'paid', order_id, 0, at, total_price, currency
      from mine
     where financial_status in ('paid', 'partially_refunded', 'refunded', 'no_payment_required')
    union all
    select customer_id, 'cancelled', order_id, 0, cancelled_at, null, null
      from mine
    union all
    select customer_id, 'fulfilled', order_id, position, coalesce(shipped_at, created_at, updated_at, placed_at),
           null, null
      from shipments
    union all
    select customer_id, 'delivered', order_id, position, coalesce(updated_at, shipped_at, created_at, placed_at),
           null, null
      from shipments
     where shipment_status = 'delivered'
    union all
    select customer_id, 'refunded', order_id,
           row_number() over (partition by order_id order by refund_id, currency collate "C") - 1, at, amount, currency
      from refunds
    union all
    select customer_id, 'returned', order_id, row_number() over (partition by order_id order by return_id) - 1, at,
           null, null
      from returns
), fresh as materialized (
    select customer_id, activity, order_id, position::integer as position, at, amount, currency
      from happened
     where at is not null
), stored as materialized (
    select a.ctid as place, a.*
      from ordersync.customer_activities a
     where a.customer_id = any ($1::uuid[])
), gone as (
    delete from ordersync.customer_activities
     where ctid = any (array(
         select max(k.place)
           from (select customer_id, activity, order_id, position, place from stored
                 union all
                 select customer_id, activity, order_id, position, null from fresh) k
          group by k.customer_id, k.activity, k.order_id, k.position
         having count(*) = count(k.place)))
), changed as (
    select customer_id, activity, order_id, position, at, amount::text, currency
      from fresh
    except
    select customer_id, activity, order_id, position, at, amount::text, currency
      from stored
)
insert into ordersync.customer_activities (customer_id, activity, order_id, position, at, amount, currency)
select customer_id, activity, order_id, position, at, amount::numeric, currency
  from changed
on conflict (customer_id, activity, order_id, position) do update
   set at = excluded.at,
       amount = excluded.amount,
       currency = excluded.currency
