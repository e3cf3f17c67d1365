select distinct o.origin_id
  from ordersync.orders o
 where o.payment_intent_id = any ($1::text[])
   and o.origin = 'stripe'
