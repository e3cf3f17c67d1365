# Sourced by the shell tests that need servers: a private PostgreSQL cluster, the simulator, cleaning up. TAP: lib/tap.sh.
# Servers listen on Unix sockets or loopback, on ports they choose, and are ended by their own pid.
#
# Every test program ends with `harness_end`. `builddir` is where the programs were built.
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
SHARED=${ORDERSYNC_SHARED:-$srcdir/../shared}
ORDERSYNC=$builddir/ordersync
SIM=$builddir/ordersync-sim
pg_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
PATH=${pg_bin:+$pg_bin:}$PATH # Debian's own psql is a wrapper that takes longer than most queries
pids=()

# The work folder is reachable by the postgres user and short enough for a socket path.
WORK=$(mktemp -d "${TMPDIR:-/tmp}/ordersync-test.XXXXXX")
chmod 755 "$WORK"
export XDG_STATE_HOME=$WORK/state XDG_CONFIG_HOME=$WORK/config
unset GOOGLE_APPLICATION_CREDENTIALS STRIPE_SECRET_KEY PRINTFUL_API_KEY DATABASE_URL PGHOST PGDATABASE 2>/dev/null

# holds WHAT COMMAND...
holds() { local what=$1; shift; if "$@"; then ok "$what"; else not_ok "$what" "failed: $*"; fi; }

as_postgres() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# cluster_start [NAME]: a cluster of its own; sets PG_DIR and CONN (without dbname)
cluster_start() {
    PG_DIR=$WORK/${1:-pg}
    mkdir -p "$PG_DIR"
    [ "$(id -u)" = 0 ] && chown postgres "$PG_DIR"
    if ! as_postgres test -e "$PG_DIR/data/PG_VERSION"; then
        (cd "$PG_DIR" && as_postgres "$pg_bin/initdb" -D "$PG_DIR/data" -U ordersync -A trust -E UTF8 \
            --locale=C.UTF-8 -N >"$WORK/initdb.log" 2>&1) || { cat "$WORK/initdb.log"; exit 1; }
        cat >>"$PG_DIR/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$PG_DIR'
shared_buffers = 256MB
max_wal_size = 2GB
max_connections = 20
jit = off
CONF
    fi
    pg_start
    CONN="host=$PG_DIR user=ordersync"
}
pg_start() { (cd "$PG_DIR" && as_postgres "$pg_bin/pg_ctl" -D "$PG_DIR/data" -l "$PG_DIR/log" -w -t 60 start >/dev/null); }
pg_stop() { (cd "$PG_DIR" && as_postgres "$pg_bin/pg_ctl" -D "$PG_DIR/data" -m "${1:-fast}" -w -t 60 stop >/dev/null 2>&1); }
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$CONN dbname=$DB" "$@"; }
# database_new NAME: an empty database with the schema; sets DB and DATABASE_URL
database_new() {
    DB=$1
    psql -X -q -d "$CONN dbname=postgres" -c "drop database if exists $DB with (force)" \
        -c "create database $DB" >/dev/null 2>&1
    database_use "$DB"
    "$ORDERSYNC" migrate >/dev/null || { echo "Bail out! migrate failed"; exit 1; }
}
database_use() { DB=$1; export DATABASE_URL="$CONN dbname=$DB"; }

# sim_start ARGS...: the simulator; sets SIM_PID and FIRESTORE_EMULATOR_HOST
sim_start() {
    local file=$WORK/sim.$RANDOM.port
    rm -f "$file"
    "$SIM" firestore --port "${SIM_FIXED_PORT:-0}" --port-file "$file" --parent-pid $$ "$@" \
        >"$WORK/sim.out" 2>"$WORK/sim.log" &
    SIM_PID=$!
    pids+=("$SIM_PID")
    for _ in $(seq 400); do
        [ -s "$file" ] && break
        kill -0 "$SIM_PID" 2>/dev/null || break
        sleep 0.05
    done
    [ -s "$file" ] || { cat "$WORK/sim.log"; echo "Bail out! the simulator did not start"; exit 1; }
    SIM_PORT=$(cat "$file")
    export FIRESTORE_EMULATOR_HOST=127.0.0.1:$SIM_PORT GOOGLE_CLOUD_PROJECT=demo-ordersync
}
# For a simulator started with --control "$SIM_CONTROL": a fault or a command more; the documents it has now.
SIM_CONTROL=$WORK/sim.control
: >"$SIM_CONTROL"
sim_control() { echo "$*" >>"$SIM_CONTROL"; }
sim_dump() { # FILE
    rm -f "$1"
    sim_control "dump $1 #$RANDOM$RANDOM"
    wait_until 60 test -e "$1"
}
sim_stop() { kill "$SIM_PID" 2>/dev/null; wait "$SIM_PID" 2>/dev/null; }

