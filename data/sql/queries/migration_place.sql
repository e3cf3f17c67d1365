-- How the schema stands: absent, ours, empty (a role was given it), or somebody else's; with the names of what is there.
select case
         when n.oid is null then 'absent'
         when (select array_agg(a.attname::text order by a.attnum)
                 from pg_attribute a
                 join pg_class c on c.oid = a.attrelid
                where c.relnamespace = n.oid
                  and c.relname = 'schema_migrations'
                  and c.relkind = 'r'
                  and a.attnum > 0
                  and not a.attisdropped) = '{number,name,checksum,applied_at,version}' then 'ours'
         when exists (select from pg_class c where c.relnamespace = n.oid)
           or exists (select from pg_proc p where p.pronamespace = n.oid)
           or exists (select from pg_type t where t.typnamespace = n.oid) then 'foreign'
         else 'empty'
       end,
       (select string_agg(f.relname, ', ' order by f.relname)
          from (select c.relname
                  from pg_class c
                 where c.relnamespace = n.oid
                 order by c.relname
                 limit 5) f)
  from (values ('ordersync')) as wanted (name)
  left join pg_namespace n on n.nspname = wanted.name
