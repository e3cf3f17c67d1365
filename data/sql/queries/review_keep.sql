update ordersync.customer_reviews
   set state = 'kept_apart', decided_at = now(), decided_by = $2, note = $3
 where review_id = $1::bigint
