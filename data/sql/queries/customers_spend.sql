-- Spend of these customers ($1) by currency, net of refunds, of orders that count. Compared as text,
-- because 0 and 0.00 are equal numbers and a row must not depend on which came first.
--
-- No two intermediate results are joined: where the planner's guess of their size is too low, that takes the square
-- of their rows. Refunds are looked up for each order (offset 0 keeps it so), old and new rows compared by set
-- operations.
with counted as materialized (
    select o.customer_id, o.order_id, o.currency, coalesce(o.total_price, 0) as price,
           coalesce(o.processed_at, o.created_at) as at
      from ordersync.orders o
     where o.customer_id = any ($1::uuid[])
       and ordersync.order_counts(o.test, o.cancelled_at, o.origin, o.financial_status)
), moved as (
    select customer_id, currency, 1 as orders, price, 0::numeric as refund, at
      from counted
    union all
    select c.customer_id, p.currency, 0, 0::numeric, p.amount, null
      from counted c
      cross join lateral (
          select currency, amount
            from ordersync.refund_payments
           where order_id = c.order_id
          offset 0) p
), fresh as materialized (
    select customer_id, currency, sum(orders) as orders_count, sum(price) as gross, sum(refund) as refunded,
           sum(price) - sum(refund) as net, min(at) as first_order_at, max(at) as last_order_at
      from moved
     where currency is not null
     group by customer_id, currency
), stored as materialized (
    select s.ctid as place, s.*
      from ordersync.customer_spend s
     where s.customer_id = any ($1::uuid[])
), gone as (
    delete from ordersync.customer_spend
     where ctid = any (array(
         select max(k.place)
           from (select customer_id, currency, place from stored
                 union all
                 select customer_id, currency, null from fresh) k
          group by k.customer_id, k.currency
         having count(*) = count(k.place)))
), changed as (
    select customer_id, currency, orders_count, gross::text, refunded::text, net::text, first_order_at, last_order_at
      from fresh
    except
    select customer_id, currency, orders_count, gross::text, refunded::text, net::text, first_order_at, last_order_at
      from stored
)
insert into ordersync.customer_spend
    (customer_id, currency, orders_count, gross, refunded, net, first_order_at, last_order_at)
select customer_id, currency, orders_count, gross::numeric, refunded::numeric, net::numeric, first_order_at,
       last_order_at
  from changed
on conflict (customer_id, currency) do update
   set orders_count = excluded.orders_count,
       gross = excluded.gross,
       refunded = excluded.refunded,
       net = excluded.net,
       first_order_at = excluded.first_order_at,
       last_order_at = excluded.last_order_at
