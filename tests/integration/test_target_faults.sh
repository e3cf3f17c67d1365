#!/usr/bin/env bash
# The target goes away in every way it can while a backfill runs: the engine waits, says so, resumes by itself.
. "$(dirname "$0")/../lib/harness.sh"
orders=6000
cluster_start
sim_start --generate $orders --seed 12 --control "$SIM_CONTROL"
export ORDERSYNC_PAGE_SIZE=50

landed() { sql -c "select count(*) from ordersync.source_documents" 2>/dev/null || echo 0; }
some_landed() { local n; n=$(landed); [ -n "$n" ] && [ "$n" -gt "$1" ]; }
begin() {
    database_new "$1"
    state_new "$1"
    "$ORDERSYNC" backfill --json >"$WORK/$1.json" 2>"$WORK/$1.log" &
    pid=$!
    holds "$1: a part landed" wait_until 60 some_landed 200
}
finish() { # NAME WHAT
    wait $pid
    is "$2: exit status" $? 0
    is "$2: every document seen" "$(json seen <"$WORK/$1.json")" $orders
    is "$2: none failed" "$(json failed <"$WORK/$1.json")" 0
    is "$2: every order landed once" "$(sql -c 'select count(*) from ordersync.orders')" $orders
    is "$2: audit complete" "$(audit_gaps)" 0
}

begin restarted
pg_stop fast
says_waiting() { "$ORDERSYNC" status --json 2>/dev/null | grep -q '"engine":{"state":"waiting"'; }
holds "stopped: status says that the target is down" wait_until 30 says_waiting
pg_start
finish restarted "stopped and started"

begin killed
pg_stop immediate
pg_start
finish killed "crashed and recovered"

begin terminated
for _ in 1 2 3 4 5; do
    sql -c "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'ordersync writer%'" >/dev/null
    sleep 0.1
done
finish terminated "connections terminated"

# Whoever waits for a slot gets the one that a writer loses: some rounds, and the writers have none left. The
# source is slow meanwhile, so that there is something left to write.
echo "latency:delay_ms=400,method=RunQuery" >"$SIM_CONTROL"
begin crowded
coproc ADMIN { psql -X -q -A -t -d "$CONN dbname=postgres" 2>&1; }
admin_pid=$ADMIN_PID # bash forgets its own once the coprocess has ended
admin() { echo "$1 select 'so';" >&"${ADMIN[1]}"; read -r -t 60 <&"${ADMIN[0]}"; }
admin "" # its own slot, before there is none
fill_slots() {
    while psql -X -q -d "$CONN dbname=postgres" -c "" >/dev/null 2>&1; do
        PGAPPNAME=crowd psql -X -q -d "$CONN dbname=postgres" -c "select from pg_sleep(600)" >/dev/null 2>&1 &
        crowd+=($!)
        sleep 0.02
    done
}
shut_out() {
    fill_slots
    admin "do \$\$ begin perform pg_terminate_backend(pid)
        from pg_stat_activity where application_name like 'ordersync %'; end \$\$;"
    fill_slots
    grep -q OS-4006 "$WORK/crowded.log"
}
crowd=()
holds "out of connections: the log says so" wait_until 60 shut_out
: >"$SIM_CONTROL"
admin "do \$\$ begin perform pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crowd'; end \$\$;"
exec {ADMIN[1]}>&-
wait "${crowd[@]}" "$admin_pid" 2>/dev/null
finish crowded "out of connections"

begin locked
sql -c "begin; lock table ordersync.orders in access exclusive mode; select pg_sleep(2); commit" >/dev/null
finish locked "tables locked for a while"

# Restored to an older state behind the journal's back: the fence notices, checkpoints are void, all is read again.
database_new older
state_new older
"$ORDERSYNC" backfill --json >/dev/null 2>&1
psql -X -q -d "$CONN dbname=postgres" -c "drop database if exists saved" >/dev/null 2>&1
database_new restored
state_new restored
psql -X -q -d "$CONN dbname=postgres" -c "create database saved template restored" >/dev/null
"$ORDERSYNC" backfill --json >"$WORK/r.json" 2>"$WORK/r.log" &
pid=$!
holds "restored: a part landed" wait_until 60 some_landed 1000
kill -9 $pid
wait $pid 2>/dev/null
psql -X -q -d "$CONN dbname=postgres" -c "drop database restored with (force)" \
    -c "create database restored template saved" >/dev/null
"$ORDERSYNC" backfill --json >"$WORK/restored.json" 2>"$WORK/restored.log"
is "restored: exit status" $? 0
is "restored: every order is there again" "$(sql -c 'select count(*) from ordersync.orders')" $orders
contains "restored: it says why it started over" "$(cat "$WORK/restored.log")" "checkpoints void"
database_use older
wanted=$(fingerprint)
database_use restored
is "restored: the same to the row" "$(fingerprint)" "$wanted"

# The same while two writers follow. One finds it by a live change, the other by its first page of the backfill that this
# begins: that it begins anew once more must not wait for the pace of backfills, which is an hour.
sim_stop
sim_start --generate 1500 --seed 12 --heartbeat-ms 200 --control "$SIM_CONTROL"
database_new followed
state_new followed
"$ORDERSYNC" listen --writers 2 >"$WORK/followed.out" 2>"$WORK/followed.log" &
pid=$!
pids+=("$pid")
complete() { [ "$(journal "select complete from listen" 2>/dev/null)" = 1 ]; }
holds "followed: the backfill completes" wait_until 120 complete
fences() { [ "$(journal "select count(*) from fences where seq > 0")" = 2 ]; }
holds "followed: both writers have a fence" wait_until 20 fences
psql -X -q -d "$CONN dbname=postgres" -c "drop database followed with (force)" \
    -c "create database followed template saved" >/dev/null
sim_control "changes 10 mix=0:100:0 count=1 #$RANDOM"
voids() { [ "$(grep -c 'checkpoints void' "$WORK/followed.log")" -ge 2 ]; }
holds "followed: each writer finds it" wait_until 120 voids
again() { complete && [ "$(sql -c 'select count(*) from ordersync.orders' 2>/dev/null)" = 1500 ]; }
holds "followed: everything is read again at once" wait_until 120 again

# Nobody writes: who looks at the console is told all the same.
at_work() { "$ORDERSYNC" status --check >/dev/null 2>&1; }
holds "idle: all is well" wait_until 20 at_work
pg_stop immediate
holds "idle: status says that the target is down" wait_until 10 says_waiting
at_work
is "idle: and so does a monitor's check" $? 1
pg_start
holds "idle: it goes on by itself" wait_until 30 at_work
kill "$pid"
wait "$pid"
is "followed: the engine ends well" $? 0
"$ORDERSYNC" verify --json >/dev/null 2>&1
is "followed: equal" $? 0
harness_end
