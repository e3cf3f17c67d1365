-- Matches that wait for a person, the oldest first, then those that were decided last; at most $1.
with chosen as (
    (select r.*, 0 as part, extract(epoch from r.opened_at) as place
       from ordersync.customer_reviews r
      where r.state = 'open'
      order by r.opened_at, r.review_id
      limit $1::bigint)
    union all
    (select r.*, 1, -extract(epoch from r.decided_at)
       from ordersync.customer_reviews r
      where r.state <> 'open'
      order by r.decided_at desc nulls last
      limit 50)
)
select r.review_id, r.state, r.reason, (extract(epoch from r.opened_at) * 1000000)::bigint, r.decided_by, r.note,
       o.origin, o.origin_id, s.customer_id, s.shop_customer_id, concat_ws(' ', s.first_name, s.last_name), s.email,
       s.phone, s.segment, s.orders_count,
       (select string_agg(p.net || ' ' || p.currency, ', ' order by p.net desc)
          from ordersync.customer_spend p
         where p.customer_id = s.customer_id),
       (extract(epoch from s.last_active_at) * 1000000)::bigint, s.merged_into is not null
  from chosen r
  join ordersync.customers x on x.customer_id = r.customer_id
  join ordersync.customers y on y.customer_id = r.other_customer_id
  left join ordersync.orders o on o.order_id = r.order_id
  cross join lateral (values (0, case when r.state = 'open' then coalesce(x.merged_into, x.customer_id) else x.customer_id end),
                             (1, case when r.state = 'open' then coalesce(y.merged_into, y.customer_id) else y.customer_id end))
             w (side, customer_id)
  join ordersync.customers s on s.customer_id = w.customer_id
 order by r.part, r.place, r.review_id, w.side
