#!/usr/bin/env bash
# The console in a terminal of 80x24: bytes and times, while a real backfill runs and on a journal of a million failures.
# Prints each figure as `bench.console.NAME VALUE`; those of the issue: first_paint_bytes <= 6144, live_bytes_per_s <= 400,
# idle_bytes_per_s 0, key_p99_ms <= 50, million_first_rows_ms <= 100, start_ms <= 150, million_peak_mib <= 64.
. "$(dirname "$0")/../lib/harness.sh"
orders=${BENCH_ORDERS:-150000}
failures=${BENCH_FAILURES:-1000000}
bench=$builddir/tests/bench/console_bench

cluster_start
sim_start --generate "$orders" --seed 21
database_new console
state_new console
holds "a console that runs a backfill" "$bench" live "$ORDERSYNC"
sim_stop

mass=$("$bench" mass "$failures")
[ -d "$mass" ] || { echo "Bail out! no journal of many failures"; exit 1; }
export ORDERSYNC_STATE_DIR=$mass
holds "a console on $failures failures" "$bench" million "$ORDERSYNC"
rm -rf "${mass%/state}"
harness_end
