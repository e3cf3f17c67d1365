-- Every customer, whether it has orders or not.
insert into ordersync.customer_dirty (customer_id, reason)
select customer_id, $1
  from ordersync.customers
 order by customer_id
