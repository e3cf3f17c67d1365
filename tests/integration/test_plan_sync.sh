#!/usr/bin/env bash
# The plan of a sync: nothing is written, SELECT is enough, and applied it is what the real sync makes of Stripe and
# Printful, also when it is killed on the way. Everything goes through a proxy that lets nothing but GET pass.
. "$(dirname "$0")/../lib/harness.sh"
python3 -c '' 2>/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
out=$WORK/out err=$WORK/err
kills=5
[ "${ORDERSYNC_LONG:-0}" = 1 ] && kills=40
seed=${ORDERSYNC_TEST_SEED:-$RANDOM}
echo "# seed $seed"
RANDOM=$seed
run() {
    "$ORDERSYNC" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    text=$(cat "$out" "$err")
}
number() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <"$out" 2>/dev/null; }
numbers() { local field; for field in "$@"; do printf '%s ' "$(number "$field")"; done | sed 's/ $//'; }
whole() {
    "$pg_bin/pg_dump" -d "$CONN dbname=$DB" | grep -Ev '^(--|\\(un)?restrict |SET |$)' | md5sum
}
# Orders and children without what tells of the way, and which documents found which sale.
sales() {
    fingerprint | grep -v '^source_documents'
    sql -c "select 'documents', count(*), md5(string_agg(source || source_id || version || coalesce(encode(digest, 'hex'), '') ||
            coalesce(order_id::text, ''), '' order by source, source_id)) from ordersync.source_documents"
}
# proxy_start NAME VARIABLE: from now on VARIABLE names a proxy before what it named; its log is $WORK/NAME.passed
proxy_start() {
    local name=$1 variable=$2
    : >"$WORK/$name.passed"
    python3 "$srcdir/tests/integration/read_proxy.py" "${!variable}" "$WORK/$name.proxy" "$WORK/$name.passed" 2>"$WORK/$name.proxy.log" &
    pids+=("$!")
    wait_until 30 test -s "$WORK/$name.proxy" || { cat "$WORK/$name.proxy.log"; echo "Bail out! no proxy"; exit 1; }
    export "$variable=http://127.0.0.1:$(cat "$WORK/$name.proxy")"
}
plan_row() { journal "select count(*) from plan_rows where plan = (select max(number) from plans) and source_id = '$1' and action = $2"; }

cluster_start
rest_start stripe --generate 150 --seed 7
rest_start printful --generate 80 --seed 7 --link client_reference_id
export ORDERSYNC_PRINTFUL_LINK=client_reference_id
proxy_start stripe STRIPE_API_BASE
proxy_start printful PRINTFUL_API_BASE

# ---- a sale that was stored unpaid, and is paid and refunded since ----

database_new shop
state_new pull
unpaid=$(rest_dump stripe | awk -F '\t' '$3 == "complete" && $4 == "unpaid" { print $1; exit }')
run pull "stripe/$unpaid"
is "an unpaid sale is stored" "$code $(sql -c "select financial_status from ordersync.orders where origin_id = '$unpaid'")" "0 unpaid"
rest_control stripe "turn $unpaid refunded"
database_new real
state_new real
"$ORDERSYNC" sync --quiet >/dev/null 2>&1
is "the real sync" "$?" 0
real=$(sales)
runs() { journal "select group_concat(quote(id)) from runs where kind = 'sync' and source = $1"; } # 1 stripe, 2 printful
is "its audit: each row names its run and operator, no plan" "$(sql -c "select count(*) from ordersync.order_audit
    where run_id is null or operator is null or plan_id is not null")" 0
is "... Stripe's rows Stripe's run, and Printful's Printful's" "$(sql -c "select
    (select count(*) > 0 and bool_and(run_id in ($(runs 1))) from ordersync.order_audit where table_name = 'orders' and operation = 'insert'),
    (select count(*) > 0 and bool_and(run_id in ($(runs 2))) from ordersync.order_audit where table_name = 'order_fulfillments')")" "t|t"

# ---- the plan ----

database_use shop
state_new plan
before=$(whole)
run sync --dry-run --detailed-exitcode --json
is "a dry run with changes exits 2" "$code" 2
is "its plan is ready" "$(number state)" ready
is "the whole database is as before" "$(whole)" "$before"
is "no run, range, failure or command" "$(journal "select (select count(*) from runs), (select count(*) from ranges),
    (select count(*) from failures), (select count(*) from commands)")" "0|0|0|0"
holds "it holds sessions and Printful orders" [ "$(journal "select count(distinct source) from plan_rows")" = 2 ]
is "the sale that was unpaid is an update" "$(plan_row "$unpaid" 1)" 1
planned=$(numbers create update tombstone conflict unchanged)

sql -c "create role os_sync_reader login" -c "grant usage on schema ordersync to os_sync_reader" \
    -c "grant select on all tables in schema ordersync to os_sync_reader"
owner=$DATABASE_URL
before=$(whole)
export DATABASE_URL="host=$PG_DIR user=os_sync_reader dbname=shop"
run sync --dry-run --json
is "a role with SELECT alone: exit code" "$code" 0
is "a role with SELECT alone: the same plan" "$(numbers create update tombstone conflict unchanged)" "$planned"
export DATABASE_URL=$owner
is "a role with SELECT alone: nothing was written" "$(whole)" "$before"

