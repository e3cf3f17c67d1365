#!/usr/bin/env bash
# The plan of a sync: nothing is written, and applied it is what the real sync makes of Stripe and Printful.
. "$(dirname "$0")/../lib/harness.sh"
python3 -c '' 2>/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
out=$WORK/out err=$WORK/err
run() {
    "$ORDERSYNC" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    text=$(cat "$out" "$err")
}
number() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <"$out" 2>/dev/null; }
whole() {
    "$pg_bin/pg_dump" -d "$CONN dbname=$DB" | grep -Ev '^(--|\\(un)?restrict |SET |$)' | md5sum
}
# Orders and children without what tells of the way, and which documents found which sale.
sales() {
    fingerprint | grep -v '^source_documents'
    sql -c "select 'documents', count(*), md5(string_agg(source || source_id || version || coalesce(encode(digest, 'hex'), '') ||
            coalesce(order_id::text, ''), '' order by source, source_id)) from ordersync.source_documents"
}

cluster_start
rest_start stripe --generate 150 --seed 7
rest_start printful --generate 80 --seed 7 --link client_reference_id
export ORDERSYNC_PRINTFUL_LINK=client_reference_id
database_new real
state_new real
"$ORDERSYNC" sync --quiet >/dev/null 2>&1
real=$(sales)
database_new shop
state_new plan
before=$(whole)
run sync --dry-run --detailed-exitcode --json
is "a dry run with changes exits 2" "$code" 2
is "its plan is ready" "$(number state)" ready
is "the whole database is as before" "$(whole)" "$before"
is "no run, range, failure or command" "$(journal "select (select count(*) from runs), (select count(*) from ranges),
    (select count(*) from failures), (select count(*) from commands)")" "0|0|0|0"
holds "it holds sessions and Printful orders" [ "$(journal "select count(distinct source) from plan_rows")" = 2 ]
run apply last --auto-approve --json
# Lists of sessions do not tell refunds: a new sale that was refunded is another document by id, and is left to the sync.
refunded=$(sql -d "$CONN dbname=real" -c "select count(distinct order_id) from ordersync.order_refunds")
holds "some sales are refunded" [ "$refunded" -gt 0 ]
is "applied: refunded sales alone have moved" "$code $(number moved) $(number failed) $(number open)" "1 $refunded 0 0"
"$ORDERSYNC" sync --quiet >/dev/null 2>&1
is "every sale is what the real sync made" "$(sales)" "$real"
is "audit: each row names plan or run" "$(sql -c "select count(*) from ordersync.order_audit where plan_id is null and run_id is null")" 0
is "audit: no version is missing or twice" "$(audit_gaps)" 0
run sync --dry-run --detailed-exitcode --json
is "nothing is left to do" "$code $(number create) $(number update)" "0 0 0"
harness_end
