#!/usr/bin/env bash
# Following the simulator through what goes wrong: parity with its dump afterwards, nothing missed, nothing deleted that
# should not be.
. "$(dirname "$0")/../lib/harness.sh"
LISTEN=${ORDERSYNC_LISTEN:-"$ORDERSYNC listen"}
if [ "$LISTEN" = "$ORDERSYNC listen" ] && ! "$ORDERSYNC" help listen >/dev/null 2>&1; then
    skip "following the simulator" "this build has no command that follows"
    harness_end
fi

listen_start() { $LISTEN >>"$WORK/listen.out" 2>>"$WORK/listen.log" & LISTEN_PID=$!; pids+=("$LISTEN_PID"); }
listen_stop() { kill -TERM "$LISTEN_PID" 2>/dev/null; wait "$LISTEN_PID" 2>/dev/null; }
listen_kill() { kill -KILL "$LISTEN_PID" 2>/dev/null; wait "$LISTEN_PID" 2>/dev/null; }
complete() { [ "$(journal "select complete from listen" 2>/dev/null)" = 1 ]; }
# What the target holds, failures and held deletes set aside, against what the simulator holds.
parity() {
    sim_dump "$WORK/dump" || return 1
    journal "select source_id from failures where state <> 3" 2>/dev/null | sort >"$WORK/set_aside"
    cut -f 1,2 "$WORK/dump" | sort | join -t "$(printf '\t')" -v 1 - "$WORK/set_aside" >"$WORK/theirs"
    sql -F "$(printf '\t')" -c "select source_id, version from ordersync.source_documents where deleted_at is null" |
        sort | join -t "$(printf '\t')" -v 1 - "$WORK/set_aside" >"$WORK/ours"
    cmp -s "$WORK/theirs" "$WORK/ours"
}
# settled WHAT: no change comes any more, and parity holds soon
settled() {
    sim_control "changes 0 #$RANDOM"
    if wait_until 180 parity; then ok "$1"; else
        not_ok "$1" "$(diff "$WORK/theirs" "$WORK/ours" | head -n 6; tail -n 5 "$WORK/listen.log")"
    fi
}
count() { sql -c "select count(*) from ordersync.source_documents where deleted_at is null"; }

cluster_start
database_new live
state_new live
sim_start --generate 400 --broken 4 --heartbeat-ms 500 --remember-seconds 2 --control "$SIM_CONTROL"

# From nothing: T, listen, backfill beside live changes.
sim_control "changes 60"
listen_start
holds "the first backfill completes beside live changes" wait_until 180 complete
settled "parity after it"
holds "broken orders are failures" test "$(journal "select count(*) from failures where state = 4")" -ge 1

# Killed, stopped, and away while documents are deleted that the server then only counts.
sim_control "changes 100 mix=10:60:30 #1"
sleep 1; listen_kill; sleep 1; listen_start; sleep 1; listen_stop
sleep 4
listen_start
settled "parity after a kill, a stop and deletes while away"

# The stream's own faults.
sim_control "changes 100 #2"
for fault in cut reset goaway filter:count=1 remove; do sleep 1; sim_control "now $fault #$RANDOM"; done
settled "parity after a cut, a reset, a GOAWAY, a wrong count and a removal"

# The target goes and comes back: the stream waits, nothing becomes a failure.
before=$(journal "select count(*) from failures")
sim_control "changes 100 #3"
sleep 1; pg_stop immediate; sleep 3; pg_start
settled "parity after a target that was down"
is "no order became a failure by it" "$(journal "select count(*) from failures")" "$before"

# An emptied collection: held, not deleted; then released, or refused.
held() { [ "$(journal "select count(*) from failures where state = 7")" -gt 0 ]; }
listen_stop
sim_stop
had=$(count)
: >"$SIM_CONTROL"
SIM_FIXED_PORT=$SIM_PORT sim_start --generate 20 --heartbeat-ms 500 --control "$SIM_CONTROL"
listen_start
holds "an emptied collection holds its deletes" wait_until 120 held
sleep 1
holds "and deletes nothing by itself" test "$(count)" -ge "$((had - 10))"
command() { # KIND ID: as a console would leave it
    journal_write "insert into commands (kind, arguments, operator, origin, reason, created_us)
        values ('$1', '{\"source\":\"firestore\",\"source_id\":\"$2\"}', 'tester', 'test', '', 0)"
}
one=$(journal "select source_id from failures where state = 7 order by last_us desc, source_id limit 1")
two=$(journal "select source_id from failures where state = 7 and source_id <> '$one' order by last_us desc limit 1")
gone() { [ "$(sql -c "select deleted_at is not null from ordersync.source_documents where source_id = '$one'")" = t ]; }
command release "$one"
holds "a released delete is done" wait_until 120 gone
command refuse "$two"
refused() { [ "$(journal "select state from failures where source_id = '$two'")" = 5 ]; }
holds "a refused one is skipped" wait_until 120 refused
sim_control "now reset #$RANDOM"
sleep 2
is "and the next listing does not ask again" "$(journal "select state from failures where source_id = '$two'")" 5
is "audit without gaps" "$(audit_gaps)" 0
listen_stop

# Another collection must never meet this target.
ORDERSYNC_COLLECTION=Others timeout 20 $LISTEN >/dev/null 2>"$WORK/other.log"
is "a wrong collection exits 78" $? 78

# Two engines with journals of their own and one target end in the same state.
sim_stop
: >"$SIM_CONTROL"
sim_start --generate 150 --heartbeat-ms 200 --control "$SIM_CONTROL"
database_new twins
twin_start() { state_new "$1"; listen_start; twins[$1]=$LISTEN_PID; }
twin_complete() { ORDERSYNC_STATE_DIR=$WORK/state-$1 complete; }
declare -A twins
sim_control "changes 60 mix=15:65:20 count=400 #twins"
twin_start one
twin_start two
holds "two engines: the first completes" wait_until 120 twin_complete one
holds "two engines: the second completes" wait_until 120 twin_complete two
LISTEN_PID=${twins[one]}
listen_kill
export ORDERSYNC_STATE_DIR=$WORK/state-one
listen_start
changed() { grep -q '^changes ended: 400' "$WORK/sim.out"; }
holds "two engines: all changes were made" wait_until 120 changed
settled "two engines: parity"
listen_stop
LISTEN_PID=${twins[two]}
listen_stop
is "two engines: audit without gaps" "$(audit_gaps)" 0
is "two engines: no failures" "$(for name in one two; do
    ORDERSYNC_STATE_DIR=$WORK/state-$name journal "select count(*) from failures"; done)" "0
0"
"$ORDERSYNC" verify --deep --json >"$WORK/twins.json" 2>"$WORK/twins.log"
is "two engines: contents as in the source" $? 0
harness_end
