insert into ordersync.sync_fence as f (journal_id, writer, seq)
values ($1::uuid, $2::integer, $3::bigint)
on conflict (journal_id, writer) do update
   set seq = greatest(f.seq, excluded.seq),
       at = now()
