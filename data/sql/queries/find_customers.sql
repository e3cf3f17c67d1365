-- 0 e-mail, 1 the source's customer id, 2 phone, 3 our own id, 4 the customer that an order has and keeps: its document
-- names the same person as before, or the person was erased. 5: by our own id a person whom the source knows by other
-- ids alone; not an erased one, who must not come back. The last column: erased.
--
-- A key is its living customer's first. Who was merged leads on to the customer that took it over, by the id and by the
-- keys it had; of several the latest merge counts. Merges are as few as persons decide: their customers are looked up by
-- id, without indexes of their own. No plan may read all customers, however few they were when it was made: hence
-- lookups for each row (offset 0, subselects) instead of joins.
with gone as materialized (
    select c.email, c.shop_customer_id, c.merged_into, m.merged_at, m.gone,
           (select k.erased_at is not null from ordersync.customers k where k.customer_id = c.merged_into) as erased
      from ordersync.customer_merges m
      cross join lateral (
          select coalesce(email_match, email_claim) as email,
                 coalesce(shop_customer_id, shop_customer_claim) as shop_customer_id, merged_into
            from ordersync.customers
           where customer_id = m.gone
          offset 0) c
     where c.email in (select unnest($1::text[]))
        or c.shop_customer_id in (select unnest($2::bigint[]))
)
select 0, email_match, customer_id, erased_at is not null
  from ordersync.customers
 where merged_into is null
   and email_match = any ($1::text[])
union all
(select distinct on (g.email) 0, g.email, g.merged_into, g.erased
   from gone g
  where g.email = any ($1::text[])
    and (select h.customer_id
           from ordersync.customers h
          where h.email_match = g.email
            and h.merged_into is null) is null
  order by g.email, g.merged_at desc, g.gone)
union all
select 1, shop_customer_id::text, customer_id, erased_at is not null
  from ordersync.customers
 where merged_into is null
   and shop_customer_id = any ($2::bigint[])
union all
(select distinct on (g.shop_customer_id) 1, g.shop_customer_id::text, g.merged_into, g.erased
   from gone g
  where g.shop_customer_id = any ($2::bigint[])
    and (select h.customer_id
           from ordersync.customers h
          where h.shop_customer_id = g.shop_customer_id
            and h.merged_into is null) is null
  order by g.shop_customer_id, g.merged_at desc, g.gone)
union all
(select distinct on (c.phone_match) 2, c.phone_match, coalesce(c.merged_into, c.customer_id),
        case when c.merged_into is null then c.erased_at is not null
             else (select k.erased_at is not null
                     from ordersync.customers k
                    where k.customer_id = c.merged_into) end
   from ordersync.customers c
  where c.phone_match = any ($3::text[])
  order by c.phone_match, c.merged_into is not null, c.created_at, c.customer_id)
union all
select case when a.other then 5 else 3 end, concat_ws(' ', k.customer_id, k.shop_customer_id), p.customer_id,
       p.erased_at is not null
  from unnest($4::text[], $9::text[]) k (customer_id, shop_customer_id)
  cross join lateral (
      select coalesce(merged_into, customer_id) as customer_id
        from ordersync.customers
       where customer_id = k.customer_id::uuid
      offset 0) c
  cross join lateral (
      select customer_id, shop_customer_id, erased_at
        from ordersync.customers
       where customer_id = c.customer_id
      offset 0) p
  cross join lateral (
      select p.erased_at is null
             and p.shop_customer_id <> k.shop_customer_id::bigint
             and not exists (
                 select
                   from ordersync.orders o
                  where o.customer_id = p.customer_id
                    and o.shop_customer_id = k.shop_customer_id::bigint) as other) a
union all
select 4, k.order_id, coalesce(c.merged_into, c.customer_id), c.erased_at is not null
  from unnest($5::text[], $6::text[], $7::text[], $8::text[]) k (order_id, email, phone, shop_customer_id)
  join ordersync.orders o on o.order_id = k.order_id::uuid
  join ordersync.customers c on c.customer_id = o.customer_id
 where c.erased_at is not null
    or (coalesce(o.customer_email, o.email, o.contact_email), coalesce(o.customer_phone, o.phone),
        o.shop_customer_id) is not distinct from (k.email, k.phone, k.shop_customer_id::bigint)
