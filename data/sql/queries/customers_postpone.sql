-- A customer that cannot be recomputed goes to the end of the queue, so that the others behind it are reached.
with taken as (
    delete from ordersync.customer_dirty
     where dirty_id in (select dirty_id from ordersync.customer_dirty order by dirty_id limit 1)
    returning customer_id, reason
)
insert into ordersync.customer_dirty (customer_id, reason)
select customer_id, reason
  from taken
returning customer_id
