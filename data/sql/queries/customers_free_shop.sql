-- Of those who want one of these keys (Shopify customer id, $1) the first has it: an erased customer, so that its data cannot
-- come back under another row, else the lowest id. The others let go of it and keep the claim.
with wanting as (
    select k.key, c.customer_id, c.erased_at
      from unnest($1::bigint[]) k (key)
      join ordersync.customers c on c.shop_customer_id = k.key and c.merged_into is null
    union all
    select k.key, c.customer_id, c.erased_at
      from unnest($1::bigint[]) k (key)
      join ordersync.customers c on c.shop_customer_claim = k.key and c.merged_into is null
), first as (
    select distinct on (key) key, customer_id
      from wanting
     order by key, erased_at is null, customer_id
)
update ordersync.customers c
   set shop_customer_id = null, shop_customer_claim = c.shop_customer_id, updated_at = now()
  from first f
 where c.shop_customer_id = f.key
   and c.customer_id <> f.customer_id
   and c.merged_into is null
