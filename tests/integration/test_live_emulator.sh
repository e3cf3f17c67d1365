#!/usr/bin/env bash
# Following Google's own Firestore emulator: creates, updates and deletes, a killed engine, a target that goes away,
# changes during an absence, and an emulator that comes back empty. It tells every change as RESET and the whole result.
. "$(dirname "$0")/../lib/harness.sh"
jar=${FIRESTORE_EMULATOR_JAR:-$(ls /usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar 2>/dev/null)}
if [ -z "$jar" ] || ! command -v java >/dev/null || ! command -v curl >/dev/null; then
    skip "following Google's emulator" "no cloud-firestore-emulator.jar on this machine"
    harness_end
fi

emulator_run() { # PORT
    java -Duser.language=en -cp "$jar" com.google.cloud.datastore.emulator.firestore.CloudFirestore start \
        --host=127.0.0.1 --port="$1" >>"$WORK/emulator.log" 2>&1 &
    emulator=$!
    pids+=("$emulator")
    wait_until 60 curl -s -o /dev/null "http://127.0.0.1:$1/" && kill -0 $emulator
}
emulator_start() {
    for _ in 1 2 3; do
        port=$((20000 + RANDOM % 20000))
        emulator_run $port && break
    done
    export FIRESTORE_EMULATOR_HOST=127.0.0.1:$port GOOGLE_CLOUD_PROJECT=demo-ordersync
}
documents() { echo "http://127.0.0.1:$port/v1/projects/demo-ordersync/databases/(default)/documents/Orders"; }
# put ID TOTAL: the order as it is from now on
put() {
    curl -sf -o /dev/null -X PATCH -H 'content-type: application/json' "$(documents)/$1" -d "{\"fields\":{
        \"id\":{\"integerValue\":\"$1\"}, \"name\":{\"stringValue\":\"#$1\"}, \"currency\":{\"stringValue\":\"EUR\"},
        \"created_at\":{\"stringValue\":\"2024-05-01T10:00:00Z\"}, \"total_price\":{\"stringValue\":\"$2\"},
        \"email\":{\"stringValue\":\"buyer.$1@example.com\"}, \"line_items\":{\"arrayValue\":{\"values\":[]}}}}"
}
remove() { curl -sf -o /dev/null -X DELETE "$(documents)/$1"; }
# Names and update times of the emulator, as the target has them: nanoseconds since 1970.
theirs() {
    curl -sf "$(documents)?pageSize=300" | python3 -c '
import json, sys, datetime
for d in json.load(sys.stdin).get("documents", []):
    whole, _, fraction = d["updateTime"].rstrip("Z").partition(".")
    at = int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp())
    print(d["name"].rsplit("/", 1)[1], at * 10**9 + int(fraction.ljust(9, "0") or 0))' | LC_ALL=C sort
}
ours() {
    sql -F ' ' -c "select source_id, version from ordersync.source_documents where deleted_at is null" 2>/dev/null | LC_ALL=C sort
}
parity() { theirs >"$WORK/theirs" && ours >"$WORK/ours" && cmp -s "$WORK/theirs" "$WORK/ours"; }
settled() {
    if wait_until 120 parity; then ok "$1"; else
        not_ok "$1" "$(diff "$WORK/theirs" "$WORK/ours" | head -n 6; tail -n 5 "$WORK/listen.log")"
    fi
}
listen_start() { "$ORDERSYNC" listen >>"$WORK/listen.out" 2>>"$WORK/listen.log" & LISTEN_PID=$!; pids+=("$LISTEN_PID"); }
listen_end() { kill "-$1" "$LISTEN_PID" 2>/dev/null; wait "$LISTEN_PID" 2>/dev/null; }
live() { "$ORDERSYNC" status --json 2>/dev/null | grep -q '"state":"live"'; }
total() { sql -c "select total_price from ordersync.orders where shop_order_id = $1"; }

cluster_start
database_new emulator
state_new emulator
emulator_start
for id in $(seq 101 160); do put "$id" 10.00; done
listen_start
holds "it follows" wait_until 120 live
settled "what was there before"
put 200 0.10; put 101 12.50; remove 102
settled "a create, an update and a delete"
is "the update's money is exact" "$(total 101) $(total 200)" "12.50 0.10"

listen_end KILL
put 101 13.75; remove 103; put 201 5.00
listen_start
settled "changes while the engine was killed"

pg_stop immediate
put 104 99.99; remove 105
sleep 1
pg_start
settled "changes while the target was down"
is "no order became a failure by it" "$(journal "select count(*) from failures")" 0

# The emulator keeps nothing: it comes back empty, and what is gone is held beyond the threshold.
listen_end TERM
kill -KILL $emulator
wait $emulator 2>/dev/null
had=$(ours | wc -l)
emulator_run "$port"
put 106 1.00
listen_start
held() { [ "$(journal "select count(*) from failures where state = 7")" -ge $((had - 11)) ]; }
holds "deletes of an emptied collection are held" wait_until 120 held
holds "and at most ten of them done" test "$(ours | wc -l)" -ge $((had - 10))
is "audit without gaps" "$(audit_gaps)" 0
listen_end TERM
harness_end
