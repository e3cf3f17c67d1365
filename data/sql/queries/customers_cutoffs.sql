-- New cut-offs by percent rank, so that equal customers score alike; money in $1, or with '' in the currency most
-- orders are in. Rows older than two years go. Answers whether these are the
-- first.
with money as (
    select coalesce(nullif($1::text, ''),
                    (select currency
                       from ordersync.customer_spend
                      group by currency
                      order by sum(orders_count) desc, currency collate "C"
                      limit 1)) as currency
), ranked as (
    select c.last_order_at, c.orders_count::numeric as orders, s.net,
           percent_rank() over (order by c.last_order_at) as recency,
           percent_rank() over (order by c.orders_count) as frequency
      from ordersync.customers c
      cross join money
      left join ordersync.customer_spend s on s.customer_id = c.customer_id and s.currency = money.currency
     where c.orders_count > 0
       and c.merged_into is null
), ranked_money as (
    select net, percent_rank() over (order by net) as monetary
      from ranked
     where net is not null
), old as (
    delete from ordersync.segment_cutoffs
     where as_of < now() - interval '2 years'
)
insert into ordersync.segment_cutoffs (customers, currency, recency, frequency, monetary)
select (select count(*) from ranked),
       (select currency from money),
       (select array_agg(coalesce(v.lowest, 'infinity') order by v.step)
          from (select step, (select min(last_order_at) from ranked where recency >= step / 5.0) as lowest
                  from generate_series(1, 4) step) v),
       (select array_agg(coalesce(v.lowest, 'Infinity') order by v.step)
          from (select step, (select min(orders) from ranked where frequency >= step / 5.0) as lowest
                  from generate_series(1, 4) step) v),
       (select array_agg(coalesce(v.lowest, 'Infinity') order by v.step)
          from (select step, (select min(net) from ranked_money where monetary >= step / 5.0) as lowest
                  from generate_series(1, 4) step) v)
returning (select count(*) from ordersync.segment_cutoffs) = 0
