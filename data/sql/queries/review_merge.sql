-- Review $1: customer $3 goes into $2, decided by $4 because of $5. Manual links stay manual. Whoever led to the one that
-- goes leads on at once: one step finds every customer.
with moved as (
    update ordersync.orders
       set customer_id = $2::uuid
     where customer_id = $3::uuid
    returning order_id
), led as (
    update ordersync.customers
       set merged_into = $2::uuid, updated_at = now()
     where customer_id = $3::uuid
        or merged_into = $3::uuid
    returning customer_id
), decided as (
    update ordersync.customer_reviews
       set state = 'merged', decided_at = now(), decided_by = $4, note = $5
     where review_id = $1::bigint
        or state = 'open'
           and ((customer_id = $2::uuid and other_customer_id = $3::uuid)
                or (customer_id = $3::uuid and other_customer_id = $2::uuid))
    returning review_id
), kept as (
    insert into ordersync.customer_merges (review_id, kept, gone, orders, led, reviews)
    select $1::bigint, $2::uuid, $3::uuid, array(select order_id from moved),
           array(select customer_id from led where customer_id <> $3::uuid),
           array(select review_id from decided where review_id <> $1::bigint)
), noted as (
    insert into ordersync.customer_dirty (customer_id, reason)
    values ($2::uuid, 'merged'), ($3::uuid, 'merged')
)
select count(*)
  from moved
