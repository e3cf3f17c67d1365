#!/usr/bin/env bash
# Deletes that no message tells of: forgotten by the server, or of documents that came and went while nobody listened.
. "$(dirname "$0")/../lib/harness.sh"

listen_start() { "$ORDERSYNC" listen >>"$WORK/listen.out" 2>>"$WORK/listen.log" & LISTEN_PID=$!; pids+=("$LISTEN_PID"); }
listen_stop() { kill -TERM "$LISTEN_PID" 2>/dev/null; wait "$LISTEN_PID" 2>/dev/null; }
listen_kill() { kill -KILL "$LISTEN_PID" 2>/dev/null; wait "$LISTEN_PID" 2>/dev/null; }
complete() { [ "$(journal "select complete from listen" 2>/dev/null)" = 1 ]; }
parity() {
    sim_dump "$WORK/dump" || return 1
    cut -f 1,2 "$WORK/dump" | sort >"$WORK/theirs"
    sql -F "$(printf '\t')" -c "select source_id, version from ordersync.source_documents where deleted_at is null" |
        sort >"$WORK/ours"
    cmp -s "$WORK/theirs" "$WORK/ours"
}
settled() {
    if wait_until 120 parity; then ok "$1"; else
        not_ok "$1" "$(diff "$WORK/theirs" "$WORK/ours" | head -n 6; tail -n 5 "$WORK/listen.log")"
    fi
}
documents() { wc -l <"$WORK/dump"; }
have() { sim_dump "$WORK/dump" && [ "$(documents)" -eq "$1" ]; }
# changed CREATES DELETES: the simulator made them
changed() {
    sim_dump "$WORK/dump"
    local then
    then=$(($(documents) + $1 - $2))
    sim_control "changes 200 mix=$((100 * ($1 > 0))):0:$((100 * ($2 > 0))) count=$(($1 + $2)) #$RANDOM$RANDOM"
    wait_until 60 have "$then"
}
warned() { grep -c 'the source counts' "$WORK/listen.log"; }
warned_more() { [ "$(warned)" -gt "$1" ]; }

cluster_start

# Created and applied after the position that the listener resumes from, deleted while nobody listened: the server has
# nothing to tell, whatever it remembers.
database_new young
state_new young
sim_start --generate 20 --heartbeat-ms 200 --control "$SIM_CONTROL"
listen_start
holds "the first backfill completes" wait_until 120 complete
settled "parity after it"
listen_stop
before=$(journal "select 'token = x''' || hex(token) || ''', read_time = ' || read_time from listen")
listen_start
holds "thirty orders are created" changed 30 0
settled "and applied"
listen_stop
journal_write "update listen set $before"
holds "six are deleted while nobody listens" changed 0 6
listen_start
settled "parity after a kill before the position was stored"

# The same within one process: the stream is cut before its next snapshot.
for _ in 1 2 3; do
    sim_control "changes 200 mix=100:0:0 count=10 #$RANDOM$RANDOM"
    sim_control "now cut #$RANDOM$RANDOM"
    sleep 0.3
    kill -STOP "$LISTEN_PID"
    sim_control "now cut #$RANDOM$RANDOM"
    holds "three are deleted while the stream is down" changed 0 3
    kill -CONT "$LISTEN_PID"
    settled "parity after a cut"
done
listen_stop
sim_stop

# Killed after the server's count differed, before the whole set was asked for again: the count is heard again.
database_new counted
state_new counted
: >"$SIM_CONTROL"
sim_start --generate 200 --heartbeat-ms 200 --remember-seconds 1 --control "$SIM_CONTROL"
listen_start
holds "the first backfill completes" wait_until 120 complete
forgotten() { # deletes that the server forgets while the listener is frozen
    warnings=$(warned)
    kill -STOP "$LISTEN_PID"
    sim_control "now cut #$RANDOM$RANDOM"
    changed 0 3
    sleep 2.5
    kill -CONT "$LISTEN_PID"
    wait_until 60 warned_more "$warnings"
}
holds "a wrong count is noticed" forgotten
settled "parity after the whole set was told"
holds "another wrong count is noticed, soon after" forgotten
sleep 1
listen_kill
listen_start
settled "parity after a kill before the whole set was told"
listen_stop
sim_stop

# Failed orders that never reached the target count as known: where they are gone, and the server forgot, the whole set
# must settle them, or each count would be wrong for ever.
database_new failing
state_new failing
: >"$SIM_CONTROL"
sim_start --generate 12 --broken 12 --heartbeat-ms 200 --remember-seconds 1 --control "$SIM_CONTROL"
listen_start
holds "a backfill of broken orders completes" wait_until 120 complete
unresolved() { [ "$(journal "select count(*) from failures where state <> 3")" -eq "$1" ]; }
holds "twelve failures" unresolved 12
for id in $(journal "select source_id from failures order by id limit 6"); do
    "$ORDERSYNC" skip "firestore/$id" --reason tested >/dev/null 2>&1
done
is "six of them are skipped" "$(journal "select count(*) from failures where state = 5")" 6
listen_stop
warnings=$(warned)
holds "five are deleted while nobody listens" changed 0 5
sleep 2.5
listen_start
holds "the count is wrong" wait_until 60 warned_more "$warnings"
holds "their failures are settled" wait_until 120 unresolved 7
cut -f 1 "$WORK/dump" | sort >"$WORK/theirs"
is "and no others" "$(journal "select source_id from failures where state <> 3" | sort | diff - "$WORK/theirs")" ""
warnings=$(warned)
sim_control "now filter:fewer=1 #$RANDOM$RANDOM"
holds "another count is compared" wait_until 60 warned_more "$warnings"
contains "seven are known now" "$(grep 'the source counts' "$WORK/listen.log" | tail -n 1)" "6 documents, 7 are known here"
listen_stop
sim_stop

# Killed in a backfill, and documents that it had read are deleted and forgotten.
database_new partly
state_new partly
: >"$SIM_CONTROL"
sim_start --generate 2000 --heartbeat-ms 200 --remember-seconds 1 --fault slow:delay_ms=2,method=RunQuery \
    --control "$SIM_CONTROL"
export ORDERSYNC_PAGE_SIZE=50 ORDERSYNC_RANGES=2
partly() { [ "$(sql -c 'select count(*) from ordersync.source_documents')" -ge 600 ]; }
listen_start
holds "a backfill is under way" wait_until 120 partly
listen_kill
is "and not complete" "$(journal "select complete from listen")" 0
holds "sixteen are deleted" changed 0 16
sleep 2.5
listen_start
settled "parity after a kill in a backfill"
holds "and it completes" wait_until 120 complete
is "audit without gaps" "$(audit_gaps)" 0
listen_stop
is "the minutes have their measures" "$(journal "select count(*) > 0 from statistics_minute
    where staleness_us >= 0 and error_rate >= 0 and processing_p50_us between 0 and processing_p99_us and skew_us is not null")" 1
harness_end
