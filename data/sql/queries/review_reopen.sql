-- Of a review that was kept apart, or merged ($1) while that can be undone: the one that was kept still lives, and the one
-- that went still leads to it. Orders that came since stay where they are. A key that somebody else has now is claimed:
-- recomputing decides whose it is.
with merge as (
    delete from ordersync.customer_merges m
     using ordersync.customers k, ordersync.customers g
     where m.review_id = $1::bigint
       and k.customer_id = m.kept
       and k.merged_into is null
       and g.customer_id = m.gone
       and g.merged_into = m.kept
    returning m.*
), moved as (
    update ordersync.orders o
       set customer_id = m.gone
      from merge m
     where o.order_id = any (m.orders)
       and o.customer_id = m.kept
    returning o.order_id
), back as (
    update ordersync.customers c
       set merged_into = case when c.customer_id <> m.gone then m.gone end,
           email_match = case when c.customer_id = m.gone and e.taken then null else c.email_match end,
           email_claim = case when c.customer_id = m.gone and e.taken then c.email_match else c.email_claim end,
           shop_customer_id = case when c.customer_id = m.gone and s.taken then null else c.shop_customer_id end,
           shop_customer_claim = case when c.customer_id = m.gone and s.taken then c.shop_customer_id else c.shop_customer_claim end,
           updated_at = now()
      from merge m
      cross join lateral (
          select exists (
              select
                from ordersync.customers h
                join ordersync.customers w on w.customer_id = m.gone and w.email_match = h.email_match
               where h.merged_into is null) as taken) e
      cross join lateral (
          select exists (
              select
                from ordersync.customers h
                join ordersync.customers w on w.customer_id = m.gone and w.shop_customer_id = h.shop_customer_id
               where h.merged_into is null) as taken) s
     where c.customer_id = m.gone
        or c.customer_id = any (m.led)
), noted as (
    insert into ordersync.customer_dirty (customer_id, reason)
    select k.customer_id, 'merge undone'
      from merge m
      cross join lateral (values (m.kept), (m.gone)) k (customer_id)
), reopened as (
    update ordersync.customer_reviews r
       set state = 'open', decided_at = null, decided_by = null, note = null
     where r.review_id = $1::bigint and (r.state = 'kept_apart' or exists (select from merge))
        or exists (select from merge m where r.review_id = any (m.reviews))
    returning review_id
)
select (select count(*) from reopened), (select count(*) from moved)