# rest_start stripe|printful ARGS...: a simulated REST source, its requests in $WORK/NAME.requests, commands by
# rest_control NAME; sets NAME_pid in rest_pids and the variables that point ordersync at it.
declare -A rest_pids
rest_start() {
    local name=$1 file=$WORK/$1.$RANDOM.port
    shift
    : >"$WORK/$name.control"
    "$SIM" "$name" --port 0 --port-file "$file" --parent-pid $$ --request-log "$WORK/$name.requests" \
        --control "$WORK/$name.control" "$@" >"$WORK/$name.out" 2>"$WORK/$name.log" &
    rest_pids[$name]=$!
    pids+=("$!")
    for _ in $(seq 600); do
        [ -s "$file" ] && break
        kill -0 "${rest_pids[$name]}" 2>/dev/null || break
        sleep 0.05
    done
    [ -s "$file" ] || { cat "$WORK/$name.log"; echo "Bail out! the simulated $name did not start"; exit 1; }
    if [ "$name" = stripe ]; then
        export STRIPE_API_BASE=http://127.0.0.1:$(cat "$file") STRIPE_SECRET_KEY=sk_test_sim ORDERSYNC_STRIPE_RATE=100
    else
        export PRINTFUL_API_BASE=http://127.0.0.1:$(cat "$file") PRINTFUL_API_KEY=pf_sim ORDERSYNC_PRINTFUL_RATE=100
    fi
}
rest_stop() { kill "${rest_pids[$1]}" 2>/dev/null; wait "${rest_pids[$1]}" 2>/dev/null; }
# rest_control NAME COMMAND: returns when it has been carried out
rest_control() {
    local name=$1 mark=$WORK/control.$RANDOM$RANDOM
    shift
    printf '%s\ndump %s\n' "$*" "$mark" >>"$WORK/$name.control"
    wait_until 60 test -e "$mark"
}
rest_dump() { # NAME: id, created, status, payment status, link
    local mark=$WORK/dump.$RANDOM$RANDOM
    echo "dump $mark" >>"$WORK/$1.control"
    wait_until 60 test -e "$mark" && cat "$mark"
}

# state_new NAME: a fresh journal folder
state_new() { export ORDERSYNC_STATE_DIR=$WORK/state-$1; rm -rf "$ORDERSYNC_STATE_DIR"; }
# An engine may be at it: a lock is waited for.
journal() { sqlite3 -cmd ".timeout 10000" "file:$ORDERSYNC_STATE_DIR/journal.db?mode=ro" "$@"; }
journal_write() { sqlite3 -cmd ".timeout 10000" "$ORDERSYNC_STATE_DIR/journal.db" "$@"; }
# json FIELD: a number or plain text of the one-line JSON object on stdin
json() { sed -n "s/.*\"$1\":[ ]*\"\{0,1\}\([^\",}]*\)\"\{0,1\}.*/\1/p" | tail -n 1; }
# wait_until SECONDS COMMAND...
wait_until() {
    local end=$(($(date +%s) + $1))
    shift
    while ! "$@"; do
        [ "$(date +%s)" -ge "$end" ] && return 1
        sleep 0.1
    done
}

# What must be the same whatever way the documents came: every table without what tells of the way.
order_tables="orders order_line_items order_addresses order_shipping_lines order_refunds order_returns
order_discount_applications order_tax_lines order_fulfillments"
fingerprint() {
    local table row="(to_jsonb(t) - array['applied_at', 'version', 'customer_id'])::text"
    for table in $order_tables; do
        sql -c "select '$table', count(*), md5(coalesce(string_agg(md5($row), '' order by $row), ''))
                from ordersync.$table t"
    done
    sql -c "select 'source_documents', count(*), md5(string_agg(source || source_id || version ||
                coalesce(encode(digest, 'hex'), '') || coalesce(document::text, ''), ''
                order by source, source_id)) from ordersync.source_documents"
    # Who shares a customer with whom, named by the first of its orders. Whether two keys of one person are one customer
    # or two depends on which order came first (e-mail before customer id before phone, by the keys held at that moment),
    # so customers that a person is asked about, and those whose orders have one e-mail, count as one here: what shows
    # is an order that has no customer, or another person's.
    sql -c "with recursive named as (
                select distinct customer_id, ordersync.match_email(coalesce(customer_email, email, contact_email)) as email
                from ordersync.orders where customer_id is not null),
            edge as materialized (
                select customer_id as a, other_customer_id as b from ordersync.customer_reviews
                union select other_customer_id, customer_id from ordersync.customer_reviews
                union select x.customer_id, y.customer_id from named x join named y using (email)
                union select customer_id, customer_id from ordersync.customers),
            reached(a, b) as (select a, b from edge union select r.a, e.b from reached r join edge e on e.a = r.b),
            person as (select a as customer_id, min(b::text) as person from reached group by 1),
            linked as (select order_id, min(order_id::text) over (partition by person) as first
                       from ordersync.orders join person using (customer_id))
            select 'links', count(*), count(distinct first), md5(string_agg(order_id::text || first, ',' order by order_id))
            from linked"
}
# Orders whose audit misses or repeats a version: must print 0.
audit_gaps() {
    sql -c "select count(*) from ordersync.orders o left join (
                select order_id, count(*) n, count(distinct version) d, max(version) m
                from ordersync.order_audit where table_name = 'orders' group by 1) a using (order_id)
            where a.n is distinct from o.version or a.d is distinct from o.version
               or a.m is distinct from o.version"
}

harness_end() { tap_end; }
harness_cleanup() {
    local status=$? pid dir
    for pid in "${pids[@]:-}"; do
        [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    for dir in "$WORK"/pg*; do
        as_postgres test -e "$dir/data/postmaster.pid" && PG_DIR=$dir && pg_stop immediate
    done
    if [ -n "${KEEP_TEST_FILES:-}" ]; then echo "# kept: $WORK"; else rm -rf "$WORK"; fi
    exit $status
}
trap harness_cleanup EXIT
trap 'exit 130' INT TERM