# ---- applied ----

refunded=$(sql -d "$CONN dbname=real" -c "select count(distinct order_id) from ordersync.order_refunds")
holds "some sales are refunded" [ "$refunded" -gt 1 ]
first=$(sql -c "select coalesce(max(audit_id), 0) from ordersync.order_audit")
run apply last --auto-approve --json
is "applied: nothing has moved, refunded sales neither" "$code $(numbers moved failed open state)" "0 0 0 0 applied"
is "every sale is what the real sync made" "$(sales)" "$real"
plan=$(journal "select id from plans order by number desc limit 1")
operator=$(journal "select operator from plans order by number desc limit 1")
is "its audit: each row names plan, command and operator" "$(sql -c "select count(*) from ordersync.order_audit where audit_id > $first
    and (plan_id is distinct from '$plan' or command_id is null or operator is distinct from '$operator')")" 0
is "... of Stripe's sales and of Printful's shipments" "$(sql -c "select count(*) filter (where table_name = 'orders' and operation = 'insert') > 0,
    count(*) filter (where table_name = 'order_fulfillments') > 0 from ordersync.order_audit where plan_id = '$plan'")" "t|t"
is "audit: no version is missing or twice" "$(audit_gaps)" 0
run sync --dry-run --detailed-exitcode --json
is "nothing is left to do" "$code $(numbers create update)" "0 0 0"

# ---- only reads ----

run pull "printful/$(sql -c "select source_id from ordersync.source_documents where source = 'printful' limit 1")"
is "a Printful order is pulled" "$code" 0
upstream() { cut -f 2 "$WORK/$1.requests" | sort | uniq -c | awk '{ print $2, $1 }'; }
for name in stripe printful; do
    variable=${name^^}_API_BASE
    holds "$name: the proxy saw a sync, dry runs, an application and a pull" [ "$(wc -l <"$WORK/$name.passed")" -gt 50 ]
    is "$name: nothing but GET left, without a body, to that host" "$(cut -f 1,2,4 "$WORK/$name.passed" | sort -u)" \
        "$(printf 'GET\t%s\t0' "${!variable#http://}")"
    is "$name: nothing went past the proxy" "$(upstream "$name")" "GET $(wc -l <"$WORK/$name.passed")"
    is "$name: no key in any address" "$(grep -c 'sk_test_sim\|pf_sim' "$WORK/$name.passed")" 0
    asked=$(wc -l <"$WORK/$name.requests")
    is "$name: the proxy lets no POST pass" "$(python3 -c 'import sys, urllib.error, urllib.request
try: print(urllib.request.urlopen(sys.argv[1] + "/v1/refunds", b"amount=1").status)
except urllib.error.HTTPError as error: print(error.code)' "${!variable}") $(tail -n 1 "$WORK/$name.passed" | cut -f 1,4)" \
        "405 $(printf 'POST\t8')"
    is "$name: ... to the source" "$(wc -l <"$WORK/$name.requests")" "$asked"
done

# ---- a killed application continues ----

rest_stop stripe
rest_stop printful
rest_start stripe --generate 400 --seed 11
rest_start printful --generate 300 --seed 11 --link client_reference_id
database_new reference
state_new reference
"$ORDERSYNC" sync --quiet >/dev/null 2>&1
reference=$(sales)
killed_new() { # a plan, of which nothing is applied
    database_new killed
    state_new killed
    run sync --dry-run --json
    rows=$(($(number create) + $(number update)))
}
applied() { journal "select count(*) from plan_rows where state = 1 and source = $1" 2>/dev/null; }
requests() { cat "$WORK/stripe.requests" "$WORK/printful.requests" | wc -l; }
killed_new
holds "a plan of sales and Printful orders" [ "$rows" -gt 500 ]
hits=0 printful_hits=0 attempts=0
while { [ $hits -lt $kills ] || [ $printful_hits = 0 ]; } && [ $attempts -lt $((4 * kills)) ]; do
    attempts=$((attempts + 1))
    # Every other kill waits for Printful's rows; the others strike while sales are read or written.
    printful=$((attempts % 2 == 0))
    more=$(($(requests) + RANDOM % 150 + 1))
    "$ORDERSYNC" apply last --auto-approve >/dev/null 2>&1 &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        if [ $printful = 1 ]; then [ "$(applied 2)" -gt 0 ] && break; else [ "$(requests)" -ge $more ] && break; fi
        sleep 0.01
    done
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ $? = 137 ] || { killed_new; continue; } # it came through: a new plan
    hits=$((hits + 1))
    [ $printful = 1 ] && printful_hits=$((printful_hits + 1))
done
echo "# $hits kills hit an application, $printful_hits of them among Printful's rows"
holds "$kills kills hit an application, one at least among Printful's rows" [ $hits -ge $kills -a $printful_hits -gt 0 ]
run apply last --auto-approve --json
is "the last one ends" "$code" 0
is "all is applied, nothing moved" "$(numbers applied moved failed open state)" "$rows 0 0 0 applied"
is "every sale is what the real sync made" "$(sales)" "$reference"
is "no audit misses or repeats a version" "$(audit_gaps)" 0
is "each of its rows names the plan" "$(sql -c "select count(distinct plan_id), count(*) filter (where plan_id is null) from ordersync.order_audit")" "1|0"
harness_end
