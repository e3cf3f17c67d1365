#!/usr/bin/env bash
# The public order documents, through the simulator and through Google's emulator: every one lands or fails for
# the reason the rules give; twice changes nothing; shuffled and with two engines at once it ends the same.
. "$(dirname "$0")/../lib/harness.sh"
if [ ! -d "$SHARED/orders" ]; then
    skip "the public documents" "$SHARED/orders is not there"
    harness_end
fi
cluster_start
export ORDERSYNC_PAGE_SIZE=7 ORDERSYNC_RANGES=3

# refused_of NAME: which documents of a round nothing can be made of. There are six of order 123 whose every text is masked
# (test_mapping.c names them), and four of an order whose id JavaScript rounded in nine others: they claim the same order.
refused_of() {
    case $1 in
    simulator | emulator | round[234]) printf '%s\n' "123 OS-2103" "820982911946154508 OS-4033" ;;
    round[56]) echo "123 OS-2103" ;;
    esac
}

# check NAME: a backfill into a new database, then another that must change nothing
check() {
    local name=$1 out seen
    database_new "$name"
    state_new "$name"
    "$ORDERSYNC" backfill --json >"$WORK/$name.json" 2>"$WORK/$name.log"
    out=$?
    seen=$(json seen <"$WORK/$name.json")
    is "$name: every document was read" "$seen" "$documents"
    is "$name: every document landed or has a failure" \
        "$(($(sql -c 'select count(*) from ordersync.orders') + $(journal "select count(*) from failures_by_name where state <> 'resolved'")))" "$seen"
    is "$name: every failure is the document's own fault" \
        "$(journal "select count(*) from failures where class not in ('invalid_data', 'conflict')")" 0
    is "$name: for a reason that the rules give" \
        "$(journal "select group_concat(distinct code) from failures
                    where code not in ('OS-2102', 'OS-2103', 'OS-2104', 'OS-2105', 'OS-4033')")" ""
    [ "$(json failed <"$WORK/$name.json")" = 0 ] && wanted=0 || wanted=1
    is "$name: exit status says whether some failed" "$out" "$wanted"
    is "$name: exactly the documents that nothing can be made of" \
        "$(journal "select source_id || ' ' || code from failures_by_name where state <> 'resolved' order by 1")" "$(refused_of "$name")"
    before=$(sql -c "select max(audit_id) from ordersync.order_audit")
    "$ORDERSYNC" backfill --json >"$WORK/$name.again.json" 2>>"$WORK/$name.log"
    is "$name: applied again, nothing changes" \
        "$(json created <"$WORK/$name.again.json") $(json updated <"$WORK/$name.again.json") $(sql -c 'select max(audit_id) from ordersync.order_audit')" \
        "0 0 $before"
    is "$name: audit complete" "$(audit_gaps)" 0
    "$ORDERSYNC" verify --deep --json >"$WORK/$name.verify.json" 2>>"$WORK/$name.log"
    is "$name: deep parity" $? 0
}

# Many of the documents are versions of one order: the k-th document of each id is in round k.
index() { sqlite3 -batch :memory: ".import --csv '$SHARED/orders/INDEX.csv' documents" "$1"; }
rounds_of="select '$SHARED/orders/' || file as file, row_number() over (partition by order_id order by file) as round from documents"
round_files() { index "select file from ($rounds_of) where round = $1"; }
rounds=$(index "select max(round) from ($rounds_of)")
all=0
for round in $(seq 2 "$rounds"); do
    documents=$(round_files "$round" | wc -l)
    all=$((all + documents))
    sim_start --load $(round_files "$round")
    check "round$round"
    sim_stop
done
documents=$(round_files 1 | wc -l)
all=$((all + documents))
is "every public document was in a round" "$all" "$(ls "$SHARED"/orders/*.json | wc -l)"
sim_start --load $(round_files 1)
check simulator
reference=$(fingerprint)

# Two engines at once, different journals, one target.
database_new two_engines
state_new one
"$ORDERSYNC" backfill --json >"$WORK/one.json" 2>"$WORK/one.log" &
first=$!
state_new two
"$ORDERSYNC" backfill --json >"$WORK/two.json" 2>"$WORK/two.log"
second=$?
wait $first
is "two engines at once: both end with the failures of the documents" "$? $second" "1 1"
is "two engines at once end the same" "$(fingerprint)" "$reference"
is "two engines at once: audit complete" "$(audit_gaps)" 0

