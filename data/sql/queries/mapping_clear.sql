delete from ordersync.mapping_columns
