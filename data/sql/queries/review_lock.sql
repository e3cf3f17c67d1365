-- A review and its two customers, who led on to others where they were merged since it was opened (the fifth column), or
-- while this waited for the lock (the sixth). No stronger lock than the foreign keys of orders allow.
select r.state, a.customer_id, b.customer_id, a.erased_at is not null or b.erased_at is not null,
       r.customer_id <> a.customer_id or r.other_customer_id <> b.customer_id,
       a.merged_into is not null or b.merged_into is not null
  from ordersync.customer_reviews r
  join ordersync.customers x on x.customer_id = r.customer_id
  join ordersync.customers y on y.customer_id = r.other_customer_id
  join ordersync.customers a on a.customer_id = coalesce(x.merged_into, x.customer_id)
  join ordersync.customers b on b.customer_id = coalesce(y.merged_into, y.customer_id)
 where r.review_id = $1::bigint
   for no key update of r, a, b
