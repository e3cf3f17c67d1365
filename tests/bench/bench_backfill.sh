#!/usr/bin/env bash
# Backfill of generated orders end to end, against the limit of the same rows COPYed by psql, in one run on this
# machine. Both are measured in turns and the best of each counts: the speed of a shared machine changes within minutes.
# Prints a table and each figure as `bench.backfill.NAME VALUE`.
. "$(dirname "$0")/../lib/harness.sh"
orders=${BENCH_ORDERS:-50000}
many=${BENCH_MANY:-200000}
turns=${BENCH_TURNS:-2}
cluster_start
ticks=$(getconf CLK_TCK)

cpu_us() { # user + system time of a process and its reaped children, in microseconds
    awk -v t="$ticks" '{ sub(/^.*\) /, ""); print int(($12 + $13 + $14 + $15) * 1000000 / t) }' "/proc/$1/stat" 2>/dev/null || echo 0
}
pg_cpu_us() { # the postmaster, its reaped children and those alive
    local pid sum=0
    local master
    master=$(as_postgres head -n 1 "$PG_DIR/data/postmaster.pid")
    for pid in $master $(pgrep -P "$master"); do sum=$((sum + $(cpu_us "$pid"))); done
    echo $sum
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# backfill NAME ORDERS: sets seconds_ms, rss_kb, cpu_ordersync, cpu_pg, cpu_sim
backfill() {
    sim_start --generate "$2" --seed 21
    database_new "$1"
    state_new "$1"
    sql -c checkpoint
    local sim_before pg_before started pid rss
    sim_before=$(cpu_us "$SIM_PID")
    pg_before=$(pg_cpu_us)
    started=$(now_ms)
    "$ORDERSYNC" backfill --json >"$WORK/$1.json" 2>"$WORK/$1.log" &
    pid=$!
    rss_kb=0
    cpu_ordersync=0
    while kill -0 $pid 2>/dev/null; do
        rss=$(awk '/VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null)
        [ -n "$rss" ] && rss_kb=$rss && cpu_ordersync=$(cpu_us $pid)
        sleep 0.1
    done
    wait $pid
    is "backfill of $2 orders" "$? $(json created <"$WORK/$1.json")" "0 $2"
    seconds_ms=$(($(now_ms) - started))
    cpu_pg=$(($(pg_cpu_us) - pg_before))
    cpu_sim=$(($(cpu_us "$SIM_PID") - sim_before))
    sim_stop
}

# The rows that landed, as COPY files in two halves by order, so that one or two streams can load them.
dump_tables() {
    all_tables=$(sql -c "select relname from pg_class where relnamespace = 'ordersync'::regnamespace and relkind = 'r'
        and relname not in ('schema_migrations', 'mapping_columns', 'segment_groups')
        order by array_position(array['customers', 'orders']::name[], relname), relname")
    local table columns half
    for table in $all_tables; do
        columns=$(sql -c "select string_agg(quote_ident(attname), ',' order by attnum) from pg_attribute
            where attrelid = 'ordersync.$table'::regclass and attnum > 0 and not attisdropped and attgenerated = ''")
        echo "$columns" >"$WORK/$table.columns"
        if sql -c "select 1 from pg_attribute where attrelid = 'ordersync.$table'::regclass and attname = 'order_id'" | grep -q 1; then
            for half in 0 1; do
                sql -c "\\copy (select $columns from ordersync.$table where coalesce(get_byte(uuid_send(order_id), 0), 0) % 2 = $half) to '$WORK/$table.$half'"
            done
        else
            sql -c "\\copy (select $columns from ordersync.$table) to '$WORK/$table.0'"
            : >"$WORK/$table.1"
        fi
    done
}
copy_half() { # HALF TABLES...
    local half=$1 table
    shift
    for table in "$@"; do
        [ -s "$WORK/$table.$half" ] || continue
        printf '\\copy ordersync.%s (%s) from %s\n' "$table" "$(cat "$WORK/$table.columns")" "'$WORK/$table.$half'"
    done | sql -f -
}
limit_ms() { # STREAMS
    local rest started table
    rest=$(echo "$all_tables" | grep -v '^customers$')
    database_new "limit$1"
    for table in $all_tables; do sql -c "alter table ordersync.$table disable trigger user"; done
    sql -c checkpoint
    started=$(now_ms)
    copy_half 0 customers
    copy_half 1 customers
    if [ "$1" = 1 ]; then
        copy_half 0 $rest
        copy_half 1 $rest
    else
        copy_half 0 $rest &
        local first=$!
        copy_half 1 $rest
        wait $first
    fi
    took=$(($(now_ms) - started))
    is "limit with $1 streams: every order is there" "$(sql -c 'select count(*) from ordersync.orders')" "$orders"
}

drop() { psql -X -q -d "$CONN dbname=postgres" -c "drop database $1 with (force)"; }
least() { [ "$1" -eq 0 ] || [ "$2" -lt "$1" ] && echo "$2" || echo "$1"; } # of a figure so far, 0 none, and a new one

first_ms=0 first_rss=0 one=0 two=0
for turn in $(seq "$turns"); do
    backfill bench "$orders"
    [ "$first_rss" -lt "$rss_kb" ] && first_rss=$rss_kb
    if [ "$(least $first_ms $seconds_ms)" = "$seconds_ms" ]; then
        first_ms=$seconds_ms us_ordersync=$((cpu_ordersync / orders)) us_pg=$((cpu_pg / orders)) us_sim=$((cpu_sim / orders))
    fi
    [ "$turn" = 1 ] && dump_tables
    limit_ms 1
    one=$(least $one $took)
    limit_ms 2
    two=$(least $two $took)
    drop limit1
    drop limit2
done
best=$((one < two ? one : two))
many_rss=0
if [ "$many" -gt 0 ]; then
    backfill many "$many"
    many_rss=$rss_kb
fi

rate=$((orders * 1000 / first_ms))
limit=$((orders * 1000 / best))
ratio=$(awk -v a="$best" -v b="$first_ms" 'BEGIN { printf "%.3f", a / b }')
mb() { awk -v kb="$1" 'BEGIN { printf "%.1f", kb / 1024 }'; }
cat <<TABLE
#
# backfill of $orders orders        $rate orders/s in $first_ms ms, RSS $(mb $first_rss) MB, best of $turns
#   CPU an order: ordersync $us_ordersync us, PostgreSQL $us_pg us, simulator $us_sim us
# limit, the same rows by COPY      $limit orders/s (one stream $one ms, two streams $two ms)
# ratio                             $ratio
# backfill of $many orders       RSS $(mb $many_rss) MB
TABLE
echo "bench.backfill.orders_per_s $rate"
echo "bench.backfill.rss_mb $(mb $first_rss)"
[ "$many" -gt 0 ] && echo "bench.backfill.rss_200k_mb $(mb $many_rss)"
echo "bench.backfill.cpu_us_ordersync $us_ordersync"
echo "bench.backfill.cpu_us_postgresql $us_pg"
echo "bench.backfill.cpu_us_simulator $us_sim"
echo "bench.backfill.limit_orders_per_s $limit"
echo "bench.backfill.limit_ratio $ratio"
harness_end
