#!/usr/bin/env bash
# ordersync verify: finds every kind of difference and nothing else, also while both sides change; repairs; keeps its result.
. "$(dirname "$0")/../lib/harness.sh"
out=$WORK/out err=$WORK/err

# run ARGS...: sets code, and text (stdout and stderr together)
run() {
    "$ORDERSYNC" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    text=$(cat "$out" "$err")
}
# counts: "missing stale extra different failed skipped held" of the last --json
counts() { for field in missing stale extra different failed skipped held; do printf '%s ' "$(number "$field")"; done; }
number() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <"$out" 2>/dev/null; }
examples() { python3 -c 'import json,sys; print(*sorted(e["source_id"] for e in json.load(sys.stdin)["examples"] if e["class"] == sys.argv[1]))' "$1" <"$out"; }
# Statements behind the triggers' back, as a mistake in the target would be.
damage() { sql -c "set session_replication_role = replica" -c "$1"; }
ids() { sql -c "select source_id from ordersync.source_documents where deleted_at is null order by source_id offset $1 limit $2"; }
list() { tr '\n' ' ' <<<"$1" | sed 's/ $//'; }
quoted() { sed "s/.*/'&'/" <<<"$1" | paste -sd,; }

cluster_start
database_new shop
state_new verify
control=$WORK/control
: >"$control"
sim_start --generate 1500 --broken 4 --seed 7 --control "$control"
"$ORDERSYNC" backfill --quiet >/dev/null 2>&1
is "backfill with broken orders" $? 1

# ---- nothing wrong but what is known ----

run verify --json
is "equal: exit code" "$code" 0
is "equal: counts, known failures apart" "$(counts)" "0 0 0 0 4 0 0 "
is "equal: documents in the source" "$(number documents)" 1500
is "equal: documents in the target" "$(number target_documents)" 1496
is "equal: said so" "$(number equal)" True
is "names are read, and the suspects once more" "$(number reads)" 1504
contains "a known failure has its code" "$(cat "$out")" '"class":"failed"'
run verify --json --deep
is "deep: exit code" "$code" 0
is "deep: counts" "$(counts)" "0 0 0 0 4 0 0 "
id=$("$ORDERSYNC" failed --json 2>/dev/null | json source_id)
"$ORDERSYNC" skip "firestore/$id" --reason "tested" >/dev/null 2>&1
run verify --json
is "a skipped one is counted apart" "$(counts)" "0 0 0 0 3 1 0 "

# ---- every kind of difference ----

before=$(fingerprint)
missing=$(ids 10 5) rowless=$(ids 20 2) stale=$(ids 1000 7) different=$(ids 1200 3) ahead=$(ids 1300 1)
damage "delete from ordersync.source_documents where source_id in ($(quoted "$missing"))"
sql -c "delete from ordersync.orders where order_id in (select order_id from ordersync.source_documents where source_id in ($(quoted "$rowless")))"
damage "update ordersync.source_documents set version = version - 1000000000 where source_id in ($(quoted "$stale"))"
damage "update ordersync.source_documents set digest = sha256('x') where source_id in ($(quoted "$different"))"
damage "update ordersync.source_documents set version = version + 1000000000 where source_id in ($(quoted "$ahead"))"
damage "insert into ordersync.source_documents (source, source_id, version, observed_at, digest, mapping_version, document)
        select 'firestore', 'zz-' || i, 1000, now(), sha256('y'), 1, '{}' from generate_series(1, 4) i"
run verify --json --examples 100
is "damaged: exit code" "$code" 2
is "damaged: names and versions" "$(counts)" "7 7 4 1 3 1 0 "
is "missing: which" "$(examples missing)" "$(list "$(sort <<<"$missing
$rowless")")"
is "stale: which" "$(examples stale)" "$(list "$stale")"
is "extra: which" "$(examples extra)" "zz-1 zz-2 zz-3 zz-4"
is "a version that the source never had" "$(examples different)" "$ahead"
run verify --json --deep --examples 2
is "deep: contents as well" "$(counts)" "7 7 4 4 3 1 0 "
is "examples are limited" "$(examples stale | wc -w)" 2
run verify
is "in words: exit code" "$code" 2
contains "in words" "$text" "NOT equal: 1,500 documents in the source"
contains "in words: an example" "$text" "zz-1, target 1970-01-01"

# ---- the result is kept ----

is "one row a verification" "$(journal "select count(*), sum(deep), max(missing), max(extra) from verifications")" "6|2|7|4"
run status --json
contains "status has the last one" "$(cat "$out")" '"verification":{'
run status --check
contains "status --check says it" "$text" "the last verification found 19 differences"

# ---- repair ----

run verify --json --deep --repair
is "repair: exit code" "$code" 0
is "repair: what is left" "$(counts)" "0 0 0 0 3 1 0 "
is "repair: mended" "$(number repaired)" 22
run verify --json --deep
is "afterwards: equal" "$code $(counts)" "0 0 0 0 0 3 1 0 "
is "afterwards: rows as before" "$(fingerprint | grep -v '^source_documents')" "$(grep -v '^source_documents' <<<"$before")"

# ---- many absences are a person's matter ----

damage "insert into ordersync.source_documents (source, source_id, version, observed_at, digest, mapping_version, document)
        select 'firestore', 'zy-' || i, 1000, now(), sha256('y'), 1, '{}' from generate_series(1, 150) i"
