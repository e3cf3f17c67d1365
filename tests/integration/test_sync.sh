#!/usr/bin/env bash
# Look-back over Stripe and Printful, against a reading of the same APIs that shares nothing with it: what lands, what
# is left alone, what changes later, what a source does wrong, what a kill costs, and that nothing but GET leaves.
. "$(dirname "$0")/../lib/harness.sh"
python3 -c '' 2>/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
truth() { python3 "$srcdir/tests/integration/sync_truth.py" "$@" | LC_ALL=C sort; }
seed=7
items=1,2,1,2,1,2,1,2,1,2,1,2,1,2,11,101 # few long lists: each costs a request, of which 100 a second are allowed

sync_as() { # NAME ARGS...: sets code; output in $out and $log
    out=$WORK/$1.json log=$WORK/$1.log
    shift
    "$ORDERSYNC" sync --json "$@" >"$out" 2>"$log"
    code=$?
}
figures() { # NAME...: numbers of the last output
    local name
    for name in "$@"; do printf '%s ' "$(json "$name" <"$out")"; done | sed 's/ $//'
}
landed_sessions() {
    sql -F '|' -c "select o.origin_id, o.financial_status, o.total_price, o.currency, coalesce((select string_agg(i.source_line_id || ':' ||
        i.quantity, ',' order by i.source_line_id collate \"C\") from ordersync.order_line_items i
        where i.order_id = o.order_id and i.source_line_id like 'li_%'), '')
        from ordersync.orders o where origin = 'stripe'" | LC_ALL=C sort
}
landed_refunds() {
    sql -c "select distinct payment_id from ordersync.order_refunds where component = 'refund'" | LC_ALL=C sort
}
landed_orders() { # attached ones
    sql -F '|' -c "select parent_id, fulfillment_id from ordersync.order_fulfillments where source = 'printful'
        and fulfillment_id not like 'PF-%' union all
        select parent_id, 'PF|' || status || '|' || trim_scale(cost_total) from ordersync.order_fulfillments
        where source = 'printful' and fulfillment_id like 'PF-%'" | LC_ALL=C sort
}
true_orders() { # of those that are attached here
    sql -c "select source_id from ordersync.source_documents where source = 'printful' and order_id is not null" |
        LC_ALL=C sort >"$WORK/attached"
    truth orders "$PRINTFUL_API_BASE" | awk -F '|' '
        NR == FNR { there[$1] = 1; next }
        $1 in there { if ($2 == "PF" && $4 ~ /\./) { sub(/0+$/, "", $4); sub(/\.$/, "", $4) }
                      print $1 "|" $2 ($2 == "PF" ? "|" $3 "|" $4 : "") }' "$WORK/attached" - | LC_ALL=C sort
}
equal_sources() { # WHAT
    is "$1: every session, its amount and its items" "$(landed_sessions | md5sum)" "$(truth sessions "$STRIPE_API_BASE" | md5sum)"
    is "$1: attached Printful orders, their shipments and costs" "$(landed_orders | md5sum)" "$(true_orders | md5sum)"
    is "$1: no order's audit misses or repeats a version" "$(audit_gaps)" 0
}

# ---- before anything starts ----
state_new early
sync_as keys --source stripe
is "no Stripe key: 78" "$code" 78
holds "and the variable is named" grep -q STRIPE_SECRET_KEY "$log"
STRIPE_SECRET_KEY=sk_test_sim STRIPE_API_BASE=http://127.0.0.1:9 sync_as keys
is "no Printful key: 78, though Stripe has one" "$code" 78
holds "and the variable is named" grep -q PRINTFUL_API_KEY "$log"
is "nothing has begun" "$(ls "$ORDERSYNC_STATE_DIR" 2>/dev/null)" ""
sync_as flags --days 0
is "days are at least one" "$code" 64
sync_as flags --source firestore
is "only sources that are looked back over" "$code" 64
holds "the help says what days means" sh -c "'$ORDERSYNC' sync --help | grep -q CREATED"

# ---- all of it ----
cluster_start
rest_start stripe --generate 700 --seed $seed --items $items
rest_start printful --generate 300 --seed $seed --link client_reference_id
export ORDERSYNC_PRINTFUL_LINK=client_reference_id
database_new sync
state_new sync
sessions=$(truth sessions "$STRIPE_API_BASE" | wc -l)
unmatched=$(rest_dump printful | awk -F '\t' '$5 == "-" || $5 ~ /^manual/' | wc -l)
"$ORDERSYNC" sync >"$WORK/words" 2>"$WORK/words.log"
is "a first sync" "$?" 0
is "its summary, in words" "$(head -n 3 "$WORK/words"; grep -c '^Printful Orders Checked: 300$\|^Errors: 0$' "$WORK/words")" \
    "Stripe Sessions Checked: $sessions
