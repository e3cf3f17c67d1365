#!/usr/bin/env bash
# Following the simulator on this machine: lag at a steady rate, what a burst takes, memory, and the cost of doing
# nothing. Prints a table and each figure as `bench.live.NAME VALUE`.
. "$(dirname "$0")/../lib/harness.sh"
rate=${BENCH_RATE:-200}
seconds=${BENCH_SECONDS:-300}
burst_rate=${BENCH_BURST_RATE:-2000}
burst_seconds=${BENCH_BURST_SECONDS:-20}
idle_seconds=${BENCH_IDLE_SECONDS:-30}
orders=${BENCH_ORDERS:-10000}
ticks=$(getconf CLK_TCK)

now_ms() { echo $(($(date +%s%N) / 1000000)); }
cpu_ticks() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
rss_kb() { awk '/VmRSS/ {print $2}' "/proc/$1/status"; }
peak_kb() { awk '/VmHWM/ {print $2}' "/proc/$1/status"; }
mb() { awk -v kb="$1" 'BEGIN { printf "%.1f", kb / 1024 }'; }
listen_start() { "$ORDERSYNC" listen >"$WORK/listen.out" 2>>"$WORK/listen.log" & LISTEN_PID=$!; pids+=("$LISTEN_PID"); }
listen_stop() { kill -TERM "$LISTEN_PID"; wait "$LISTEN_PID"; }
complete() { [ "$(journal "select complete from listen" 2>/dev/null)" = 1 ]; }
live() { "$ORDERSYNC" status --json 2>/dev/null | grep -q '"state":[ ]*"live"'; }
figure() { "$ORDERSYNC" status --json | json "$1"; }
changes_done() { grep -q "changes ended: $1 in all" "$WORK/sim.out"; } # of all rounds so far
# What the target holds against what the simulator holds: ids and versions.
parity() {
    sim_dump "$WORK/dump" || return 1
    sql -F "$(printf '\t')" -c "select source_id, version from ordersync.source_documents where deleted_at is null" |
        LC_ALL=C sort >"$WORK/ours"
    cut -f 1,2 "$WORK/dump" | LC_ALL=C sort | cmp -s - "$WORK/ours"
}

cluster_start
database_new live
state_new live
sim_start --generate "$orders" --seed 5 --control "$SIM_CONTROL"
listen_start
holds "the first backfill is complete" wait_until 300 complete
holds "parity before the first change" wait_until 60 parity
listen_stop

# Nothing happens: what a connected engine costs. A fresh process, so that its figures are of what follows alone.
listen_start
holds "it follows" wait_until 60 live
sleep 5
before=$(cpu_ticks "$LISTEN_PID")
sleep "$idle_seconds"
idle=$(awk -v t=$(($(cpu_ticks "$LISTEN_PID") - before)) -v h="$ticks" -v s="$idle_seconds" 'BEGIN { printf "%.2f", 100 * t / h / s }')

# A steady rate; the memory after a fifth of the time against the memory at the end.
sim_control "changes $rate seconds=$seconds #steady"
sleep $((seconds / 5))
rss_early=$(rss_kb "$LISTEN_PID")
holds "the steady changes end" wait_until $((seconds + 60)) changes_done $((rate * seconds))
p50=$(figure lag_hour_p50_ms)
p99=$(figure lag_hour_p99_ms)
max=$(figure lag_hour_max_ms)
rss_late=$(rss_kb "$LISTEN_PID")
holds "parity after $((rate * seconds)) changes" wait_until 60 parity

# A burst: as many as come, until the target holds the last of them.
started=$(now_ms)
sim_control "changes $burst_rate seconds=$burst_seconds #burst"
holds "the burst ends" wait_until $((burst_seconds + 60)) changes_done $((rate * seconds + burst_rate * burst_seconds))
holds "parity after the burst" wait_until 300 parity
took=$(($(now_ms) - started))
peak=$(peak_kb "$LISTEN_PID")
is "no order failed" "$(journal "select count(*) from failures")" 0
is "audit without gaps" "$(audit_gaps)" 0
listen_stop

absorbed=$((burst_rate * burst_seconds * 1000 / took))
cat <<TABLE
#
# $rate changes/s for $seconds s       lag p50 $p50 ms, p99 $p99 ms, max $max ms, RSS $(mb "$rss_early") MB early, $(mb "$rss_late") MB at the end
# $((burst_rate * burst_seconds)) changes at $burst_rate/s     all in the target after $took ms: $absorbed/s; RSS at most $(mb "$peak") MB
# idle                     $idle % of a core
TABLE
echo "bench.live.lag_p50_ms $p50"
echo "bench.live.lag_p99_ms $p99"
echo "bench.live.absorbed_per_s $absorbed"
echo "bench.live.rss_mb $(mb "$peak")"
echo "bench.live.rss_early_mb $(mb "$rss_early")"
echo "bench.live.rss_late_mb $(mb "$rss_late")"
echo "bench.live.idle_cpu_percent $idle"
harness_end
