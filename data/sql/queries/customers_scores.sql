-- Scores and segment of these customers ($1) by the newest cut-offs, after their figures were written.
with cut as (
    select currency, recency, frequency, monetary
      from ordersync.segment_cutoffs
     order by as_of desc
     limit 1
), scored as (
    select c.customer_id, c.orders_count,
           1 + width_bucket(c.last_order_at, cut.recency) as recency,
           1 + width_bucket(nullif(c.orders_count, 0)::numeric, cut.frequency) as frequency,
           case when c.orders_count > 0 then 1 + width_bucket(m.net, cut.monetary) end as monetary
      from ordersync.customers c
      left join cut on true
      left join ordersync.customer_spend m on m.customer_id = c.customer_id and m.currency = cut.currency
     where c.customer_id = any ($1::uuid[])
), fresh as materialized (
    select customer_id, recency, frequency, monetary,
           case when orders_count = 0 then 'PROSPECTS'
                else (select g.segment
                        from ordersync.segment_groups g
                       where recency between g.recency_low and g.recency_high
                         and (frequency + coalesce(monetary, frequency)) / 2.0 between g.value_low and g.value_high
                       order by g.position
                       limit 1) end as segment
      from scored
)
update ordersync.customers c
   set recency_score = f.recency, frequency_score = f.frequency, monetary_score = f.monetary, segment = f.segment,
       updated_at = now()
  from fresh f
 where c.customer_id = f.customer_id
   and (c.recency_score, c.frequency_score, c.monetary_score, c.segment)
       is distinct from (f.recency, f.frequency, f.monetary, f.segment)