Stripe Sessions Added: $sessions
Stripe Sessions Skipped: 0
2"
equal_sources "first sync"
is "every refund" "$(landed_refunds | md5sum)" "$(truth refunds "$STRIPE_API_BASE" | md5sum)"
is "a refund leaves the payment status" "$(sql -c "select count(*) from ordersync.orders o join ordersync.order_refunds
    using (order_id) where o.origin = 'stripe' and financial_status not in ('paid', 'no_payment_required')")" 0
holds "what matches no sale is stored and counted" test "$(sql -c "select count(*) from ordersync.source_documents
    where source = 'printful' and order_id is null")" -ge "$unmatched"
is "the origins are bound" "$(sql -c "select count(*) from ordersync.sync_origin where source in ('stripe', 'printful')")" 2

before=$(fingerprint; sql -c "select count(*) from ordersync.order_audit")
logged=$(wc -l <"$WORK/stripe.requests")
sync_as second
is "a second sync adds nothing" "$code $(figures stripe_sessions_checked stripe_sessions_added stripe_sessions_skipped \
    stripe_sessions_updated printful_orders_updated printful_items_added errors)" "0 $sessions 0 $sessions 0 0 0 0"
is "and writes nothing" "$(fingerprint; sql -c "select count(*) from ordersync.order_audit")" "$before"

tail -n "+$((logged + 1))" "$WORK/stripe.requests" >"$WORK/requests"
holds "a hundred requests take four connections" test "$(wc -l <"$WORK/requests")" -gt 100 -a "$(cut -f 6 "$WORK/requests" | sort -u | wc -l)" -le 4
plain=$(sql -c "select origin_id from ordersync.orders where origin = 'stripe' and not exists (
    select 1 from ordersync.order_refunds r where r.order_id = orders.order_id) limit 1")
is "a session by id is the document that the list has" "$("$ORDERSYNC" pull "stripe/$plain" 2>/dev/null)" "stripe/$plain unchanged"

# ---- what changes later ----
paid=$(sql -c "select origin_id from ordersync.orders where financial_status = 'paid' and not exists (
    select 1 from ordersync.order_refunds r where r.order_id = orders.order_id) order by created_at limit 1")
cat >"$WORK/refund.json" <<JSON
{"id":"re_3Later","object":"refund","created":$(($(date +%s) - 60)),"amount":100,"currency":"usd","status":"succeeded",
 "payment_intent":"$(sql -c "select payment_intent_id from ordersync.orders where origin_id = '$paid'")","charge":"ch_3Later"}
JSON
rest_control stripe "put $WORK/refund.json"
pending=$(rest_dump stripe | awk -F '\t' '$3 == "complete" && $4 == "unpaid" { print $1; exit }')
"$ORDERSYNC" pull "stripe/$pending" >"$WORK/pull" 2>&1
is "a session that is complete and not paid yet is kept, and can be pulled" "$? $(sql -c "select financial_status from ordersync.orders where origin_id = '$pending'")" "0 unpaid"
rest_control stripe "turn $pending paid"
rest_dump printful | awk -F '\t' '$3 == "inprocess" && $5 ~ /^cart/ { print $1 }' >"$WORK/open"
shipped=$(sed -n 1p "$WORK/open") gone=$(sed -n 2p "$WORK/open")
rest_control printful "turn $shipped fulfilled"
rest_control printful "remove $gone"
sync_as later --days 1
is "later changes" "$code" 0
is "a session that was not paid yet is, however old" "$(sql -c "select financial_status from ordersync.orders where origin_id = '$pending'")" paid
is "a refund of these days is recorded at an old sale" "$(sql -c "select origin_id from ordersync.orders join
    ordersync.order_refunds using (order_id) where payment_id = 're_3Later' and component = 'refund'")" "$paid"
is "a Printful order moved on" "$(sql -c "select status from ordersync.order_fulfillments where fulfillment_id = 'PF-$shipped'")" fulfilled
is "one that is gone is a warning" "$(figures printful_orders_gone) $(grep -c "printful/$gone is gone" "$log")" "1 1"
is "and stays" "$(sql -c "select count(*) from ordersync.order_fulfillments where fulfillment_id = 'PF-$gone'")" 1
is "the cost of reading no order twice" "$(sort "$WORK/printful.requests" | cut -f 3 | sort | uniq -c |
    awk '/orders\/[0-9]/ && $1 > 1' | wc -l)" 0
