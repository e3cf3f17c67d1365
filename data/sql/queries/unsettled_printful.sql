-- Printful orders that may still change, and those that can get no other status but whose sale ($3: enum sale_link, $4: the
-- metadata key, as in find_sales) is here now: reading them once more attaches them. Without a sale they are not asked for
-- again. The first two conditions are the index's.
select d.source_id
  from ordersync.source_documents d
 where d.source = 'printful'
   and d.deleted_at is null
   and (d.order_id is null or (d.document ->> 'status') in ('fulfilled', 'canceled', 'archived') is not true)
   and ($1::text is null or d.source_id collate "C" > $1::text)
   and ((d.document ->> 'status') in ('fulfilled', 'canceled', 'archived') is not true
        or 1 = (
            select count(*)
              from (
                (select
                   from ordersync.orders o
                  where $3::text = '0'
                    and o.shop_order_id =
                        (substring(d.document ->> 'external_id' from '^[1-9][0-9]{0,17}$'))::bigint)
                union all
                (select
                   from ordersync.orders o
                  where $3::text = '0'
                    and o.order_number =
                        (substring(d.document ->> 'external_id' from '^#?([1-9][0-9]{0,17})$'))::bigint
                    and not exists (
                        select
                          from ordersync.orders p
                         where p.shop_order_id =
                               (substring(d.document ->> 'external_id' from '^[1-9][0-9]{0,17}$'))::bigint)
                  limit 2)
                union all
                (select
                   from ordersync.orders o
                  where $3::text = '1'
                    and o.client_reference_id = d.document ->> 'external_id'
                  limit 2)
                union all
                (select
                   from ordersync.orders o
                  where $3::text = '2'
                    and o.payment_intent_id = d.document ->> 'external_id'
                  limit 2)
                union all
                (select
                   from ordersync.orders o
                  where $3::text = '3'
                    and o.metadata @> jsonb_build_object($4::text, d.document ->> 'external_id')
                  limit 2)) m))
 order by d.source_id collate "C"
 limit $2::bigint
