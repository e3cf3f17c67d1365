-- Figures, scores and segment of these customers ($1), after their spend and activities were written. The average is
-- in $2, or with '' in the currency most of the customer's orders are in.
with cut as (
    select currency, recency, frequency, monetary
      from ordersync.segment_cutoffs
     order by as_of desc
     limit 1
), scored as (
    select c.customer_id, n.orders, n.first_at, n.last_at, a.at as active_at, s.average, s.currency,
           case when n.dated > 1
                then round(extract(epoch from n.last_at - n.first_at) / 86400 / (n.dated - 1), 4) end as frequency_days,
           1 + width_bucket(n.last_at, cut.recency) as recency,
           1 + width_bucket(nullif(n.orders, 0)::numeric, cut.frequency) as frequency,
           1 + width_bucket(m.net, cut.monetary) as monetary
      from ordersync.customers c
      left join cut on true
      left join ordersync.customer_spend m on m.customer_id = c.customer_id and m.currency = cut.currency
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
), fresh as materialized (
    select customer_id, orders, average, currency, first_at, last_at, frequency_days, recency, frequency,
           case when orders > 0 then monetary end as monetary,
           case when orders = 0 then 'PROSPECTS'
                else (select g.segment
                        from ordersync.segment_groups g
                       where recency between g.recency_low and g.recency_high
                         and (frequency + coalesce(monetary, frequency)) / 2.0 between g.value_low and g.value_high
                       order by g.position
                       limit 1) end as segment,
           active_at
      from scored
)
update ordersync.customers c
   set orders_count = f.orders, average_order_value = f.average, average_currency = f.currency,
       first_order_at = f.first_at, last_order_at = f.last_at, order_frequency_days = f.frequency_days,
       recency_score = f.recency, frequency_score = f.frequency, monetary_score = f.monetary, segment = f.segment,
       last_active_at = f.active_at, updated_at = now()
  from fresh f
 where c.customer_id = f.customer_id
   and row(c.orders_count, c.average_order_value, c.average_currency, c.first_order_at, c.last_order_at,
           c.order_frequency_days, c.recency_score, c.frequency_score, c.monetary_score, c.segment,
           c.last_active_at)::text
       <> row(f.orders, f.average, f.currency, f.first_at, f.last_at, f.frequency_days, f.recency, f.frequency,
              f.monetary, f.segment, f.active_at)::text
