-- Once for each pair: what a person decided is not asked again.
insert into ordersync.customer_reviews (order_id, customer_id, other_customer_id, reason)
select distinct on (v.customer_id, v.other_customer_id)
       v.order_id::uuid, v.customer_id::uuid, v.other_customer_id::uuid, v.reason
  from unnest($1::text[], $2::text[], $3::text[], $4::text[])
       v (order_id, customer_id, other_customer_id, reason)
 where not exists (
     select from ordersync.customer_reviews r
      where r.other_customer_id = v.other_customer_id::uuid
        and r.customer_id = v.customer_id::uuid)
 order by v.customer_id, v.other_customer_id
on conflict (customer_id, other_customer_id) where state = 'open' do nothing
