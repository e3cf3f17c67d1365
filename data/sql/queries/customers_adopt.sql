-- Sales without a customer that the e-mails of these customers ($1) name: linked as if they were written now. What is
-- erased stays unknown, and what a person unlinked stays unlinked. Arrays instead of joins: the sales are looked for
-- once, not once a customer.
update ordersync.orders o
   set customer_id = (select c.customer_id
                        from ordersync.customers c
                       where c.email_match = ordersync.match_email(coalesce(o.customer_email, o.email))
                         and c.merged_into is null),
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
               and c.erased_at is null))))
returning o.order_id
