-- 0 e-mail, 1 the source's customer id, 2 phone, 3 our own id, 4 the erased customer that one of these orders has. Only
-- living customers are matched by key; our own id leads on to the customer that took it over. The last column: erased.
select 0, email_match, customer_id, erased_at is not null
  from ordersync.customers
 where merged_into is null
   and email_match = any ($1::text[])
union all
select 1, shop_customer_id::text, customer_id, erased_at is not null
  from ordersync.customers
 where merged_into is null
   and shop_customer_id = any ($2::bigint[])
union all
(select distinct on (phone_match) 2, phone_match, customer_id, erased_at is not null
   from ordersync.customers
  where merged_into is null
    and phone_match = any ($3::text[])
  order by phone_match, created_at, customer_id)
union all
select 3, c.customer_id::text, coalesce(m.customer_id, c.customer_id),
       case when m.customer_id is null then c.erased_at else m.erased_at end is not null
  from ordersync.customers c
  left join ordersync.customers m on m.customer_id = c.merged_into
 where c.customer_id = any ($4::uuid[])
union all
select 4, o.order_id::text, o.customer_id, true
  from ordersync.orders o
  join ordersync.customers c on c.customer_id = o.customer_id
 where o.order_id = any ($5::uuid[])
   and c.erased_at is not null
