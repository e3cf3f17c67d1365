-- Sales without a customer that these customers' e-mails ($1) name: linked as if they were written now. What is erased
-- stays unknown.
update ordersync.orders o
   set customer_id = c.customer_id,
       link_origin = 'auto',
       applied_at = now()
  from ordersync.customers c
 where c.customer_id = any ($1::uuid[])
   and c.merged_into is null
   and c.erased_at is null
   and o.customer_id is null
   and o.origin = 'stripe'
   and ordersync.match_email(coalesce(o.customer_email, o.email)) = c.email_match
