select count(*), count(distinct customer_id)
  from ordersync.customer_dirty
