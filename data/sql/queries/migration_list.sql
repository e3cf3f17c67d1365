select number, name, checksum, (extract(epoch from applied_at) * 1000000)::bigint
  from ordersync.schema_migrations
 order by number
