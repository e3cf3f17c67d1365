-- Living customers whom a word ($1, '' all) names: our id, Shopify's id, e-mail, phone, or a part of name, e-mail or phone;
-- who was active last comes first. At most $2.
select c.customer_id, c.shop_customer_id, concat_ws(' ', c.first_name, c.last_name), c.email, c.phone, c.segment,
       c.orders_count,
       (select string_agg(s.net || ' ' || s.currency, ', ' order by s.net desc)
          from ordersync.customer_spend s
         where s.customer_id = c.customer_id),
       (extract(epoch from c.last_active_at) * 1000000)::bigint,
       (select count(*)
          from ordersync.customer_reviews r
         where r.state = 'open'
           and c.customer_id in (r.customer_id, r.other_customer_id))
  from ordersync.customers c
 where c.merged_into is null
   and ($1 = ''
        or c.customer_id::text = lower($1)
        or c.shop_customer_id::text = $1
        or c.email_match = ordersync.match_email($1)
        or c.phone_match = ordersync.match_phone($1)
        or concat_ws(' ', c.first_name, c.last_name, c.email, c.phone)
           ilike '%' || replace(replace(replace($1, '\', '\\'), '%', '\%'), '_', '\_') || '%')
 order by c.last_active_at desc nulls last, c.customer_id
 limit $2::bigint