rest_control stripe "add 3 paid"
sync_as added --days 1 --source stripe
is "sales that come later are added" "$code $(figures stripe_sessions_added)" "0 3"

# ---- Printful first: attached once the sale is there ----
database_new alone
state_new alone
sync_as alone --source printful
is "no sale: all are listed, none is invented" "$code $(figures printful_orders_unattached) $(sql -c 'select count(*) from ordersync.orders')" "0 299 0"
sync_as whole
is "then they attach" "$(sql -c "select count(*) from ordersync.source_documents where source = 'printful' and order_id is null")" \
    "$(figures printful_orders_unattached)"
equal_sources "Printful first"

# ---- Printful's orders whose webhooks were all lost, however old ----
with_one="select count(distinct order_id) from ordersync.source_documents where source = 'printful'" # several may have one name
attached=$(sql -c "$with_one")
database_new untold
state_new untold
sync_as sales --source stripe
sync_as untold --source printful --days 1
is "they are asked for by what the sale is called" "$code $(sql -c "$with_one")" "0 $attached"
is "that a sale has none is neither a warning nor an error" "$(figures printful_orders_gone errors) $(grep -c 'is gone' "$log")" "0 0 0"
equal_sources "untold"
sync_as wide --source printful
is "those without a sale are stored" "$(figures printful_orders_gone printful_orders_checked)" "0 299"
sql -c "select source_id from ordersync.source_documents where source = 'printful'
    and document ->> 'status' in ('fulfilled', 'canceled', 'archived')" | LC_ALL=C sort >"$WORK/final"
wide=$(wc -l <"$WORK/printful.requests")
sync_as narrow --source printful --days 1
is "and cost nothing any more once they are final" "$code $(tail -n "+$((wide + 1))" "$WORK/printful.requests" | cut -f 3 |
    sed -n 's:^/orders/\([0-9]*\)$:\1:p' | LC_ALL=C sort | LC_ALL=C comm -12 - "$WORK/final" | wc -l)" "0 0"
final=$(head -n 1 "$WORK/final")
rest_control printful "remove $final"
sync_as vanished --source printful
is "a final one that the list shows no more is asked for, and gone" "$code $(figures printful_orders_gone) $(grep -c "printful/$final is gone" "$log")" "0 1 1"

# ---- with no item, one, those that come along, one more, a page of them, one more ----
rest_stop stripe
rest_start stripe --generate 60 --seed $seed --items 0,1,10,11,100,101
database_new counts
state_new counts
sync_as counts --source stripe
is "of sessions with 0, 1, 10, 11, 100 and 101 items all" "$(sql -c "select string_agg(distinct n::text, ' ' order by n::text) from (
    select count(i.*) n from ordersync.orders o left join ordersync.order_line_items i on i.order_id = o.order_id
    and i.source_line_id like 'li_%' where o.origin = 'stripe' group by o.order_id) c")" "0 1 10 100 101 11"
equal_sources "counts of items"

# ---- a list that moves while it is read ----
rest_stop stripe
rest_start stripe --generate 2400 --seed $seed --items 1
database_new moving
state_new moving
truth sessions "$STRIPE_API_BASE" >"$WORK/still"
head -c 1000000 /dev/zero | tr '\0' x >"$WORK/note"
cat >"$WORK/long.json" <<JSON
{"id":"cs_test_long","object":"checkout.session","created":$(($(date +%s) - 7200)),"status":"complete","payment_status":"paid",
 "mode":"payment","currency":"eur","amount_total":1290,"amount_subtotal":1290,"metadata":{"note":"$(cat "$WORK/note")"},
 "line_items":{"object":"list","data":[],"has_more":false}}
JSON
rest_control stripe "put $WORK/long.json"
echo "arrive:method=sessions,after=3,count=2,more=3" >>"$WORK/stripe.control"
echo "vanish:method=sessions,after=7,count=4" >>"$WORK/stripe.control"
sync_as moving --source stripe
is "sessions come and go meanwhile" "$code $(figures errors)" "0 0"
: >"$WORK/stripe.control"
landed_sessions >"$WORK/landed"
is "none that was there is missed" "$(LC_ALL=C comm -23 "$WORK/still" "$WORK/landed" | wc -l)" 0
holds "cursors vanished" grep -q '	404	' "$WORK/stripe.requests"
is "a megabyte of metadata lands" "$(sql -c "select length(metadata ->> 'note') from ordersync.orders where origin_id = 'cs_test_long'")" 1000000
sync_as moved --source stripe
truth sessions "$STRIPE_API_BASE" >"$WORK/still"
landed_sessions >"$WORK/landed"
is "nor one that came" "$code $(LC_ALL=C comm -23 "$WORK/still" "$WORK/landed" | wc -l)" "0 0"
is "and none is doubled" "$(sql -c "select count(*) - count(distinct origin_id) from ordersync.orders") $(audit_gaps)" "0 0"
rest_stop stripe
rest_start stripe --generate 700 --seed $seed --items $items
sessions=$(truth sessions "$STRIPE_API_BASE" | wc -l)

