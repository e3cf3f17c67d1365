-- Up to $1 notes leave the queue; each customer they name once, in one order: those with more than the document they
-- were made from, those whose orders changed, then all. New cut-offs alone change nothing but scores.
with taken as (
    delete from ordersync.customer_dirty
     where dirty_id in (select dirty_id from ordersync.customer_dirty order by dirty_id limit $1::bigint)
    returning customer_id, reason
)
select count(*), count(distinct customer_id),
       array_agg(distinct customer_id) filter (where reason not in ('made', 'cut-offs')),
       array_agg(distinct customer_id) filter (where reason <> 'cut-offs'), array_agg(distinct customer_id)
  from taken
