-- Which sale each attached document belongs to. $1: what its reference ($2) is compared with (enum sale_link); $3: the
-- metadata key; $4: the order it is attached to. One order must match, or the one it has stays; of a Shopify reference
-- the order's id goes before its number, which two shops' orders may share. The last column: the sale's customer was
-- erased.
select k.place, s.order_id, c.erased_at is not null
  from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality k (link, reference, key, held, place)
  cross join lateral (
      select case when bool_or(m.order_id = k.held::uuid) then k.held::uuid
                  when count(*) = 1 then min(m.order_id::text)::uuid end as order_id
        from (
            (select o.order_id
               from ordersync.orders o
              where k.link = '0'
                and o.shop_order_id = (case when k.reference ~ '^[1-9][0-9]{0,17}$' then k.reference end)::bigint)
            union all
            (select o.order_id
               from ordersync.orders o
              where k.link = '0'
                and o.order_number = (substring(k.reference from '^#?([1-9][0-9]{0,17})$'))::bigint
                and not exists (
                    select
                      from ordersync.orders p
                     where p.shop_order_id = (case when k.reference ~ '^[1-9][0-9]{0,17}$' then k.reference end)::bigint)
              order by o.order_id = k.held::uuid desc nulls last
              limit 2)
            union all
            (select o.order_id
               from ordersync.orders o
              where k.link = '1'
                and o.client_reference_id = k.reference
              order by o.order_id = k.held::uuid desc nulls last
              limit 2)
            union all
            (select o.order_id
               from ordersync.orders o
              where k.link = '2'
                and o.payment_intent_id = k.reference
              order by o.order_id = k.held::uuid desc nulls last
              limit 2)
            union all
            (select o.order_id
               from ordersync.orders o
              where k.link = '3'
                and o.metadata @> jsonb_build_object(k.key, k.reference)
              order by o.order_id = k.held::uuid desc nulls last
              limit 2)) m) s
  join ordersync.orders o on o.order_id = s.order_id
  left join ordersync.customers c on c.customer_id = o.customer_id
