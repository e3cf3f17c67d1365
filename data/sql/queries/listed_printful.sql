-- Stored Printful orders that a list of those created since $3 (unix seconds) should show; $1: to go on behind, as given.
select d.source_id, (extract(epoch from d.create_time) * 1000000)::bigint || ' ' || d.source_id
  from ordersync.source_documents d
 where d.source = 'printful'
   and d.deleted_at is null
   and d.create_time >= to_timestamp($3::bigint)
   and ($1::text is null
        or (d.create_time, d.source_id) <
           (timestamptz 'epoch' + split_part($1::text, ' ', 1)::bigint * interval '1 microsecond',
            split_part($1::text, ' ', 2)))
 order by d.create_time desc, d.source_id desc
 limit $2::bigint
