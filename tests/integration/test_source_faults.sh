#!/usr/bin/env bash
# Each fault of the simulated Firestore: the backfill ends complete, and says what it met.
. "$(dirname "$0")/../lib/harness.sh"
orders=3000
cluster_start
export ORDERSYNC_PAGE_SIZE=50

run() { # NAME WHAT FAULT...
    local name=$1 what=$2 faults=()
    shift 2
    for fault in "$@"; do faults+=(--fault "$fault"); done
    sim_start --generate $orders --seed 13 "${faults[@]}"
    database_new "$name"
    state_new "$name"
    "$ORDERSYNC" backfill --json >"$WORK/$name.json" 2>"$WORK/$name.log"
    is "$what: exit status" $? 0
    is "$what: every document seen and landed" \
        "$(json seen <"$WORK/$name.json") $(sql -c 'select count(*) from ordersync.orders')" "$orders $orders"
    is "$what: audit complete" "$(audit_gaps)" 0
    sim_stop
}
run unavailable "UNAVAILABLE now and then" unavailable:every=7
run exhausted "RESOURCE_EXHAUSTED for a while" exhausted:after=10,count=2
run cut "connection cut in the middle of a message" cut:every=9
run slow "slow answers" slow:every=50,delay_ms=200
run stale "snapshot too old" stale:every=11

# The source goes away and comes back on the same port.
sim_start --generate $orders --seed 13 --fault slow:every=1,delay_ms=150
port=$SIM_PORT
database_new gone
state_new gone
"$ORDERSYNC" backfill --json >"$WORK/gone.json" 2>"$WORK/gone.log" &
pid=$!
seen_some() { [ "$("$ORDERSYNC" status --json 2>/dev/null | json seen)" -gt 50 ] 2>/dev/null; }
holds "source down: it was under way" wait_until 30 seen_some
kill -9 "$SIM_PID"
wait "$SIM_PID" 2>/dev/null
says_waiting() { "$ORDERSYNC" status --json 2>/dev/null | grep -q '"source":"firestore","state":"waiting"'; }
holds "source down: status says so" wait_until 30 says_waiting
SIM_FIXED_PORT=$port sim_start --generate $orders --seed 13
wait $pid
is "source killed and back: exit status" $? 0
is "source killed and back: complete" "$(sql -c 'select count(*) from ordersync.orders')" $orders
harness_end
