-- Whether new cut-offs are due: none yet, older than $1 seconds, of another currency than $2 ('': any), or from less
-- than half as many customers as there are. 0 customers: nothing to take them from.
with newest as (
    select as_of, customers, currency
      from ordersync.segment_cutoffs
     order by as_of desc
     limit 1
), now as (
    select count(*) as customers
      from ordersync.customers
     where orders_count > 0
       and merged_into is null
)
select now.customers > 0
       and (newest.as_of is null
            or newest.as_of < now() - $1::bigint * interval '1 second'
            or ($2::text <> '' and newest.currency is distinct from $2::text)
            or now.customers > 2 * newest.customers)
  from now
  left join newest on true
