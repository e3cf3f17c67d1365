-- Two customers with one key (Shopify customer id) may be one person: a person decides, once for each pair.
insert into ordersync.customer_reviews (customer_id, other_customer_id, reason)
select h.customer_id, c.customer_id, 'two customers have one Shopify customer id'
  from unnest($1::bigint[]) k (key)
  join ordersync.customers h on h.shop_customer_id = k.key and h.merged_into is null
  join ordersync.customers c on c.shop_customer_claim = k.key and c.merged_into is null
 where not exists (
     select
       from ordersync.customer_reviews r
      where (r.customer_id = h.customer_id and r.other_customer_id = c.customer_id)
         or (r.customer_id = c.customer_id and r.other_customer_id = h.customer_id))
on conflict (customer_id, other_customer_id) where state = 'open' do nothing
