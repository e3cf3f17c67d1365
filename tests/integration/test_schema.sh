#!/usr/bin/env bash
# The migrations against the program's own table of columns, the rows of the public documents as PostgreSQL takes and
# gives them back, the audit and the versions, and the plans of the screens' queries.
. "$(dirname "$0")/../lib/harness.sh"
cluster_start
database_new schema
rows_copy=$builddir/tests/lib/rows_copy
export ORDERSYNC_SHARED=$SHARED

# --- table.c and the catalog ---
own="('orders', 'customer_id'), ('orders', 'link_origin'), ('orders', 'version'), ('orders', 'applied_at')"
catalog="select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'ordersync'::regnamespace and c.relname in ('$(echo $order_tables | sed "s/ /', '/g")')
      and (c.relname, a.attname) not in ($own)"
program="select table_name, column_name, replace(column_type, 'timestamptz', 'timestamp with time zone')
    from ordersync.mapping_columns"
is "the catalog has the columns of table.c, and no others" \
    "$(sql -c "($catalog except $program) union all ($program except $catalog)")" ""
is "table.c knows 9 tables" "$(sql -c 'select count(distinct table_name) from ordersync.mapping_columns')" 9
is "every table, view and column has a comment" "$(sql -c "
    select c.relname, a.attname from pg_class c
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and c.relkind = 'r'
    where c.relnamespace = 'ordersync'::regnamespace and c.relkind in ('r', 'v')
      and (obj_description(c.oid, 'pg_class') is null
           or (a.attnum is not null and col_description(c.oid, a.attnum) is null))")" ""
is "every function has a comment" "$(sql -c "select proname from pg_proc
    where pronamespace = 'ordersync'::regnamespace and obj_description(oid, 'pg_proc') is null")" ""

# --- rows in and out ---
if [ -d "$SHARED/orders" ]; then
    { echo "set timezone = 'UTC'; begin; set local ordersync.new_orders = 'on'; set local ordersync.run_id = 'run-1';"
      "$rows_copy" 2>"$WORK/rows.log"; echo "commit;"; } >"$WORK/rows.sql"
    holds "the rows of all public documents are taken by COPY" sql -f "$WORK/rows.sql"
    sed -n 's/^COPY ordersync\.\([a-z_]*\) (\(.*\)) FROM stdin;$/\1|\2/p' "$WORK/rows.sql" | sort -u >"$WORK/tables"
    while IFS='|' read -r table columns; do
        awk -v table="$table" '/^COPY /{ on = ($2 == "ordersync." table); next } /^\\\.$/{ on = 0 } on' \
            "$WORK/rows.sql" | LC_ALL=C sort >"$WORK/in"
        sql -c "set timezone = 'UTC'; copy (select $columns from ordersync.$table) to stdout" |
            LC_ALL=C sort >"$WORK/out"
        holds "$table: cells are in PostgreSQL's own form" cmp -s "$WORK/in" "$WORK/out"
    done <"$WORK/tables"
    is "a backfill's audit: one row an order, with digest, run and version" \
        "$(sql -c "select count(*), count(digest), min(run_id), max(version), min(table_name), max(table_name)
                   from ordersync.order_audit")" \
        "$(sql -c "select count(*), count(*), 'run-1', 1, 'orders', 'orders' from ordersync.orders")"
else
    skip "rows of public documents" "$SHARED/orders is not there"
fi

# --- audit and versions ---
database_new audit
id=00000000-0000-5000-8000-000000000001
sql <<SQL
insert into ordersync.orders (order_id, origin, origin_id, digest, status, email, total_price, currency)
values ('$id', 'firestore', '1', '\\xab', 'processing', 'a@b.example', 10.00, 'EUR');
insert into ordersync.source_documents (source, source_id, order_id, version, observed_at, mapping_version, document)
values ('firestore', '1', '$id', 1, now(), 1, '{}');
SQL
audit() { sql -c "select $1 from ordersync.order_audit where order_id = '$id' and ($2)"; }
is "insert: key and digest only" "$(audit 'version, operation, digest, changed is null, personal is null' true)" \
    "1|insert|\\xab|t|t"
