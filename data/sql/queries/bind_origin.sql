-- Two engines may bind at once: the first wins, both then read who it was.
insert into ordersync.sync_origin (source, identity)
values ($1, $2)
on conflict (source) do nothing