# ---- what a source does wrong ----
database_new faults
state_new faults
for fault in exhausted:every=5,retry_after=1,count=6 unavailable:every=7,count=6 html:every=11,count=3 \
    truncate:every=13,count=3 cut:every=17,count=3; do
    echo "$fault" >>"$WORK/stripe.control"
done
echo "exhausted:every=2,retry_after=1,count=3" >>"$WORK/printful.control"
sync_as faults
is "storms of 429, 5xx, HTML, truncated bodies" "$code" 0
holds "were retried" test "$(grep -o '"retries":[0-9]*' "$out" | cut -d : -f 2 | sort -n | tail -n 1)" -gt 3
: >"$WORK/stripe.control"
: >"$WORK/printful.control"
equal_sources "after the storm"

database_new denied
state_new denied
rest_stop stripe
rest_start stripe --generate 700 --seed $seed --items $items --key sk_test_other
sync_as denied
is "a bad key: the source stops, the other goes on, no success" "$code $(figures printful_orders_checked)" "1 298"
is "with one message" "$(grep -c 'stripe stopped: OS-3035' "$log")" 1
is "which the run keeps, with the request's id" "$(grep -c 'stripe stopped: OS-3035.*(request req_' "$log") $(journal "select count(*) from runs where instr(message, '(request req_') > 0")" "1 1"
is "and no order" "$(sql -c "select count(*) from ordersync.orders")" 0
rest_stop stripe
sqlite3 "$ORDERSYNC_STATE_DIR/journal.db" "delete from ranges" # as a kill between a run's beginning and its ranges
rest_start stripe --generate 700 --seed $seed --items $items --permissions account
sync_as permission --source stripe
is "a missing permission" "$code $(grep -c 'stripe stopped: OS-3036' "$log")" "1 1"
holds "is named" grep -q 'Checkout Sessions' "$log"
rest_stop stripe
rest_start stripe --generate 700 --seed $seed --items $items
sync_as mended
is "a source that stopped is gone on with" "$code $(figures finished)" "0 true"
is "by the run that began" "$(journal "select count(*) from runs where source = 1 and result = 'abandoned'")" 0
equal_sources "mended"

rest_stop printful
rest_start printful --generate 300 --seed $seed --link client_reference_id --store 999
before=$(fingerprint)
sync_as store --source printful
is "another Printful store's orders never come in" "$code $(grep -c 'printful stopped: OS-4023' "$log") $(fingerprint)" "1 1 $before"
holds "and both stores are named" grep -q "store [0-9]*, not by 999" "$log"
rest_stop printful
rest_start printful --generate 300 --seed $seed --link client_reference_id

# ---- one broken order ----
database_new broken
state_new broken
cat >"$WORK/broken.json" <<JSON
{"id":"cs_test_broken","object":"checkout.session","created":$(($(date +%s) - 3600)),"status":"complete",
 "payment_status":"paid","mode":"payment","currency":"eur","amount_total":"12,90","amount_subtotal":1290,
 "line_items":{"object":"list","data":[],"has_more":false}}
JSON
rest_control stripe "put $WORK/broken.json"
sync_as broken
is "one broken order stops no other" "$code $(figures errors) $(sql -c "select count(*) from ordersync.orders where origin = 'stripe'")" "1 1 $sessions"
holds "and is a failure" sh -c "'$ORDERSYNC' failed --json | grep -q cs_test_broken"
"$ORDERSYNC" retry stripe/cs_test_broken >/dev/null 2>&1
holds "that can be retried by itself" wait_until 30 sh -c \
    "[ \"\$(sqlite3 'file:$ORDERSYNC_STATE_DIR/journal.db?mode=ro' \"select count(*) from attempts a join failures f on f.id = failure_id where source_id = 'cs_test_broken'\")\" -ge 2 ]"
rest_control stripe "remove cs_test_broken"
"$ORDERSYNC" pull stripe/cs_test_nobody >"$WORK/pull" 2>&1
is "an id that Stripe does not know" "$? $(grep -c 'does not hold it' "$WORK/pull")" "1 1"

