#!/usr/bin/env bash
# The journal on a full file system, and held by another engine: a clear message, a stopped engine, nothing lost.
. "$(dirname "$0")/../lib/harness.sh"
orders=2000
cluster_start
sim_start --generate $orders --seed 14 --broken 40 --control "$SIM_CONTROL"
export ORDERSYNC_PAGE_SIZE=25
database_new reference
state_new reference
"$ORDERSYNC" backfill --json >"$WORK/reference.json" 2>/dev/null
wanted=$(fingerprint)
failures=$(journal "select count(*) from failures")

# resumed WHAT STATUS: what came of it after all
resumed() {
    is "$1 goes on to the end" "$2" 1
    is "$1: every table is the same to the row" "$(fingerprint)" "$wanted"
    is "$1: no failure was lost" "$(journal "select count(*) from failures")" "$failures"
    is "$1: audit complete" "$(audit_gaps)" 0
}

# A file system of its own, which something else fills while the engine runs, until it has room again. All of it in one
# namespace, with which the mount vanishes.
database_new crowded
state_new full
mkdir -m 700 "$ORDERSYNC_STATE_DIR"
own_mounts="unshare --mount"
[ "$(id -u)" = 0 ] || own_mounts="unshare --map-root-user --mount"
some_landed() { [ "$(sql -c "select count(*) from ordersync.source_documents")" -gt 100 ]; }
crowded() {
    mount -t tmpfs -o size=64m,mode=700 none "$ORDERSYNC_STATE_DIR" || return
    "$ORDERSYNC" backfill --json >"$WORK/full.json" 2>"$WORK/full.log" &
    wait_until 60 some_landed
    cat /dev/zero >"$ORDERSYNC_STATE_DIR/ballast" 2>/dev/null
    wait $!
    echo $? >"$WORK/full.code"
    "$ORDERSYNC" backfill --json >"$WORK/full0.json" 2>"$WORK/full0.log"
    echo $? >"$WORK/full0.code"
    rm "$ORDERSYNC_STATE_DIR/ballast"
    "$ORDERSYNC" backfill --json >"$WORK/full2.json" 2>"$WORK/full2.log"
    echo $? >"$WORK/full2.code"
    cp "$ORDERSYNC_STATE_DIR"/journal.db* "$WORK"
}
export WORK ORDERSYNC CONN DB
export -f crowded wait_until some_landed sql
echo "latency:delay_ms=200,method=RunQuery" >"$SIM_CONTROL"
if $own_mounts mount -t tmpfs none "$ORDERSYNC_STATE_DIR" 2>/dev/null; then
    $own_mounts bash -c crowded
    mv "$WORK"/journal.db* "$ORDERSYNC_STATE_DIR"
    is "a disk that fills up ends the engine" "$(cat "$WORK/full.code")" 74
    contains "the message says so" "$(cat "$WORK/full.log")" "OS-5005"
    is "on a full disk it does not begin" "$(cat "$WORK/full0.code")" 74
    contains "... and says how little is free" "$(cat "$WORK/full0.log")" "KiB of disk are free"
    resumed "with room again it" "$(cat "$WORK/full2.code")"
else
    skip "a full disk" "no file system can be mounted here"
fi
: >"$SIM_CONTROL"

# A limit on the size of files is another error of the same kind, and needs no mount.
database_new limited
state_new limited
(ulimit -f 220; "$ORDERSYNC" backfill --json) >"$WORK/limited.json" 2>"$WORK/limited.log"
is "a limit on the size of files ends the engine" $? 74
contains "the message names the journal" "$(cat "$WORK/limited.log")" "OS-5009: $ORDERSYNC_STATE_DIR/journal.db"
"$ORDERSYNC" backfill --json >"$WORK/limited2.json" 2>"$WORK/limited2.log"
resumed "without the limit it" $?

# Somebody's tool holds the file for longer than the engine waits (10 s).
database_new locked
state_new locked
echo "latency:delay_ms=200,method=RunQuery" >"$SIM_CONTROL"
"$ORDERSYNC" backfill --json >"$WORK/locked.json" 2>"$WORK/locked.log" &
engine=$!
holds "locked: it is under way" wait_until 60 some_landed
coproc TOOL { sqlite3 "$ORDERSYNC_STATE_DIR/journal.db" 2>&1; }
printf '%s\n' ".timeout 60000" "begin exclusive;" "select 'held';" >&"${TOOL[1]}"
read -r -t 60 answer <&"${TOOL[0]}"
is "locked: another process holds the file" "$answer" held
wait $engine
is "a locked file ends the engine" $? 74
contains "the message says so" "$(cat "$WORK/locked.log")" "OS-5006"
echo "rollback;" >&"${TOOL[1]}"
exec {TOOL[1]}>&-
wait "$TOOL_PID"
: >"$SIM_CONTROL"
"$ORDERSYNC" backfill --json >"$WORK/locked2.json" 2>"$WORK/locked2.log"
resumed "when it is free again it" $?

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
