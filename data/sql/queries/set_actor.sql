-- Who writes, for the audit triggers, and that it notes changed customers itself; until the transaction ends.
select set_config('ordersync.run_id', $1, true),
       set_config('ordersync.plan_id', $2, true),
       set_config('ordersync.command_id', $3, true),
       set_config('ordersync.operator', $4, true),
       set_config('ordersync.origin', $5, true),
       set_config('ordersync.noting_customers', 'on', true)
