#!/usr/bin/env bash
# ordersync listen as a service: what it tells the service manager, reload, drain, its log lines, its measures, alerts.
. "$(dirname "$0")/../lib/harness.sh"
out=$WORK/out err=$WORK/err

# A service manager's socket: every message a line in $WORK/told, with the seconds since the start.
cat >"$WORK/manager.py" <<'PY'
import os, socket, sys, time
path, told = sys.argv[1], sys.argv[2]
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind("\0" + path[1:] if path.startswith("@") else path)
open(told + ".ready", "w").close()
server.settimeout(120)
begin = time.monotonic()
with open(told, "w", buffering=1) as file:
    while True:
        try:
            words = server.recv(4096).decode()
        except TimeoutError:
            break
        for word in words.split("\n"):
            file.write("%.2f %s\n" % (time.monotonic() - begin, word))
PY
manager_start() {
    rm -f "$WORK/told" "$WORK/told.ready" "$WORK/notify"
    python3 "$WORK/manager.py" "$1" "$WORK/told" &
    manager=$!
    pids+=("$manager")
    wait_until 10 test -e "$WORK/told.ready"
}
manager_stop() { kill "$manager" 2>/dev/null; wait "$manager" 2>/dev/null; }
told() { grep -qE "^[0-9.]+ $1" "$WORK/told"; }
# listen ARGS...: the engine in the background with the manager's socket; stdin and stderr are no terminal
listen() {
    NOTIFY_SOCKET=$socket WATCHDOG_USEC=2000000 "$ORDERSYNC" listen "$@" </dev/null >"$WORK/listen.out" 2>>"$WORK/listen.log" &
    engine=$!
    pids+=("$engine")
}
ended() { ! kill -0 "$engine" 2>/dev/null; }
status() { "$ORDERSYNC" status --json 2>/dev/null; }
live() { status | grep -q '"state":"live"'; }
logged() { grep -q "$1" "$WORK/listen.log"; }
parity() { [ "$(status | json seen)" -ge "$1" ]; }

cluster_start
database_new shop
state_new service
control=$WORK/control
: >"$control"
sim_start --generate 400 --broken 2 --seed 5 --control "$control"
export ORDERSYNC_LOG_FORMAT=json
cat >"$WORK/service.conf" <<'CONF'
log_level = info
target_rate = 0
CONF

# ---- start ----

socket=$WORK/notify
manager_start "$socket"
listen --config "$WORK/service.conf"
holds "READY=1 once the engine works" wait_until 30 told READY=1
holds "it follows" wait_until 60 live
holds "a status for people" wait_until 120 told "STATUS=live"
pings=$(grep -c WATCHDOG=1 "$WORK/told")
sleep 3
now=$(grep -c WATCHDOG=1 "$WORK/told")
holds "the watchdog is fed at least every half of its time" test $((now - pings)) -ge 3
"$ORDERSYNC" listen >"$out" 2>"$err" </dev/null
is "a second engine on the journal: exit code" $? 74
contains "a second engine on the journal: who has it" "$(cat "$err")" "process $engine"

# ---- the engine stands still: no more food ----

kill -STOP "$engine"
pings=$(grep -c WATCHDOG=1 "$WORK/told")
sleep 2
is "a process that stands still is not fed" "$(grep -c WATCHDOG=1 "$WORK/told")" "$pings"
kill -CONT "$engine"

# ---- measures and alerts ----

echo "changes 40 seconds=4" >"$control"
lagged() { status | grep -qE '"lag_p50_ms":[0-9]'; }
holds "lag is measured" wait_until 120 lagged
sleep 2
status >"$out"
for field in lag_p50_ms lag_p99_ms lag_max_ms lag_hour_p99_ms processing_p50_ms processing_p99_ms consistent staleness_s skew_ms \
    error_rate rate queue_items queue_bytes rss_bytes reads_today complete; do
    contains "status --json has $field" "$(cat "$out")" "\"$field\":"
done
holds "status --json parses" python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$out"
"$ORDERSYNC" retry --state dead >/dev/null 2>&1
check() { "$ORDERSYNC" status --check "$@" >"$out" 2>"$err"; }
"$ORDERSYNC" skip --state dead --reason "broken on purpose" >/dev/null 2>&1
check
is "status --check: nothing needs a person" "$? $(grep attention "$out")" "0 "
check --alert-staleness 5m --alert-lag 60s
is "status --check: within the limits" $? 0
kill -STOP "$SIM_PID"
stale() { ! check --alert-staleness 2s && grep -q "longer than alert_staleness" "$out"; }
holds "status --check: stale" wait_until 30 stale
"$ORDERSYNC" status --json --alert-staleness 2s >"$out"
contains "the reason has a name for monitors" "$(cat "$out")" '"reasons":["'
contains "stale is one of them" "$(cat "$out")" '"staleness"'
kill -CONT "$SIM_PID"

