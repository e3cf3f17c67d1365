-- The database by its name and by when its schema was made: a restored copy has another name, a new one another time.
select current_database() || ' ' ||
       coalesce(to_char(min(applied_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')
  from ordersync.schema_migrations
