-- The last version that the audit knows of each order; none of an order that never was. Looked up for each order: a join
-- that was planned while the audit was small would read all of it for as long as the session lives.
select k.place, a.version
  from unnest($1::text[]) with ordinality k (order_id, place)
  cross join lateral (
      select max(version) as version
        from ordersync.order_audit
       where order_id = k.order_id::uuid
         and table_name = 'orders') a
 where a.version is not null
