-- The key goes to the first of those who claim it, unless somebody holds it. In the order of the keys, as apply inserts
-- them.
with first as (
    select distinct on (k.key) k.key, c.customer_id
      from unnest($1::text[]) k (key)
      join ordersync.customers c on c.email_claim = k.key and c.merged_into is null
     where not exists (
         select
           from ordersync.customers h
          where h.email_match = k.key
            and h.merged_into is null)
     order by k.key, c.erased_at is null, c.customer_id
)
update ordersync.customers c
   set email_match = c.email_claim, email_claim = null, updated_at = now()
  from first f
 where c.customer_id = f.customer_id
