-- Of those who want one of these keys (e-mail, $1) the first has it: an erased customer, so that its data cannot
-- come back under another row, else the lowest id. The others let go of it and keep the claim.
with wanting as (
    select k.key, c.customer_id, c.erased_at
      from unnest($1::text[]) k (key)
      join ordersync.customers c on c.email_match = k.key and c.merged_into is null
    union all
    select k.key, c.customer_id, c.erased_at
      from unnest($1::text[]) k (key)
      join ordersync.customers c on c.email_claim = k.key and c.merged_into is null
), first as (
    select distinct on (key) key, customer_id
      from wanting
     order by key, erased_at is null, customer_id
)
update ordersync.customers c
   set email_match = null, email_claim = c.email_match, updated_at = now()
  from first f
 where c.email_match = f.key
   and c.customer_id <> f.customer_id
   and c.merged_into is null
