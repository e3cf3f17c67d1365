-- Figures of these customers ($1), after their spend and activities were written. The average is in $2, or with '' in the
-- currency most of the customer's orders are in.
with fresh as materialized (
    select c.customer_id, n.orders, n.first_at, n.last_at, a.at as active_at, s.average, s.currency,
           case when n.dated > 1
                then round(extract(epoch from n.last_at - n.first_at) / 86400 / (n.dated - 1), 4) end as frequency_days
      from ordersync.customers c
      cross join lateral (
          select count(*) as orders, count(o.at) as dated, min(o.at) as first_at, max(o.at) as last_at
            from (select coalesce(processed_at, created_at) as at
                    from ordersync.orders
                   where customer_id = c.customer_id
                     and ordersync.order_counts(test, cancelled_at, origin, financial_status)) o) n
      cross join lateral (
          select max(at) as at
            from ordersync.customer_activities
           where customer_id = c.customer_id) a
      left join lateral (
          select currency, round(net / orders_count, greatest(scale(net), 2)) as average
            from ordersync.customer_spend
           where customer_id = c.customer_id
             and orders_count > 0
             and ($2::text = '' or currency = $2::text)
           order by orders_count desc, currency collate "C"
           limit 1) s on true
     where c.customer_id = any ($1::uuid[])
)
update ordersync.customers c
   set orders_count = f.orders, average_order_value = f.average, average_currency = f.currency,
       first_order_at = f.first_at, last_order_at = f.last_at, order_frequency_days = f.frequency_days,
       last_active_at = f.active_at, updated_at = now()
  from fresh f
 where c.customer_id = f.customer_id
   and row(c.orders_count, c.average_order_value, c.average_currency, c.first_order_at, c.last_order_at,
           c.order_frequency_days, c.last_active_at)::text
       <> row(f.orders, f.average, f.currency, f.first_at, f.last_at, f.frequency_days, f.active_at)::text
