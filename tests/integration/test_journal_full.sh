#!/usr/bin/env bash
# The journal on a full file system, and held by another engine: a clear message, a stopped engine, nothing lost.
. "$(dirname "$0")/../lib/harness.sh"
orders=2000
cluster_start
sim_start --generate $orders --seed 14 --broken 40
export ORDERSYNC_PAGE_SIZE=25
database_new reference
state_new reference
"$ORDERSYNC" backfill --json >"$WORK/reference.json" 2>/dev/null
wanted=$(fingerprint)
failures=$(journal "select count(*) from failures")

# A file size limit is a full disk that needs no root: SQLite sees a short write.
database_new crowded
state_new full
(ulimit -f 220; "$ORDERSYNC" backfill --json) >"$WORK/full.json" 2>"$WORK/full.log"
code=$?
holds "a full disk ends the engine" [ $code -ne 0 ] && [ $code -ne 1 ]
contains "the message names the journal" "$(cat "$WORK/full.log")" "OS-5"
"$ORDERSYNC" backfill --json >"$WORK/full2.json" 2>"$WORK/full2.log"
is "with room again it goes on to the end" $? 1
is "every table is the same to the row" "$(fingerprint)" "$wanted"
is "no failure was lost" "$(journal "select count(*) from failures")" "$failures"

database_new held
state_new held
sim_stop
sim_start --generate $orders --seed 14 --fault slow:every=1,delay_ms=100
"$ORDERSYNC" backfill >/dev/null 2>"$WORK/held.log" &
holder=$!
runs() { "$ORDERSYNC" status --json 2>/dev/null | grep -q '"runs":true'; }
holds "the first engine runs" wait_until 30 runs
"$ORDERSYNC" backfill >"$WORK/second.out" 2>"$WORK/second.log"
second=$?
holds "a second engine on the same journal is refused" [ $second -ge 64 ]
contains "it says which process holds it" "$(cat "$WORK/second.log")" "$holder"
kill -TERM $holder
wait $holder
is "SIGTERM drains, and says with its status that it is to be continued" $? 75
harness_end
