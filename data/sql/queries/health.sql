-- What `ordersync doctor` wants to know of a server: one row. Needs no schema and no rights but CONNECT.
select current_setting('server_version'),
       current_setting('server_version_num')::int,
       current_user,
       current_database(),
       pg_encoding_to_char(d.encoding),
       current_setting('fsync')::bool,
       current_setting('full_page_writes')::bool,
       pg_is_in_recovery() or current_setting('transaction_read_only')::bool,
       has_database_privilege(d.oid, 'CREATE'),
       s.oid is not null,
       coalesce((select bool_and(has_table_privilege(c.oid, 'SELECT') and has_table_privilege(c.oid, 'INSERT'))
                 from pg_class c where c.relnamespace = s.oid and c.relkind = 'r'), true),
       (extract(epoch from clock_timestamp()) * 1000000)::bigint,
       current_setting('max_connections')::int,
       (select count(*) from pg_stat_activity where backend_type = 'client backend'),
       pg_database_size(d.oid)
from pg_database d
left join pg_namespace s on s.nspname = 'ordersync'
where d.datname = current_database();
