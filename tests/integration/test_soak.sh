#!/usr/bin/env bash
# A soak: live changes without end while something breaks every few seconds: cuts, resets, wrong counts, stalls of the
# source; kills of the source, of PostgreSQL and of the engine. Afterwards parity is exact, the audit complete, and the
# customers' figures are what a recomputation from scratch makes of them.
#   ORDERSYNC_SOAK_SECONDS=3600 ORDERSYNC_TEST_SEED=7 make check TESTS=tests/integration/test_soak.sh
. "$(dirname "$0")/../lib/harness.sh"
[ "${ORDERSYNC_LONG:-0}" = 1 ] && seconds=600 || seconds=120
seconds=${ORDERSYNC_SOAK_SECONDS:-$seconds}
seed=${ORDERSYNC_TEST_SEED:-$RANDOM}
echo "# seed $seed, $seconds s"
RANDOM=$seed

listen_start() { "$ORDERSYNC" listen >>"$WORK/listen.out" 2>>"$WORK/listen.log" & LISTEN_PID=$!; pids+=("$LISTEN_PID"); }
listen_kill() { kill -KILL "$LISTEN_PID" 2>/dev/null; wait "$LISTEN_PID" 2>/dev/null; }
complete() { [ "$(journal "select complete from listen" 2>/dev/null)" = 1 ]; }
parity() {
    sim_dump "$WORK/dump" || return 1
    journal "select source_id from failures where state <> 3" 2>/dev/null | LC_ALL=C sort >"$WORK/set_aside"
    cut -f 1,2 "$WORK/dump" | LC_ALL=C sort | LC_ALL=C join -t "$(printf '\t')" -v 1 - "$WORK/set_aside" >"$WORK/theirs"
    sql -F "$(printf '\t')" -c "select source_id, version from ordersync.source_documents where deleted_at is null" 2>/dev/null |
        LC_ALL=C sort | LC_ALL=C join -t "$(printf '\t')" -v 1 - "$WORK/set_aside" >"$WORK/ours"
    cmp -s "$WORK/theirs" "$WORK/ours"
}
# Everything that is computed of customers; the cut-offs of segments are taken anew for both sides of the comparison.
figures() {
    sql -c "select md5(string_agg(t::text, E'\n' order by t::text)) from (select customer_id, orders_count, average_order_value,
                average_currency, first_order_at, last_order_at, order_frequency_days, last_active_at, segment
                from ordersync.customers) t" \
        -c "select md5(string_agg(t::text, E'\n' order by t::text)) from ordersync.customer_spend t"
}

# ---- what breaks ----

changes() { sim_control "changes $((RANDOM % 150 + 50)) mix=15:70:15 #$RANDOM"; }
break_stream() {
    local faults=(cut reset goaway filter:count=1 remove stall:delay_ms=3000 duplicate reorder unsure)
    local fault=${faults[RANDOM % ${#faults[@]}]}
    echo "# $SECONDS s: $fault"
    sim_control "now $fault #$RANDOM$RANDOM"
}
break_engine() { echo "# $SECONDS s: the engine is killed"; listen_kill; sleep $((RANDOM % 3)); listen_start; }
stall_engine() { echo "# $SECONDS s: the engine is stopped for a moment"; kill -STOP "$LISTEN_PID"; sleep 2; kill -CONT "$LISTEN_PID"; }
break_target() { echo "# $SECONDS s: PostgreSQL goes down at once"; pg_stop immediate; sleep $((RANDOM % 3)); pg_start; }
stall_target() {
    echo "# $SECONDS s: PostgreSQL's backends are ended"
    psql -X -q -d "$CONN dbname=postgres" -c "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'ordersync%'" >/dev/null 2>&1
}
stall_source() { echo "# $SECONDS s: the source stands still"; kill -STOP "$SIM_PID"; sleep $((RANDOM % 3 + 1)); kill -CONT "$SIM_PID"; }
breaks=(break_stream break_stream break_stream break_engine stall_engine break_target stall_target stall_source)

cluster_start
database_new soak
state_new soak
export ORDERSYNC_CUSTOMERS_INTERVAL=1s
sim_start --generate 2000 --broken 5 --seed "$seed" --heartbeat-ms 500 --remember-seconds 20 --control "$SIM_CONTROL"
changes
listen_start
holds "the first backfill is complete" wait_until 120 complete
end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ]; do
    sleep $((RANDOM % 4 + 1))
    "${breaks[RANDOM % ${#breaks[@]}]}"
    [ $((RANDOM % 3)) = 0 ] && changes
    kill -0 "$LISTEN_PID" 2>/dev/null || { not_ok "the engine lives" "$(tail -n 5 "$WORK/listen.log")"; listen_start; }
done
sim_control "changes 0 #$RANDOM"

# ---- what must hold ----

if wait_until 120 parity; then ok "exact parity"; else
    not_ok "exact parity" "$(diff "$WORK/theirs" "$WORK/ours" | head -n 10; tail -n 5 "$WORK/listen.log")"
fi
is "no order's audit misses or repeats a version" "$(audit_gaps)" 0
is "no failure but those the documents cause" \
    "$(journal "select count(*) from failures where state <> 3 and class not in ('invalid_data', 'conflict')")" 0
kill -TERM "$LISTEN_PID"
wait "$LISTEN_PID"
is "the engine ends well" $? 0
recompute() { "$ORDERSYNC" customers recompute "$@" >/dev/null; }
holds "the customers' queue is emptied" recompute --cutoffs
was=$(figures)
holds "every customer is recomputed" recompute --all
is "figures of customers are those of a recomputation" "$(figures)" "$was"
"$ORDERSYNC" verify --deep --json >"$WORK/verify.json" 2>"$WORK/verify.log"
is "verify --deep finds no difference" $? 0
is "the journal is sound" "$(journal 'pragma integrity_check')" ok
harness_end