# ---- kill -9 ----
kills=10
[ "${ORDERSYNC_LONG:-0}" = 1 ] && kills=100
rest_stop stripe
rest_stop printful
rest_start stripe --generate 3000 --seed $seed --latency-ms 20
rest_start printful --generate 300 --seed $seed --link client_reference_id --latency-ms 20
requests() { wc -l <"$WORK/$1.requests"; }
waiting() { sql -c "select count(*) from ordersync.source_documents where source = 'printful' and order_id is null"; }
database_new whole
state_new whole
began=$(requests stripe)
sync_as whole
way=$(($(requests stripe) - began))
whole_waiting=$(waiting)
database_new killed
state_new killed
RANDOM=$seed
# killed_sync SOURCE REQUESTS ARGS...: kill -9 once it has asked so often; whether that struck a run that had not ended
killed_sync() {
    local source=$1 until=$(($(requests "$1") + $2)) pid
    shift 2
    "$ORDERSYNC" sync --json "$@" >"$WORK/killed.json" 2>>"$WORK/killed.log" &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ "$(requests "$source")" -lt $until ]; do sleep 0.01; done
    sleep "0.0$((RANDOM % 10))" # from the asking to the commit
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ $? = 137 ] && [ "$(journal "select count(*) from runs where kind = 'sync' and source = $([ "$source" = stripe ] && echo 1 || echo 2)
        and result = ''" 2>/dev/null)" = 1 ]
}
hits=0 printful_hits=0 attempts=0
while { [ $hits -lt $kills ] || [ $printful_hits -lt $((kills / 5)) ]; } && [ $attempts -lt $((6 * kills)) ]; do
    attempts=$((attempts + 1))
    if [ $((attempts % 3)) = 0 ]; then
        killed_sync printful $((RANDOM % 3 + 1)) --source printful && hits=$((hits + 1)) printful_hits=$((printful_hits + 1))
    elif killed_sync stripe $((RANDOM % (3 * way / kills) + 1)); then
        hits=$((hits + 1)) # the whole way is spread over two thirds of the kills
    elif [ "$(journal "select count(*) from runs where source = 1 and result = 'done'")" != 0 ]; then
        database_new killed # it came through: begin again
        state_new killed
    fi
done
echo "# $hits of $attempts kills struck a sync, $printful_hits of them Printful's"
holds "$kills kills struck a sync, a fifth of them Printful's" [ $hits -ge $kills -a $printful_hits -ge $((kills / 5)) ]
sync_as rest
is "after the kills the rest" "$code $(figures finished)" "0 true"
equal_sources "after the kills"
is "as many Printful orders wait for a sale as without a kill" "$(waiting)" "$whole_waiting"
is "every refund" "$(landed_refunds | md5sum)" "$(truth refunds "$STRIPE_API_BASE" | md5sum)"
is "one run of each source" "$(journal "select count(*) from runs where kind = 'sync' and result = 'abandoned'")" 0

# ---- an engine holds the journal ----
sim_start --generate 50
database_new engine
state_new engine
"$ORDERSYNC" listen >"$WORK/listen.out" 2>"$WORK/listen.log" &
listen=$!
pids+=($listen)
wait_until 60 sh -c "[ \"\$('$ORDERSYNC' status --json 2>/dev/null | grep -c '\"runs\":true')\" = 1 ]"
sync_as remote --source stripe
is "the engine that runs does it" "$code $(figures finished)" "0 true"
is "and the command is kept" "$(journal "select kind || ' ' || result from commands")" "sync done"
equal_sources "by the engine"
is "status shows the three sources" "$("$ORDERSYNC" status --json | grep -o '"source":"[a-z]*","state"' | sort -u | wc -l)" 3
"$ORDERSYNC" pull "stripe/$paid" >"$WORK/pull" 2>&1
is "and it pulls from Stripe" "$?" 0
kill $listen
wait $listen
is "it ends well" "$?" 0
ORDERSYNC_SYNC_SCHEDULE=25:00 "$ORDERSYNC" listen >/dev/null 2>"$WORK/schedule.log"
is "a schedule that is no time of day: 78" "$? $(grep -c sync_schedule "$WORK/schedule.log")" "78 1"

# ---- only reads ----
is "nothing but GET left" "$(cut -f 2 "$WORK/stripe.requests" "$WORK/printful.requests" | sort -u)" GET
is "never more than four at once" "$(cut -f 5 "$WORK/stripe.requests" "$WORK/printful.requests" | sort -n | tail -n 1 | awk '{ print ($1 <= 4) }')" 1
is "no key in any address" "$(grep -c 'sk_test_sim\|pf_sim' "$WORK/stripe.requests")" 0
harness_end
