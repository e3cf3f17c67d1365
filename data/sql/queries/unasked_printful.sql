-- The newest $7 sales of the time from $5 to $6 (unix seconds) that are under way and of which no Printful order is here:
-- what their Printful order's external_id would be, by the setting printful_link ($3: enum sale_link, $4: the metadata
-- key); $1: to go on behind, as given. Printful takes no longer ones and no other characters.
select '@' || s.reference, (extract(epoch from s.created_at) * 1000000)::bigint || ' ' || s.order_id
  from (
      select o.created_at, o.order_id, r.reference
        from ordersync.orders o
       cross join lateral (
            select case $3::text when '0' then o.shop_order_id::text
                                 when '1' then o.client_reference_id
                                 when '2' then o.payment_intent_id
                                 when '3' then o.metadata ->> $4::text end as reference) r
       where o.status in ('processing', 'shipped')
         and o.created_at >= to_timestamp($5::bigint)
         and o.created_at < to_timestamp($6::bigint)
         and r.reference ~ '^[A-Za-z0-9_-]{1,32}$'
         and not exists (
              select
                from ordersync.source_documents d
               where d.order_id = o.order_id
                 and d.source = 'printful')
       order by o.created_at desc, o.order_id desc
       limit $7::bigint) s
 where $1::text is null
    or (s.created_at, s.order_id) <
       (timestamptz 'epoch' + split_part($1::text, ' ', 1)::bigint * interval '1 microsecond',
        split_part($1::text, ' ', 2)::uuid)
 order by s.created_at desc, s.order_id desc
 limit $2::bigint
