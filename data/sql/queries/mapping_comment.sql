select ordersync.mapping_comment_columns()
