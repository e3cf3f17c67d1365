-- $1: the program's columns as a JSON array. True when mapping_columns holds anything else.
with wanted as (
    select w.table_name, w.column_name, w.column_type,
           array(select jsonb_array_elements_text(w.owners)) as owners, w.personal, w.comment
      from jsonb_to_recordset($1::jsonb)
        as w (table_name text, column_name text, column_type text, owners jsonb, personal boolean,
              comment text)
), known as (
    select table_name, column_name, column_type, owners, personal, comment
      from ordersync.mapping_columns
)
select exists ((table wanted except table known) union all (table known except table wanted))
