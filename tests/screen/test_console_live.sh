#!/usr/bin/env bash
# The real console, its lookups and its engine in one process, while a backfill is under way: keys, and the terminal's end.
# Then two more consoles beside a service: what the engine says and what one of them does is seen in the other.
. "$(dirname "$0")/../lib/harness.sh"
driver=$builddir/tests/screen/console_live
orders=3000
broken=12
cluster_start
database_new live
state_new live
export ORDERSYNC_PAGE_SIZE=25
"$driver" available || harness_end
# The answers wait, so that the backfill is still under way when the last key was answered, on any machine.
echo "latency:delay_ms=400,method=RunQuery" >"$SIM_CONTROL"
sim_start --generate $orders --broken $broken --seed 31 --control "$SIM_CONTROL"

holds "its engine at work: keys are answered, SIGHUP gives the terminal back" "$driver" own_engine
landed=$(sql -c "select count(*) from ordersync.orders")
holds "it was half-way" test "$landed" -gt 0 -a "$landed" -lt $((orders - broken))
is "nothing is in progress" "$(journal "select count(*) from failures_by_name where state = 'in_progress'")" 0
is "what landed is settled: the run is to be continued" "$(journal "select count(*) from runs where finished_us is null")" 1

: >"$SIM_CONTROL"
"$ORDERSYNC" backfill --json >"$WORK/rest.json" 2>"$WORK/rest.log"
is "it goes on to the end, with the failures of the documents" "$? $(json failed <"$WORK/rest.json")" "1 $broken"
is "every order is there" "$(sql -c "select count(*) from ordersync.orders")" $((orders - broken))
is "audit complete" "$(audit_gaps)" 0
"$ORDERSYNC" verify --deep --json >"$WORK/verify.json" 2>"$WORK/verify.log"
is "parity" $? 0

"$ORDERSYNC" listen >"$WORK/listen.out" 2>"$WORK/listen.log" &
service=$!
pids+=("$service")
said() { line=$(sed -n 's/.*\(run [0-9a-f-]* done\).*/\1/p' "$WORK/listen.log" | tail -n 1); [ -n "$line" ]; }
holds "a service runs" wait_until 60 said
# What only this engine can have said.
CONSOLE_LIVE_LINE=$line holds "two consoles beside it" "$driver" attached
is "what one of them wanted was done" "$(journal "select kind || ' ' || result from commands where origin like 'pts/%'")" "retry done"
kill -TERM "$service"
wait "$service"
is "the service ends by SIGTERM" $? 0
harness_end
