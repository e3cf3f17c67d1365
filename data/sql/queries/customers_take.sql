-- Up to $1 notes leave the queue; each customer they name once, in one order: those with more than the document they
-- were made from, those whose orders changed, those whose figures may be in another currency now,
-- then all. The first cut-offs change nothing but scores.
with taken as (
    delete from ordersync.customer_dirty
     where dirty_id in (select dirty_id from ordersync.customer_dirty order by dirty_id limit $1::bigint)
    returning customer_id, reason
)
select count(*), count(distinct customer_id),
       array_agg(distinct customer_id) filter (where reason not in ('made', 'cut-offs', 'first cut-offs')),
       array_agg(distinct customer_id) filter (where reason not in ('cut-offs', 'first cut-offs')),
       array_agg(distinct customer_id) filter (where reason <> 'first cut-offs'),
       array_agg(distinct customer_id)
  from taken
