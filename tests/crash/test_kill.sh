#!/usr/bin/env bash
# kill -9 at random instants of a backfill, then resume: the end must be the same as without, to the row.
. "$(dirname "$0")/../lib/harness.sh"
kills=10
orders=4000
page=50
ranges=4
[ "${ORDERSYNC_LONG:-0}" = 1 ] && kills=200
seed=${ORDERSYNC_TEST_SEED:-$RANDOM}
echo "# seed $seed"
RANDOM=$seed

cluster_start
sim_start --generate $orders --seed 11 --broken 5
export ORDERSYNC_PAGE_SIZE=$page ORDERSYNC_RANGES=$ranges

database_new reference
state_new reference
"$ORDERSYNC" backfill --json >"$WORK/reference.json" 2>"$WORK/reference.log"
is "an undisturbed backfill exits 1: some documents are broken" $? 1
reference=$(fingerprint)
is "it saw every document" "$(json seen <"$WORK/reference.json")" $orders
failed=$(json failed <"$WORK/reference.json")

database_new killed
state_new killed
killed=0
attempts=0
reread=0
way=$((orders * 9 / 10))
landed() { sql -c "select count(*) from ordersync.source_documents"; }
while [ $killed -lt "$kills" ] && [ $attempts -lt $((4 * kills)) ]; do
    attempts=$((attempts + 1))
    # Every instant is some way into the work, the way being spread over the kills that strike; but its last tenth,
    # which is over before a kill can strike.
    wanted=$((way * killed / kills + RANDOM % (way / kills)))
    "$ORDERSYNC" backfill >/dev/null 2>"$WORK/killed.log" &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ "$(landed)" -lt $wanted ]; do sleep 0.01; done
    sleep "0.0$((RANDOM % 90 + 10))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    struck=$?
    [ -e "$ORDERSYNC_STATE_DIR/journal.db" ] || continue
    if [ "$(journal "select count(*) from runs where kind = 'backfill' and result = 'done'")" != 0 ]; then
        database_new killed # it came through: begin again
        state_new killed
        continue
    fi
    [ $struck = 137 ] || continue
    killed=$((killed + 1))
    unsettled=$(($(landed) - $(journal "select coalesce(sum(settled), 0) from ranges")))
    [ $unsettled -gt $reread ] && reread=$unsettled
done
echo "# $killed of $attempts kills struck a backfill; at most $reread documents had landed without a checkpoint"
is "as many kills as asked for struck a running backfill" $killed "$kills"
holds "at most one page a range is read again" [ $reread -le $((page * ranges)) ]
"$ORDERSYNC" backfill --json >"$WORK/resumed.json" 2>"$WORK/resumed.log"
is "the resumed backfill ends, with its failures" $? 1
is "every table is the same to the row" "$(fingerprint)" "$reference"
is "no order's audit misses or repeats a version" "$(audit_gaps)" 0
is "the same documents failed" "$(journal "select count(*) from failures_by_name where state in ('dead', 'retryable')")" "$failed"
is "the journal is sound" "$(journal 'pragma integrity_check')" ok
harness_end
