-- $1 as in mapping_differs.
insert into ordersync.mapping_columns (table_name, column_name, column_type, owners, personal, comment)
select w.table_name, w.column_name, w.column_type,
       array(select jsonb_array_elements_text(w.owners)), w.personal, w.comment
  from jsonb_to_recordset($1::jsonb)
    as w (table_name text, column_name text, column_type text, owners jsonb, personal boolean,
          comment text)