sql -c "set ordersync.command_id = 'c7'; set ordersync.operator = 'ann'; set ordersync.origin = 'pts/3';
    update ordersync.orders set version = 99, status = 'shipped', email = 'c@d.example', applied_at = now()"
is "update: changed fields, personal ones apart, the version counted by the database" \
    "$(audit 'version, changed, personal, command_id, operator, origin, db_user' "operation = 'update'")" \
    '2|{"status": ["processing", "shipped"]}|{"email": ["a@b.example", "c@d.example"]}|c7|ann|pts/3|ordersync'
sql -c "begin; update ordersync.orders set applied_at = now();
    insert into ordersync.order_line_items (order_id, line_item_key, position, title) values ('$id', 5, 0, 'x');
    commit"
is "a child's insert carries its key and the order's new version" \
    "$(audit 'version, operation, row_key' "table_name = 'order_line_items'")" '3|insert|{"line_item_key": 5}'
is "a version without a change of the order's own fields is there" "$(audit 'changed' 'version = 3 and digest is null and row_key is null')" '{}'
sql -c "begin; set local ordersync.new_orders = 'on';
    insert into ordersync.order_tax_lines (order_id, scope, parent_key, position) values ('$id', 'order', '', 0); commit"
is "children of new orders are silent" "$(audit 'count(*)' "table_name = 'order_tax_lines'")" 0
sql -c "update ordersync.order_line_items set title = 'x' where false; update ordersync.order_line_items set title = 'y'"
is "empty statements are silent; a child's update names its change" \
    "$(audit 'row_key, changed' "table_name = 'order_line_items' and operation = 'update'")" \
    '{"line_item_key": 5}|{"title": ["x", "y"]}'
sql -c "update ordersync.order_line_items set line_item_key = 6"
is "a moved key shows as its two halves" \
    "$(audit "operation, row_key" "row_key = '{\"line_item_key\": 6}' or (row_key = '{\"line_item_key\": 5}' and operation = 'delete')" | sort | tr '\n' ' ')" \
    'delete|{"line_item_key": 5} insert|{"line_item_key": 6} '
sql -c "delete from ordersync.orders"
is "delete: the row as it was, personal columns apart" \
    "$(audit "version, before_image ->> 'status', before_image ? 'email', personal ->> 'email'" "operation = 'delete' and table_name = 'orders'")" \
    '4|shipped|f|c@d.example'
is "its children go in the same version" \
    "$(audit 'distinct version' "operation = 'delete' and table_name in ('order_tax_lines', 'order_line_items') and version = 4")" 4
is "the document keeps the last version" "$(sql -c 'select order_version from ordersync.source_documents')" 4
sql -c "insert into ordersync.orders (order_id, origin, origin_id, digest, status, version)
    values ('$id', 'firestore', '1', '\\xcd', 'processing', 5)"
is "versions 1..n: none missing, none twice" "$(audit "string_agg(version::text, ',' order by version)" "table_name = 'orders'")" 1,2,3,4,5
refused() { local what=$1 state=$2; shift 2; contains "$what" "$(sql -v VERBOSITY=verbose -c "$@" 2>&1)" "$state"; }
refused "a version twice is refused" 23505 "alter table ordersync.orders disable trigger raise_version;
    update ordersync.orders set version = 2"
sql -c "alter table ordersync.orders enable trigger raise_version"
refused "the audit refuses UPDATE" 42501 "update ordersync.order_audit set operator = 'x'"
refused "the audit refuses DELETE" 42501 "delete from ordersync.order_audit"
refused "the audit refuses TRUNCATE" 42501 "truncate ordersync.order_audit"
refused "the audit refuses more than erasure" 42501 "set ordersync.erasing = 'on'; update ordersync.order_audit set operator = 'x', personal = null"
is "personal data of an order's audit is erased" \
    "$(sql -c "select ordersync.audit_erase_personal('{$id}')"; audit 'count(*)' 'personal is not null')" "2
0"
refused "NaN is no money" 23514 "update ordersync.orders set total_price = 'NaN'"
refused "infinity is no money" 23514 "update ordersync.orders set total_price = 'Infinity'"

