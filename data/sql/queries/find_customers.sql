-- 0 e-mail, 1 the source's customer id, 2 phone, 3 our own id. Only living customers are matched by key;
-- our own id leads on to the customer that took it over.
select 0, email_match, customer_id
  from ordersync.customers
 where merged_into is null
   and email_match = any ($1::text[])
union all
select 1, shop_customer_id::text, customer_id
  from ordersync.customers
 where merged_into is null
   and shop_customer_id = any ($2::bigint[])
union all
(select distinct on (phone_match) 2, phone_match, customer_id
   from ordersync.customers
  where merged_into is null
    and phone_match = any ($3::text[])
  order by phone_match, created_at, customer_id)
union all
select 3, customer_id::text, coalesce(merged_into, customer_id)
  from ordersync.customers
 where customer_id = any ($4::uuid[])
