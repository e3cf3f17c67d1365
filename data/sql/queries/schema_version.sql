select coalesce(max(number), 0)
  from ordersync.schema_migrations