# ---- reload ----

printf 'log_level = debug\ntarget_rate = 100000\nwriters = 3\n' >"$WORK/service.conf"
mv "$WORK/listen.log" "$WORK/listen.log.1"
kill -HUP "$engine"
holds "RELOADING=1" wait_until 10 told RELOADING=1
relogged() { grep -q '"message":"target_rate changed"' "$WORK/listen.log.1"; }
holds "a number that may change is taken" wait_until 10 relogged
contains "another needs a restart" "$(cat "$WORK/listen.log.1")" '"message":"writers differs: restart needed"'
is "READY=1 after the reload" "$(grep -cE ' READY=1' "$WORK/told")" 2
printf 'log_level = nonsense\n' >"$WORK/service.conf"
kill -HUP "$engine"
kept() { grep -q '"message":"reloaded: the old ones stay"' "$WORK/listen.log.1"; }
holds "settings that do not parse change nothing" wait_until 10 kept
holds "and the engine goes on" kill -0 "$engine"
printf 'log_level = info\n' >"$WORK/service.conf"
mv "$WORK/listen.log.1" "$WORK/listen.log"

# ---- the end ----

kill -TERM "$engine"
wait "$engine"
is "SIGTERM: exit code" $? 0
holds "STOPPING=1" told STOPPING=1
contains "the journal says stopped" "$(status)" '"engine":{"state":"stopped"'
bad=$(grep -cvE '^\{"time":"[0-9TZ:.-]+","level":"(error|warning|info|debug)","component":' "$WORK/listen.log")
is "every line of the log is an object" "$bad" 0
holds "every line parses" python3 -c 'import json,sys; [json.loads(l) for l in open(sys.argv[1])]' "$WORK/listen.log"
contains "a failure has its class" "$(grep '"order"' "$WORK/listen.log" | head -n 1)" '"class":"invalid_data"'
contains "and the field at fault" "$(grep '"order"' "$WORK/listen.log" | head -n 1)" '"field":"'
manager_stop

# ---- a drain has a deadline ----

socket=@ordersync-test-$$
manager_start "$socket"
: >"$WORK/listen.log"
psql -X -q -d "$CONN dbname=$DB" -c "begin; lock table ordersync.orders in access exclusive mode; select pg_sleep(60)" >/dev/null 2>&1 &
locker=$!
pids+=("$locker")
sleep 0.5
listen --drain-timeout 2s
holds "READY=1 by an abstract socket" wait_until 30 told READY=1
echo "changes 40 seconds=2 #2" >"$control"
busy() { [ "$(status | json queue_items)" -gt 0 ]; }
holds "work waits for the target" wait_until 120 busy
begin=$(date +%s%N)
kill -TERM "$engine"
wait_until 30 ended
wait "$engine"
code=$?
took=$((($(date +%s%N) - begin) / 1000000))
is "a drain that cannot end: exit code" "$code" 0
holds "a drain that cannot end is cut ($took ms)" test "$took" -lt 12000
sql -c "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()" >/dev/null
wait "$locker"
manager_stop
socket=$WORK/none
listen
wait_until 180 live
sleep 1
kill -TERM "$engine"
wait "$engine"
is "nobody listens: it works all the same" $? 0
"$ORDERSYNC" verify --json >"$out" 2>/dev/null
is "what the cut drain left is there afterwards" $? 0

# ---- configuration errors are not worth a restart ----

listen --verify-schedule 25:00
wait "$engine"
is "a schedule that is no time of day: exit code" $? 78

# ---- a database that is not there yet is said and waited for ----

database_use none
listen
holds "no such database is said" wait_until 60 logged OS-4004
kill "$engine"
wait "$engine"
is "and a signal ends the waiting" $? 0

# ---- what is installed ----

if [ -f "$builddir/data/ordersync.service" ]; then
    unit=$(cat "$builddir/data/ordersync.service")
    contains "the unit notifies" "$unit" "Type=notify"
    contains "the unit is told of failures" "$unit" "OnFailure="
    lacks "the unit has no place left open" "$unit" "@bindir@"
    if command -v systemd-analyze >/dev/null; then
        sed "s|^ExecStart=.*|ExecStart=$ORDERSYNC listen|; s|^User=.*||; s|^Group=.*||" "$builddir/data/ordersync.service" >"$WORK/ordersync.service"
        is "systemd-analyze verify" "$(systemd-analyze verify --man=no "$WORK/ordersync.service" 2>&1 | grep ordersync.service | grep -v 'Failed to open /dev')" ""
    else
        skip "systemd-analyze verify" "not here"
    fi
else
    not_ok "the unit was made" "make all"
fi
harness_end
