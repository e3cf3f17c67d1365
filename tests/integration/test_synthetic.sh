#!/usr/bin/env bash
# What no public order document shows (tests/data): through the simulator into PostgreSQL, row by row, and back again.
. "$(dirname "$0")/../lib/harness.sh"
# A note of 300,000 characters is as legitimate as a short one; it is made here.
awk 'BEGIN { printf "{\"id\": 7100000001071, \"name\": \"#2008\", \"currency\": \"USD\", \"total_price\": \"1.00\", \"line_items\": [], \"note\": \""
    for (i = 0; i < 30000; i++) printf "0123456789"
    print "\"}" }' >"$WORK/huge-note.json"
documents=$(($(ls "$srcdir"/tests/data/*.json | wc -l) + 1))
cluster_start
database_new synthetic
state_new synthetic
sim_start --load "$srcdir/tests/data" "$WORK/huge-note.json"
"$ORDERSYNC" backfill --json >"$WORK/one.json" 2>"$WORK/one.log"
is "every document lands" "$? $(json seen <"$WORK/one.json") $(json created <"$WORK/one.json")" "0 $documents $documents"

# of ORDER-NUMBER TABLE COLUMNS: rows of this order in key order, one a line
of() { sql -F ' ' -c "select $3 from ordersync.$2 t join ordersync.orders o using (order_id) where o.name = '#$1' order by $4"; }
order() { sql -F ' ' -c "select $2 from ordersync.orders where name = '#$1'"; }
drift() { sql -F ' ' -c "select kind, path, detail from ordersync.schema_drift where source_id = '$1' order by 1, 2, 3"; }

is "three decimals stay three" "$(order 2001 "total_price, total_tax, presentment_total_price")" "12.345 0.615 12.345"
is "... of a tax line, too" "$(of 2001 order_tax_lines "t.price, t.presentment_price" t.position)" "0.615 0.615"

is "two currencies stand side by side" \
    "$(order 2002 "currency, total_price, presentment_currency, presentment_total_price, presentment_current_total_price")" \
    "USD 100.00 JPY 15043 12034"
is "a shipping refund and its lines" \
    "$(of 2002 order_refunds "t.component, coalesce(t.kind, '-'), coalesce(t.amount, t.subtotal), coalesce(t.presentment_amount, t.presentment_subtotal), t.full_refund" "t.component")" \
    "adjustment shipping_refund -5.00 -752 
refund -   
shipping - 5.00 752 t
transaction refund 3009  "
is "a transaction in the buyer's currency says so" \
    "$(of 2002 order_refunds "t.currency, t.currency_exchange_adjustment ->> 'final_amount'" 1 | sed '/^ $/d' | tail -n 1)" "JPY -20.01"
is "... and the order says what went back in its own" \
    "$(sql -c "select currency, refunded from ordersync.order_overview where name = '#2002'")" "USD|20.00"

is "a customer with a phone alone has no e-mail to match by" \
    "$(sql -F ' ' -c "select email is null, email_match is null, phone_match, sms_consent ->> 'state' from ordersync.customers where shop_customer_id = 6100000000031")" \
    "t t +49301234567 subscribed"
is "returns inside an order: header, lines in the order of their keys' names, fee" \
    "$(of 2004 order_returns "t.position, t.component, coalesce(t.reason, '-'), t.quantity, t.amount" t.position)" \
    "0 return - 2 
1 exchange_line_item - 1 
2 line_item size_too_small 1 
3 fee -  4.90"

is "U+0000 and halves of pairs become U+FFFD, a pair and an escaped backslash survive" "$(order 2005 note)" \
    $'NUL:\ufffd half:\ufffd low:\ufffd pair:\U1f600 escaped:\\u0000'
contains "... and it is recorded" "$(drift 7100000001041)" "value_rule note"
is "... the stored document holds the same" \
    "$(sql -c "select document ->> 'note' = (select note from ordersync.orders where name = '#2005') from ordersync.source_documents where source_id = '7100000001041'")" t
is "... and what it could not hold lies beside it" \
    "$(sql -c "select loss is not null from ordersync.source_documents where source_id = '7100000001041'")" t

is "attribute values keep their types" \
    "$(order 2006 "jsonb_path_query_array(note_attributes, '\$[*].value.type()'), note_attributes -> 2 ->> 'value'")" \
    '["boolean", "number", "number", "number", "null", "array", "object"] 9007199254740993'
is "... of properties, too" "$(of 2006 order_line_items "t.properties -> 0 -> 'value' ->> 'lines'" "t.position" | head -n 1)" 2

is "long texts are whole" "$(order 2007 "length(note), cardinality(tags)")" "9103 40"
is "... a note of 300,000 characters, too" "$(order 2008 "length(note)")" 300000
is "audit without gaps" "$(audit_gaps)" 0

reference=$(fingerprint)
"$ORDERSYNC" verify --deep --json >"$WORK/verify.json" 2>"$WORK/verify.log"
is "deep parity" $? 0
"$ORDERSYNC" reproject --all --json >"$WORK/reproject.json" 2>"$WORK/reproject.log"
is "rows from the stored documents are the same" "$? $(json updated <"$WORK/reproject.json")" "0 0"
is "... to the row" "$(fingerprint)" "$reference"
sql -c "set session_replication_role = replica; update ordersync.orders set note = 'x'; delete from ordersync.order_refunds; delete from ordersync.order_returns" >/dev/null
"$ORDERSYNC" reproject --all --json >"$WORK/reproject.json" 2>"$WORK/reproject.log"
is "and come back from them" "$(fingerprint)" "$reference"
"$ORDERSYNC" backfill --json >"$WORK/two.json" 2>"$WORK/two.log"
is "read again, nothing changes" "$? $(json unchanged <"$WORK/two.json")" "0 $documents"
harness_end