run verify --json --repair
is "too many extras: exit code" "$code" 0
is "too many extras: held" "$(counts)" "0 0 0 0 3 1 150 "
is "too many extras: still there" "$(sql -c "select count(*) from ordersync.source_documents where source_id like 'zy-%' and deleted_at is null")" 150
run status --check
contains "status --check: they wait" "$text" "wait for a person"
run release --all --reason "looked at"
is "release: exit code" "$code" 0
is "release: gone" "$(sql -c "select count(*) from ordersync.source_documents where source_id like 'zy-%' and deleted_at is null")" 0
run verify --json
is "after the release: equal" "$code $(counts)" "0 0 0 0 0 3 1 0 "

# ---- a deleted document, a changed one ----

echo "changes 1000 count=30 mix=10:60:30" >"$control"
sleep 1.5
"$ORDERSYNC" verify --json --repair >"$out" 2>"$err"
is "changes without an engine: mended" "$?" 0
is "changes without an engine: nothing left" "$(counts)" "0 0 0 0 3 1 0 "
run verify --json --deep
is "changes without an engine: equal" "$code" 0

# ---- live traffic ----

"$ORDERSYNC" listen >"$WORK/listen.out" 2>"$WORK/listen.log" &
engine=$!
pids+=("$engine")
live() { "$ORDERSYNC" status --json 2>/dev/null | grep -q '"state":"live"'; }
holds "the engine follows" wait_until 180 live
echo "changes 150 seconds=12 mix=15:75:10" >"$control"
sleep 1
for kind in "" --deep; do
    run verify --json $kind
    is "under live traffic ${kind:-by name}: exit code" "$code" 0
    is "under live traffic ${kind:-by name}: no difference" "$(counts | cut -d' ' -f1-4)" "0 0 0 0"
done
# Live changes mend some of them first, on a slow machine many; not forty.
damage "update ordersync.source_documents set version = version - 1000000000 where source_id in ($(quoted "$(ids 500 40)"))"
run verify --json --repair
is "under live traffic: the engine repairs: exit code" "$code" 0
holds "under live traffic: the engine repairs" [ "$(number repaired)" -ge 1 ]
kill "$engine"
wait "$engine"
is "the engine ends well" $? 0

# ---- by the engine's own clock ----

now=$(date +%s)
[ $((now % 60)) -gt 50 ] && now=$((now + 60))
"$ORDERSYNC" listen --verify-schedule "$(date -d "@$((now + 60))" +%H:%M)" >"$WORK/listen.out" 2>"$WORK/listen.log" </dev/null &
engine=$!
pids+=("$engine")
holds "the engine follows again" wait_until 180 live
still() { [ "$(grep -c '^changes ended' "$WORK/sim.out")" -ge 2 ]; } # the thirty, and the traffic
holds "nothing changes any more" wait_until 60 still
damage "update ordersync.source_documents set version = version - 1000000000 where source_id in ($(quoted "$(ids 700 4)"))"
scheduled() { [ "$(journal "select count(*) from verifications where scheduled and result = 'done'")" -ge 1 ]; }
holds "a scheduled verification runs" wait_until 100 scheduled
is "it repairs, and says so" "$(journal "select missing + stale + extra + different, repaired from verifications where scheduled")" "0|4"
contains "its figures are in the log" "$(grep ' verify: ' "$WORK/listen.log")" "repaired 4"
# As a console's :verify deep does it.
ordered() {
    journal_write "insert into commands (kind, arguments, operator, origin, reason, created_us)
        values ('verify', '{\"deep\":true}', 'kim', 'here', 'asked', unixepoch() * 1000000)"
}
answered() { [ -n "$(journal "select result from commands where kind = 'verify' and finished_us is not null")" ]; }
damage "update ordersync.source_documents set version = version - 1000000000 where source_id in ($(quoted "$(ids 700 4)"))"
ordered
holds "an ordered verification is answered" wait_until 100 answered
contains "with what it found" "$(journal "select result, message from commands where kind = 'verify'")" \
    " documents with contents, 4 differences"
is "it is kept as the operator's, and repairs nothing" \
    "$(journal "select operator, deep, scheduled, stale, repaired from verifications order by id desc limit 1")" "kim|1|0|4|0"
kill "$engine"
wait "$engine"
is "the engine ends well again" $? 0
"$ORDERSYNC" verify --repair >/dev/null 2>&1
run verify --json
is "afterwards: equal" "$code" 0

# ---- the day's reads ----

state_new budget
export ORDERSYNC_READ_BUDGET=2000
reads() { "$ORDERSYNC" status --json 2>/dev/null | json reads_today; }
"$ORDERSYNC" listen >"$WORK/listen.out" 2>"$WORK/listen.log" &
engine=$!
pids+=("$engine")
followed() { [ "$(journal "select complete from listen" 2>/dev/null)" = 1 ]; }
holds "a budget: the engine follows" wait_until 180 followed
known() { [ "$(reads)" -ge "$1" ]; }
holds "a budget: what the backfill read is known" wait_until 20 known 1400
before=$(reads)
run verify --json
is "a budget: verification ends within it" "$code $(grep -o 'OS-3013' <<<"$text" | head -n 1)" "75 OS-3013"
holds "a budget: the reads of one that failed count" wait_until 20 known $((before + 1000))
before=$(reads)
run verify --json
contains "a budget: another one reads nothing" "$text" OS-3013
kill "$engine"
wait "$engine"
is "a budget: as the journal has it" "$(reads)" "$before"
unset ORDERSYNC_READ_BUDGET

# ---- what goes wrong ----

origin=$(sql -c "update ordersync.sync_origin o set identity = 'other/place/Orders' from ordersync.sync_origin old
                 where old.source = o.source returning old.identity")
run verify --json
is "a target of another collection: exit code" "$code" 78
sql -c "update ordersync.sync_origin set identity = '$origin'"
sim_stop
run verify --give-up 1s
is "no source: exit code" "$code" 69
harness_end
