#!/usr/bin/env bash
# Look-back over generated Stripe sessions with two line items each: answered at once; with 100 ms an answer and at
# most four under way; and with one 429. The simulator renders its objects before it listens; the rate limit is lifted
# as far as the setting goes. Prints a table and each figure as `bench.stripe.NAME VALUE`.
. "$(dirname "$0")/../lib/harness.sh"
sessions=${BENCH_SESSIONS:-30000}
export ORDERSYNC_SYNC_DAYS=30
cluster_start
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# sync NAME ARGS...: ARGS are the simulator's; sets rate, rss_kb, retries
sync_bench() {
    local name=$1 pid rss started ms
    shift
    rest_start stripe --generate "$sessions" --seed 21 --items 2 --mix 100:0:0:0:0:0 "$@"
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
    is "$name: $sessions sessions landed" "$? $(json stripe_sessions_added <"$WORK/$name.json")" "0 $sessions"
    ms=$(($(now_ms) - started))
    is "$name: two items each" "$(sql -c 'select count(*) from ordersync.order_line_items')" $((2 * sessions))
    rate=$((sessions * 1000 / ms))
    retries=$(json retries <"$WORK/$name.json")
    took=$ms
    rest_stop stripe
    psql -X -q -d "$CONN dbname=postgres" -c "drop database $name with (force)"
}

sync_bench direct
direct=$rate direct_rss=$rss_kb direct_ms=$took
sync_bench delayed --latency-ms 100
delayed=$rate delayed_ms=$took
sync_bench limited --latency-ms 100 --fault exhausted:after=20,count=1,retry_after=1
limited_ms=$took
mb() { awk -v kb="$1" 'BEGIN { printf "%.1f", kb / 1024 }'; }
cat <<TABLE
#
# $sessions sessions, two items each   $direct sessions/s in $direct_ms ms, RSS $(mb "$direct_rss") MB
# with 100 ms an answer              $delayed sessions/s in $delayed_ms ms
# and one 429 that asks for 1 s      $limited_ms ms, $retries retries
TABLE
echo "bench.stripe.sessions_per_s $direct"
echo "bench.stripe.latency100_sessions_per_s $delayed"
echo "bench.stripe.rss_mb $(mb "$direct_rss")"
echo "bench.stripe.one_429_costs_ms $((limited_ms - delayed_ms))"
harness_end
