#!/usr/bin/env bash
# Look-back over generated Stripe sessions with two line items each: answered at once; with 100 ms an answer and at
# most four under way; and with one 429. The simulator renders its objects before it listens; the rate limit is lifted
# as far as the setting goes. Prints a table and each figure as `bench.stripe.NAME VALUE`; fails when a run lands other
# sessions, amounts or items than the source has. Runs with latency alternate with those that meet a 429, and the
# median of each counts: their difference is the 429's.
. "$(dirname "$0")/../lib/harness.sh"
python3 -c '' 2>/dev/null || { echo "Bail out! parity is read with python3"; exit 1; }
sessions=${BENCH_SESSIONS:-30000}
runs=${BENCH_RUNS:-3}
export ORDERSYNC_SYNC_DAYS=30
cluster_start
now_ms() { echo $(($(date +%s%N) / 1000000)); }
median() { sort -n | awk '{ row[NR] = $1 } END { print row[int((NR + 1) / 2)] }'; }
source_start() { rest_start stripe --generate "$sessions" --seed 21 --items 2 --mix 100:0:0:0:0:0 "$@"; }
landed() {
    sql -F '|' -c "select o.origin_id, o.financial_status, o.total_price, o.currency, (select string_agg(i.source_line_id || ':' ||
        i.quantity, ',' order by i.source_line_id collate \"C\") from ordersync.order_line_items i where i.order_id = o.order_id)
        from ordersync.orders o" | LC_ALL=C sort | md5sum
}
# What the simulator makes of the seed, whatever its latency and faults.
source_start
truth=$(python3 "$srcdir/tests/integration/sync_truth.py" sessions "$STRIPE_API_BASE" | LC_ALL=C sort | md5sum)
rest_stop stripe

# sync_bench NAME ARGS...: ARGS are the simulator's; sets took (ms), rss_kb, retries
sync_bench() {
    local name=$1 pid rss started code
    shift
    source_start "$@"
    export ORDERSYNC_STRIPE_RATE=100
    database_new "$name"
    state_new "$name"
    sql -c checkpoint
    started=$(now_ms)
    "$ORDERSYNC" sync --source stripe --json >"$WORK/$name.json" 2>"$WORK/$name.log" &
    pid=$!
    rss_kb=0
    while kill -0 $pid 2>/dev/null; do
        rss=$(awk '/VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null)
        [ -n "$rss" ] && rss_kb=$rss
        sleep 0.05
    done
    wait $pid
    code=$?
    took=$(($(now_ms) - started))
    is "$name: $sessions sessions landed" "$code $(json stripe_sessions_added <"$WORK/$name.json")" "0 $sessions"
    is "$name: two items each" "$(sql -c 'select count(*) from ordersync.order_line_items')" $((2 * sessions))
    is "$name: each is what the source has" "$(landed)" "$truth"
    retries=$(json retries <"$WORK/$name.json")
    rest_stop stripe
    psql -X -q -d "$CONN dbname=postgres" -c "drop database $name with (force)"
}

sync_bench direct
direct_ms=$took direct_rss=$rss_kb delayed_rss=0
for run in $(seq "$runs"); do
    sync_bench "delayed$run" --latency-ms 100
    echo "$took" >>"$WORK/delayed"
    [ "$rss_kb" -gt $delayed_rss ] && delayed_rss=$rss_kb
    sync_bench "limited$run" --latency-ms 100 --fault exhausted:after=20,count=1,retry_after=1
    echo "$took" >>"$WORK/limited"
    [ "$rss_kb" -gt $delayed_rss ] && delayed_rss=$rss_kb
    is "limited$run: the 429 was met, and asked again" "$retries" 1
done
delayed_ms=$(median <"$WORK/delayed") limited_ms=$(median <"$WORK/limited")
direct=$((sessions * 1000 / direct_ms)) delayed=$((sessions * 1000 / delayed_ms))
mb() { awk -v kb="$1" 'BEGIN { printf "%.1f", kb / 1024 }'; }
cat <<TABLE
#
# $sessions sessions, two items each   $direct sessions/s in $direct_ms ms, RSS $(mb "$direct_rss") MB
# with 100 ms an answer              $delayed sessions/s in $delayed_ms ms, median of $runs; RSS at most $(mb "$delayed_rss") MB
# and one 429 that asks for 1 s      $limited_ms ms, median of $runs
TABLE
echo "bench.stripe.sessions_per_s $direct"
echo "bench.stripe.latency100_sessions_per_s $delayed"
echo "bench.stripe.rss_mb $(mb "$direct_rss")"
echo "bench.stripe.latency100_rss_mb $(mb "$delayed_rss")"
echo "bench.stripe.one_429_costs_ms $((limited_ms - delayed_ms))"
harness_end
