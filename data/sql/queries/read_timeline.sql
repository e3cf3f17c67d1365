-- Two branches, because the audit has an index for orders and one for their children. Values of personal
-- columns are left out; their names too.
with doc as (
    select order_id
      from ordersync.source_documents
     where source = $1
       and source_id = $2
), entries as (
    (select a.*
       from ordersync.order_audit a
       join doc on a.order_id = doc.order_id
      where a.table_name = 'orders'
      order by a.version desc
      limit $3::integer)
    union all
    (select a.*
       from ordersync.order_audit a
       join doc on a.order_id = doc.order_id
      where a.table_name <> 'orders'
      order by a.version desc
      limit $3::integer)
)
select (extract(epoch from at) * 1000000)::bigint, table_name, operation,
       coalesce('operator ' || operator, 'plan ' || plan_id, 'command ' || command_id, 'run ' || run_id,
                'database user ' || db_user),
       case operation
           when 'update' then jsonb_strip_nulls(jsonb_build_object('key', row_key)) || changed
           when 'delete' then before_image
           else row_key
       end,
       version
  from entries
 order by audit_id desc
 limit $3::integer
