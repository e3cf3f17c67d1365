-- Figures, scores and segment of these customers ($1), after their spend and activities were written. The average is
-- in $2, or with '' in the currency most of the customer's orders are in.
with cut as (
    select currency, recency, frequency, monetary
      from ordersync.segment_cutoffs
     order by as_of desc
     limit 1
), counted as materialized (
    select o.customer_id, count(*) as orders, count(o.at) as dated, min(o.at) as first_at, max(o.at) as last_at
      from unnest($1::uuid[]) b (customer_id)
      join (select customer_id, test, cancelled_at, coalesce(processed_at, created_at) as at
              from ordersync.orders) o using (customer_id)
     where o.test is not true
       and o.cancelled_at is null
     group by o.customer_id
), active as materialized (
    select a.customer_id, max(a.at) as at
      from unnest($1::uuid[]) b (customer_id)
      join ordersync.customer_activities a using (customer_id)
     group by a.customer_id
), spent as materialized (
    select distinct on (s.customer_id) s.customer_id, s.currency,
           round(s.net / s.orders_count, greatest(scale(s.net), 2)) as average
      from unnest($1::uuid[]) b (customer_id)
      join ordersync.customer_spend s using (customer_id)
     where s.orders_count > 0
       and ($2::text = '' or s.currency = $2::text)
     order by s.customer_id, s.orders_count desc, s.currency collate "C"
), scored as (
    select c.customer_id, coalesce(n.orders, 0) as orders, n.first_at, n.last_at, a.at as active_at, s.average,
           s.currency,
           case when n.dated > 1
                then round(extract(epoch from n.last_at - n.first_at) / 86400 / (n.dated - 1), 4) end as frequency_days,
           1 + width_bucket(n.last_at, cut.recency) as recency,
           1 + width_bucket(n.orders::numeric, cut.frequency) as frequency,
           1 + width_bucket(m.net, cut.monetary) as monetary
      from unnest($1::uuid[]) b (customer_id)
      join ordersync.customers c using (customer_id)
      left join cut on true
      left join counted n using (customer_id)
      left join active a using (customer_id)
      left join spent s using (customer_id)
      left join ordersync.customer_spend m on m.customer_id = c.customer_id and m.currency = cut.currency
), fresh as materialized (
    select customer_id, orders, average, currency, first_at, last_at, frequency_days, recency, frequency,
           case when orders > 0 then monetary end as monetary,
           case when orders = 0 then 'PROSPECTS'
                else ordersync.customer_segment(recency, frequency, monetary) end as segment,
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
