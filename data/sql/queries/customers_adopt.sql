-- Sales without a customer that the e-mails of these customers ($1) name, or those of customers merged into them: linked as
-- if they were written now. What is erased stays unknown, and what a person unlinked stays unlinked. Arrays instead of
-- joins: the sales are looked for once, not once a customer.
with gone as materialized (
    select distinct on (e.key) e.key, k.customer_id
      from ordersync.customer_merges m
      join ordersync.customers k on k.customer_id = m.kept
      cross join lateral unnest(m.gone || m.led) w (customer_id)
      join ordersync.customers g on g.customer_id = w.customer_id
      cross join lateral (values (coalesce(g.email_match, g.email_claim))) e (key)
     where m.kept = any ($1::uuid[])
       and k.merged_into is null
       and k.erased_at is null
       and g.merged_into = k.customer_id
       and e.key is not null
       and not exists (select from ordersync.customers h where h.email_match = e.key and h.merged_into is null)
     order by e.key, m.merged_at desc, g.customer_id
)
update ordersync.orders o
   set customer_id = coalesce((select c.customer_id
                                 from ordersync.customers c
                                where c.email_match = ordersync.match_email(coalesce(o.customer_email, o.email))
                                  and c.merged_into is null),
                              (select g.customer_id
                                 from gone g
                                where g.key = ordersync.match_email(coalesce(o.customer_email, o.email)))),
       link_origin = 'auto',
       applied_at = now()
 where o.order_id = any (array(
     select p.order_id
       from ordersync.orders p
      where p.customer_id is null
        and p.origin = 'stripe'
       and p.link_origin is distinct from 'manual'
       and ordersync.match_email(coalesce(p.customer_email, p.email)) = any (array(
            select c.email_match
              from ordersync.customers c
             where c.customer_id = any ($1::uuid[])
               and c.email_match is not null
               and c.merged_into is null
               and c.erased_at is null
            union all
            select g.key
              from gone g))))
returning o.order_id
