-- Spend of these customers ($1) by currency, net of refunds, without test and cancelled orders. Compared as text,
-- because 0 and 0.00 are equal numbers and a row must not depend on which came first.
with counted as materialized (
    select o.customer_id, o.order_id, o.currency, coalesce(o.total_price, 0) as price,
           coalesce(o.processed_at, o.created_at) as at
      from unnest($1::uuid[]) b (customer_id)
      join ordersync.orders o using (customer_id)
     where o.test is not true
       and o.cancelled_at is null
), moved as (
    select customer_id, currency, 1 as orders, price, 0::numeric as refund, at
      from counted
    union all
    select c.customer_id, p.currency, 0, 0::numeric, p.amount, null
      from counted c
      join ordersync.refund_payments p using (order_id)
), fresh as materialized (
    select customer_id, currency, sum(orders) as orders_count, sum(price) as gross, sum(refund) as refunded,
           sum(price) - sum(refund) as net, min(at) as first_order_at, max(at) as last_order_at
      from moved
     where currency is not null
     group by customer_id, currency
), gone as (
    delete from ordersync.customer_spend s
     using unnest($1::uuid[]) b (customer_id)
     where s.customer_id = b.customer_id
       and not exists (
           select
             from fresh f
            where f.customer_id = s.customer_id
              and f.currency = s.currency)
)
insert into ordersync.customer_spend
    (customer_id, currency, orders_count, gross, refunded, net, first_order_at, last_order_at)
select f.*
  from fresh f
  left join ordersync.customer_spend s using (customer_id, currency)
 where s.customer_id is null
    or row(f.*)::text <> row(s.*)::text
on conflict (customer_id, currency) do update
   set orders_count = excluded.orders_count,
       gross = excluded.gross,
       refunded = excluded.refunded,
       net = excluded.net,
       first_order_at = excluded.first_order_at,
       last_order_at = excluded.last_order_at