# --- what migration 9 notes: customers whose refunds were converted into too few digits ---
database_new digits
sql -c "insert into ordersync.customers (customer_id) select md5('c' || i)::uuid from generate_series(1, 4) i;
    insert into ordersync.orders (order_id, origin, origin_id, digest, status, currency, total_price,
        presentment_currency, presentment_total_price, customer_id)
    select md5('o' || i)::uuid, 'firestore', i, '\\x00', 'processing', case i when 3 then 'JPY' else 'EUR' end,
        case i when 2 then 50.00 else 50 end, 'USD', 60.00, md5('c' || i)::uuid from generate_series(1, 4) i;
    insert into ordersync.order_refunds (order_id, refund_id, component, position, kind, status, amount, currency)
    select md5('o' || i)::uuid, 1, 'transaction', 0, 'refund', 'success', 7, case i when 4 then 'EUR' else 'USD' end
    from generate_series(1, 4) i;
    delete from ordersync.customer_dirty"
sed -n '/^INSERT INTO/,$p' "$srcdir/data/sql/migrations/009_refunds.sql" >"$WORK/notes.sql"
sql -f "$WORK/notes.sql"
is "a migration has the customers of changed amounts computed again" \
    "$(sql -c "select customer_id = md5('c1')::uuid, reason from ordersync.customer_dirty")" "t|recompute"
database_use audit

# --- what a session planned while the tables were empty ---
database_new early
contains "the versions of orders are looked up even then" "$({ echo "set enable_seqscan = off; set enable_hashjoin = off;
    set enable_mergejoin = off; set plan_cache_mode = force_generic_plan; prepare q(text[]) as"
    cat "$srcdir/data/sql/queries/find_versions.sql"; echo "; explain execute q('{}')"; } | sql)" "Index Cond: ((order_id = "
database_use audit

# --- the screens' queries use their indexes ---
sql -c "insert into ordersync.customers (customer_id, email_match)
        select md5('c' || i)::uuid, 'p' || i || '@x.example' from generate_series(1, 2000) i;
    insert into ordersync.orders (order_id, origin, origin_id, digest, status, shop_order_id, order_number, created_at,
        customer_email, customer_id, financial_status, fulfillment_status)
    select md5('o' || i)::uuid, 'firestore', i, '\\x00', 'processing', i, i, now() - i * interval '1 min',
        'p' || i || '@x.example', md5('c' || i % 2000 + 1)::uuid,
        case when i % 100 = 0 then 'refunded' else 'paid' end, case when i % 100 = 0 then 'partial' end
    from generate_series(1, 20000) i;
    insert into ordersync.order_line_items (order_id, line_item_key, position)
    select md5('o' || i)::uuid, i, 0 from generate_series(1, 20000) i;
    insert into ordersync.source_documents (source, source_id, order_id, version, observed_at, mapping_version, document)
    select 'firestore', i, md5('o' || i)::uuid, 1, now(), 1, '{}' from generate_series(10, 20000) i;
    analyze"
# uses WHAT INDEX QUERY
uses() { contains "$1" "$(sql -c "explain $3")" "$2"; }
o=ordersync.orders
uses "an order by its Shopify id" orders_shop_order_id "select * from $o where shop_order_id = 7"
uses "an order by its number" orders_order_number "select * from $o where order_number = 7"
uses "orders by e-mail" orders_customer_email "select * from $o where customer_email = 'p7@x.example'"
uses "orders of a customer" orders_customer_id "select * from ordersync.customer_orders where customer_id = md5('c7')::uuid"
uses "newest orders" orders_created_at "select * from $o order by created_at desc limit 50"
uses "orders by payment status" orders_financial_status "select * from $o where financial_status = 'voided'"
uses "orders by fulfillment status" orders_fulfillment_status "select * from $o where fulfillment_status = 'restocked'"
uses "documents of an order" source_documents_order_id "select * from ordersync.source_documents where order_id = md5('o7')::uuid"
uses "a customer by e-mail" customers_email_match "select * from ordersync.customers where email_match = 'p7@x.example' and merged_into is null"
plan=$(sql -c "explain select * from ordersync.order_timeline where order_id = md5('o7')::uuid")
contains "a timeline reads the order's audit by index" "$plan" order_audit_version
is "a timeline scans no big table" "$(echo "$plan" | grep -c 'Seq Scan on \(orders\|order_audit\)')" 0
uses "an overview row reads its children by key" order_line_items_pkey "select * from ordersync.order_overview where order_number = 7"
sql -c "insert into ordersync.orders (order_id, origin, origin_id, digest, status, payment_intent_id, client_reference_id, metadata)
        select md5('s' || i)::uuid, 'stripe', 'cs_' || i, '\\x00', 'processing', 'pi_' || i, 'ref' || i,
            jsonb_build_object('order', i::text) from generate_series(1, 5000) i;
    insert into ordersync.source_documents (source, source_id, order_id, version, observed_at, mapping_version, document)
        select 'stripe', 'cs_' || i, md5('s' || i)::uuid, case when i % 500 = 0 then 1 else 2 end, now(), 1,
            '{\"status\": \"complete\"}'::jsonb from generate_series(1, 5000) i
        union all
        select 'printful', i::text, case when i % 500 <> 0 then md5('s' || i)::uuid end, 1, now(), 1,
            '{\"status\": \"fulfilled\"}'::jsonb from generate_series(1, 5000) i;
    analyze"
# asks WHAT INDEX STATEMENT PARAMETER..: a statement of data/sql/queries
asks() {
    local what=$1 index=$2 name=$3 types=$4 values=$5
    contains "$what" "$({ echo "prepare q($types) as"; cat "$srcdir/data/sql/queries/$name.sql"
        echo "; set plan_cache_mode = force_generic_plan; explain execute q($values)"; } | sql)" "$index"
}
one="'{0,1,2,3}', '{7,ref7,pi_7,7}', '{NULL,NULL,NULL,order}', '{NULL,NULL,NULL,NULL}'"
for index in orders_shop_order_id orders_order_number orders_client_reference_id orders_payment_intent_id orders_metadata; do
    asks "the sale of a Printful order: $index" $index find_sales 'text[], text[], text[], text[]' "$one"
