select seq
  from ordersync.sync_fence
 where journal_id = $1::uuid
   and writer = $2::integer
