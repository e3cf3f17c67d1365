-- 0 e-mail, 1 the source's customer id, 2 phone, 3 our own id, 4 the customer that an order has and keeps: its document
-- names the same person as before, or the person was erased. Only living customers are matched by key; ids lead on to
-- the customer that took them over. The last column: erased.
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
select 4, k.order_id, coalesce(c.merged_into, c.customer_id), c.erased_at is not null
  from unnest($5::text[], $6::text[], $7::text[], $8::text[]) k (order_id, email, phone, shop_customer_id)
  join ordersync.orders o on o.order_id = k.order_id::uuid
  join ordersync.customers c on c.customer_id = o.customer_id
 where c.erased_at is not null
    or (coalesce(o.customer_email, o.email, o.contact_email), coalesce(o.customer_phone, o.phone),
        o.shop_customer_id) is not distinct from (k.email, k.phone, k.shop_customer_id::bigint)