# Another order of arrival: one range, tiny pages, many writers.
database_new shuffled
state_new shuffled
ORDERSYNC_PAGE_SIZE=1 ORDERSYNC_RANGES=8 ORDERSYNC_WRITERS=4 "$ORDERSYNC" backfill --json >"$WORK/shuffled.json" 2>"$WORK/shuffled.log"
is "another order of arrival ends the same" "$(fingerprint)" "$reference"

# Rows from the stored documents are the rows from the source.
database_use simulator
state_new reproject
"$ORDERSYNC" reproject --all --json >"$WORK/reproject.json" 2>"$WORK/reproject.log"
is "reproject changes nothing under the same mapping" "$? $(json updated <"$WORK/reproject.json")" "0 0"
sql -c "set session_replication_role = replica; delete from ordersync.order_line_items; update ordersync.orders set total_price = 1, applied_at = now(); update ordersync.source_documents set mapping_version = 0" >/dev/null
"$ORDERSYNC" reproject --json >"$WORK/reproject.json" 2>"$WORK/reproject.log"
is "reproject after an older mapping: exit status" $? 0
is "reproject restores every row" "$(fingerprint)" "$reference"
sql -c "set session_replication_role = replica; delete from ordersync.order_tax_lines; update ordersync.orders set total_price = 1" >/dev/null
"$ORDERSYNC" reproject --json >"$WORK/reproject.json" 2>"$WORK/reproject.log"
is "reproject leaves documents of this mapping alone" "$(json seen <"$WORK/reproject.json")" 0
"$ORDERSYNC" reproject --all --json >"$WORK/reproject.json" 2>"$WORK/reproject.log"
is "reproject --all restores every row that was changed by hand" "$(fingerprint)" "$reference"
sim_stop

# All versions of one order, one after the other, end as the newest alone.
mkdir "$WORK/versions"
order=$(index "select order_id from documents group by 1 order by count(*) desc limit 1")
at=1700000000
database_new versions
state_new versions
for file in $(index "select file from documents where order_id = '$order' order by file"); do
    newest=$WORK/versions/$file
    cp "$SHARED/orders/$file" "$newest"
    touch -d "@$((at += 60))" "$newest" # its update time
    sim_start --load "$newest"
    "$ORDERSYNC" backfill --json >"$WORK/versions.json" 2>>"$WORK/versions.log"
    echo "$? $(json created <"$WORK/versions.json") $(json updated <"$WORK/versions.json")" >>"$WORK/versions.counts"
    sim_stop
done
is "every version is applied: created, then updated" "$(uniq -c <"$WORK/versions.counts" | tr -s ' \n' ' ')" \
    " 1 0 1 0 $(($(wc -l <"$WORK/versions.counts") - 1)) 0 0 1 "
is "every version: audit complete" "$(audit_gaps)" 0
all_versions=$(fingerprint)
database_new newest
state_new newest
sim_start --load "$newest"
"$ORDERSYNC" backfill --json >"$WORK/newest.json" 2>"$WORK/newest.log"
is "the newest alone ends the same" "$? $(fingerprint)" "0 $all_versions"
sim_stop

# Google's own emulator.
jar=${FIRESTORE_EMULATOR_JAR:-$(ls /usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar 2>/dev/null)}
if [ -z "$jar" ] || ! command -v java >/dev/null; then
    skip "Google's emulator" "no cloud-firestore-emulator.jar on this machine"
    harness_end
fi
for _ in 1 2 3; do
    port=$((20000 + RANDOM % 20000))
    java -Duser.language=en -cp "$jar" com.google.cloud.datastore.emulator.firestore.CloudFirestore start \
        --host=127.0.0.1 --port=$port >"$WORK/emulator.log" 2>&1 &
    emulator=$!
    pids+=("$emulator")
    wait_until 30 curl -s -o /dev/null "http://127.0.0.1:$port/" && kill -0 $emulator && break
done
export FIRESTORE_EMULATOR_HOST=127.0.0.1:$port
holds "the documents were copied into the emulator" "$SIM" copy --load $(round_files 1) --to "127.0.0.1:$port" --project demo-ordersync
check emulator
digests() { sql -c "select md5(string_agg(source_id || encode(digest, 'hex'), ',' order by source_id)) from ordersync.source_documents"; }
through_emulator=$(digests)
database_use simulator
is "digests through the emulator and the simulator are equal" "$through_emulator" "$(digests)"
harness_end
