insert into ordersync.schema_migrations (number, name, checksum, version)
values ($1, $2, $3, $4)