done
asks "sessions of payment intents" orders_payment_intent_id sessions_of_intents 'text[]' "'{pi_7}'"
asks "unsettled sessions" source_documents_unsettled_stripe unsettled_stripe 'text, bigint' "'cs_1', 100"
asks "unsettled Printful orders" source_documents_unsettled_printful unsettled_printful 'text, bigint, text, text' "NULL, 100, '0', NULL"
asks "what moved since a plan" order_audit_version find_moved 'text[], text[], text' "'{}', '{}', 'p'"
sql -c "update ordersync.customers set merged_into = md5('c1')::uuid where customer_id in (select md5('c' || i)::uuid from generate_series(2, 200) i);
    with r as (insert into ordersync.customer_reviews (customer_id, other_customer_id, reason, state)
        select md5('c1')::uuid, md5('c' || i)::uuid, 'x', 'merged' from generate_series(2, 200) i
        returning review_id, customer_id, other_customer_id)
    insert into ordersync.customer_merges (review_id, kept, gone, orders, led, reviews)
        select review_id, customer_id, other_customer_id, '{}', '{}', '{}' from r;
    analyze"
keys="'{p7@x.example}', '{7}', '{+4930123456}', '{}', '{}', '{}', '{}', '{}', '{}'"
types='text[], bigint[], text[], text[], text[], text[], text[], text[], text[]'
asks "customers by e-mail" customers_email_match find_customers "$types" "$keys"
asks "customers by Shopify id" customers_shop_customer_id find_customers "$types" "$keys"
asks "customers by phone" customers_phone_match find_customers "$types" "$keys"
is "no customer is looked for in all of them" "$({ echo "prepare q($types) as"; cat "$srcdir/data/sql/queries/find_customers.sql"
    echo "; set plan_cache_mode = force_generic_plan; explain execute q($keys)"; } | sql | grep -c 'Seq Scan on customers ')" 0
asks "sales that wait for their customer" orders_unlinked_email customers_adopt 'uuid[]' "array[md5('c7')::uuid]"
harness_end
