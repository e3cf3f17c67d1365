#!/usr/bin/env bash
# Each fault of the simulated Firestore: the backfill ends complete, and says what it met.
. "$(dirname "$0")/../lib/harness.sh"
orders=3000
cluster_start
export ORDERSYNC_PAGE_SIZE=50

# What the engine counted of its requests: says whether a fault struck at all.
counted() { journal "select $1 from source_status where source = 0"; }
# begun NAME FAULT...: a simulator with these faults, a database and a journal of their own
begun() {
    local name=$1 faults=()
    shift
    for fault in "$@"; do faults+=(--fault "$fault"); done
    sim_start --generate $orders --seed 13 "${faults[@]}"
    database_new "$name"
    state_new "$name"
}
# complete NAME WHAT STATUS: it ended with STATUS, and nothing is missing
complete() {
    is "$2: exit status" "$3" 0
    is "$2: every document seen and landed" \
        "$(json seen <"$WORK/$1.json") $(sql -c 'select count(*) from ordersync.orders')" "$orders $orders"
    is "$2: audit complete" "$(audit_gaps)" 0
}
run() { # NAME WHAT FAULT...
    local name=$1 what=$2
    shift 2
    begun "$name" "$@"
    "$ORDERSYNC" backfill --json >"$WORK/$name.json" 2>"$WORK/$name.log"
    complete "$name" "$what" $?
    sim_stop
}
struck() { holds "it struck: requests were tried again" test "$(counted retries)" -gt 0; }

# A page may stand still for a minute before it is asked for anew: meanwhile the others.
begun stall stall:after=10,count=1,method=RunQuery
"$ORDERSYNC" backfill --json >"$WORK/stall.json" 2>"$WORK/stall.log" &
stalled=$!
stalled_sim=$SIM_PID

run slow "slow answers" slow:every=50,delay_ms=200
is "none was tried again" "$(counted retries)" 0
undisturbed=$(counted requests)
run unavailable "UNAVAILABLE now and then" unavailable:every=7
struck
run exhausted "RESOURCE_EXHAUSTED for a while" exhausted:after=10,count=2
struck
run cut "connection cut in the middle of a message" cut:every=9
struck
run stale "snapshot too old" stale:every=11
struck
run internal "INTERNAL now and then" internal:every=8
struck
run goaway "the server sends its clients away" goaway:every=13
struck
run unauthenticated "a token that is refused before its time" unauthenticated:every=10
is "a fresh token is no retry" "$(counted retries)" 0
holds "it struck: requests were sent again" test "$(counted requests)" -gt "$undisturbed"

begun denied denied:after=20,method=RunQuery
"$ORDERSYNC" backfill --json >"$WORK/denied.json" 2>"$WORK/denied.log"
is "permission denied ends it" $? 77
is "with one line" "$(grep -c 'ordersync: ' "$WORK/denied.log")" 1
contains "that names it" "$(cat "$WORK/denied.log")" "PERMISSION_DENIED"
landed=$(sql -c 'select count(*) from ordersync.orders')
holds "what came before is kept" test "$landed" -gt 0 -a "$landed" -lt $orders
sim_stop
sim_start --generate $orders --seed 13
"$ORDERSYNC" backfill --json >"$WORK/denied.json" 2>"$WORK/denied2.log"
complete denied "allowed again, it goes on" $?
contains "from where it was" "$(cat "$WORK/denied2.log")" "continuing"
sim_stop

state_use() { export ORDERSYNC_STATE_DIR=$WORK/state-$1; }
wait $stalled
status=$?
database_use stall
state_use stall
complete stall "silence in the middle" $status
struck
kill "$stalled_sim"
wait "$stalled_sim" 2>/dev/null

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
