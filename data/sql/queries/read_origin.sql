select identity
  from ordersync.sync_origin
 where source = $1
