#!/usr/bin/env bash
# Dry runs write nothing but a plan and need SELECT alone; a plan applied is what the real run is; what moved is left alone.
. "$(dirname "$0")/../lib/harness.sh"
out=$WORK/out err=$WORK/err
kills=10
[ "${ORDERSYNC_LONG:-0}" = 1 ] && kills=100

# run ARGS...: sets code, and text (stdout and stderr together)
run() {
    "$ORDERSYNC" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    text=$(cat "$out" "$err")
}
number() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <"$out" 2>/dev/null; }
numbers() { local field; for field in "$@"; do printf '%s ' "$(number "$field")"; done; }
# The database as it is: every row of every table, and every sequence.
whole() {
    "$pg_bin/pg_dump" -d "$CONN dbname=$DB" | grep -Ev '^(--|\\(un)?restrict |SET |$)' | md5sum
}
# What a dry run may not touch in the journal.
records() { journal "select (select count(*) from runs), (select count(*) from ranges), (select count(*) from failures),
    (select count(*) from fences), (select count(*) from statistics_minute), (select count(*) from commands)"; }
# changed N MIX: so many changes of the source, and none after them
changed() {
    local last= now=
    sim_dump "$WORK/dump"; local before=$(md5sum <"$WORK/dump")
    sim_control "changes 500 count=$1 mix=$2 #$RANDOM$RANDOM"
    quiet() { sim_dump "$WORK/dump"; last=$now now=$(md5sum <"$WORK/dump"); [ "$now" != "$before" ] && [ "$now" = "$last" ]; }
    wait_until 60 quiet
    sim_control "changes 0 #$RANDOM$RANDOM"
}
some() { sql -c "select source_id from ordersync.source_documents where source = 'firestore' and deleted_at is null order by source_id offset $1 limit 1"; }
order_of() { sql -c "select order_id from ordersync.source_documents where source_id = '$1'"; }

cluster_start
database_new real
database_new shop
sim_start --generate 400 --broken 4 --seed 7 --control "$SIM_CONTROL"

# ---- the first plan: everything is new ----

state_new plan
before=$(whole)
run backfill --dry-run --json
is "dry run: exit code" "$code" 0
is "dry run: counts" "$(numbers create update tombstone conflict unchanged)" "396 0 0 4 0 "
is "dry run: the plan is ready" "$(number state)" ready
is "dry run: the whole database is as before" "$(whole)" "$before"
is "dry run: no run, checkpoint, failure, fence, minute or command" "$(records)" "0|0|0|0|0|0"
run backfill --dry-run --detailed-exitcode
is "--detailed-exitcode: changes are 2" "$code" 2

# SELECT alone
sql -c "create role os_plan_reader login" -c "grant usage on schema ordersync to os_plan_reader" \
    -c "grant select on all tables in schema ordersync to os_plan_reader"
owner=$DATABASE_URL
before=$(whole)
export DATABASE_URL="host=$PG_DIR user=os_plan_reader dbname=shop"
run backfill --dry-run --json
is "a role with SELECT alone: exit code" "$code" 0
is "a role with SELECT alone: the same plan" "$(numbers create conflict)" "396 4 "
export DATABASE_URL=$owner

# ---- asking, guards ----

run apply last
is "off a terminal nobody says yes" "$code" 78
contains "... and it says so" "$text" "OS-7104"
is "... and nothing was written" "$(whole)" "$before"
run apply nothing --auto-approve
contains "no such plan" "$text" "OS-5021"
journal_write "update plans set started_us = started_us - 90000000000"
run apply last --auto-approve
contains "a plan older than a day is refused" "$text" "OS-6032"
run apply last --auto-approve --stale --only '#none'
contains "... unless that is said; no such row" "$text" "OS-5022"
journal_write "update plans set started_us = started_us + 90000000000"
database_use real
run apply last --auto-approve
is "another database: exit code" "$code" 78
contains "another database: refused" "$text" "OS-6033"
is "another database: nothing was written" "$(sql -c "select count(*) from ordersync.source_documents")" 0
database_use shop
GOOGLE_CLOUD_PROJECT=another run apply last --auto-approve
contains "another source: refused" "$text" "OS-6034"

# ---- in parts, then the rest ----

one=$("$ORDERSYNC" plan show last --json --limit 1 --action create | python3 -c 'import json,sys; r=json.load(sys.stdin)["rows"][0]; print(r["source_id"], r["order"])')
id=${one% *} label=${one#* }
run apply last --auto-approve --only "firestore/$id" --json
is "one document: exit code" "$code" 0
is "one document: it alone" "$(sql -c "select string_agg(source_id, ',') from ordersync.source_documents")" "$id"
run apply last --auto-approve --only "$label" --json
is "by its label: it is done already" "$(numbers applied open)" "1 399 "
run apply last --auto-approve --only create --json
is "every create: exit code" "$code" 0
is "every create: settled" "$(numbers applied open state)" "396 4 ready "
run apply last --auto-approve --only conflict --json
is "conflicts, from their source: still broken" "$code" 1
is "conflicts: settled as failures" "$(numbers applied failed open state)" "396 4 0 applied "
is "conflicts: failures of the journal" "$(journal "select count(*) from failures where state = 4")" 4
shop=$(fingerprint)
database_use real
state_new real
"$ORDERSYNC" backfill --quiet >/dev/null 2>&1
is "a plan applied is what the real run is" "$shop" "$(fingerprint)"
database_use shop
export ORDERSYNC_STATE_DIR=$WORK/state-plan
plan=$(journal "select id from plans order by number desc limit 1")
is "audit: each row names plan, command and operator" "$(sql -c "select count(*) from ordersync.order_audit
    where plan_id is distinct from '$plan' or command_id is null or operator is null")" 0
is "audit: no version is missing or twice" "$(audit_gaps)" 0

# ---- updates; what moved is left alone ----

changed 120 20:80:0
before=$(whole)
run backfill --dry-run --json
updates=$(number update) conflicts=$(number conflict)
holds "updates are found" [ "$updates" -gt 10 ]
is "nothing was written" "$(whole)" "$before"
updated() { "$ORDERSYNC" plan show last --json --limit 0 --action update | python3 -c 'import json,sys
for r in json.load(sys.stdin)["rows"]: print(r["source_id"])' | sed -n "$1p"; }
edited=$(updated 1) other=$(updated 2)
run plan show last "firestore/$other"
contains "one row: a field, before and after" "$text" " -> "
run plan export --format csv last
contains "CSV: a line for each field" "$text" "\"firestore\",\"$other\""
holds "CSV: personal fields are masked" grep -q "(personal; --personal shows it)" "$out"
plain() { printf '%s\n' "$@" | timeout 60 "$ORDERSYNC" console --plain --attach --read-only 2>&1; }
contains "the console's export: how many" "$(plain plan open "export $WORK/plan.csv")" "rows, personal data masked, written to $WORK/plan.csv"
holds "the console's export: the same" cmp -s "$out" "$WORK/plan.csv"
contains "the console's export: never over a file" "$(plain plan "export $WORK/plan.csv")" "File exists"
run plan export last
contains "the console's export: as JSON" "$(plain plan "export $WORK/plan.json")" "written to"
holds "the console's export: the same as JSON" cmp -s "$out" "$WORK/plan.json"
run plan export --personal last
holds "JSON: --personal shows them" python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); sys.exit(any("(personal" in str(r) for r in d["rows"]))' "$out"
sql -c "update ordersync.orders set local_note = 'by hand' where order_id = '$(order_of "$edited")'"
kept=$(sql -c "select to_jsonb(o)::text from ordersync.orders o where order_id = '$(order_of "$edited")'")
run apply last --auto-approve --only update --json
is "an edited order: exit code" "$code" 1
is "an edited order: it moved, the others are applied" "$(number moved) $(number applied)" "1 $((updates - 1))"
contains "an edited order: listed, with why" "$text" "changed in the target since the plan was made"
is "an edited order: not overwritten" "$(sql -c "select to_jsonb(o)::text from ordersync.orders o where order_id = '$(order_of "$edited")'")" "$kept"
run apply last --auto-approve --json
is "the rest: creates, without the conflicts" "$(number open)" "$conflicts"
is "audit after it" "$(audit_gaps)" 0

# Newer documents, and deleted ones, between plan and application.
changed 60 0:100:0
run backfill --dry-run --json
is "another plan: exit code" "$code" 0
planned=$(($(number update) + $(number create)))
changed 200 0:60:40
run apply last --auto-approve --json
is "moved in the source: exit code" "$code" 1
moved=$(number moved)
holds "some moved, not all" [ "$moved" -gt 0 -a "$moved" -lt "$planned" ]
is "what did not move is applied" "$(number applied)" "$((planned - moved))"
contains "a newer document is listed" "$text" "changed in its source since the plan was made"
contains "a deleted one as well" "$text" "gone in its source since the plan was made"
is "none of them is deleted here" "$(sql -c "select count(*) from ordersync.source_documents where deleted_at is not null")" 0

# ---- conflicts both ways: two documents that claim one Shopify order ----

"$ORDERSYNC" backfill --quiet >/dev/null 2>&1
victim=$(comm -12 <(cut -f 1 "$WORK/dump" | sort) <(sql -c "select source_id from ordersync.source_documents d join ordersync.orders using (order_id) where shop_order_id is not null order by 1" | sort) | sed -n 3p)
thief=$(sql -c "select order_id from ordersync.orders where origin_id <> '$victim' order by order_id limit 1")
claim=$(sql -c "select shop_order_id from ordersync.orders where origin_id = '$victim'")
theirs=$(sql -c "select shop_order_id from ordersync.orders where order_id = '$thief'")
victim_order=$(order_of "$victim")
sql -c "delete from ordersync.orders where origin_id = '$victim'" -c "set session_replication_role = replica" \
    -c "delete from ordersync.order_audit where order_id = '$victim_order'" \
    -c "delete from ordersync.source_documents where source_id = '$victim'" \
    -c "set session_replication_role = origin" \
    -c "update ordersync.orders set shop_order_id = $claim where order_id = '$thief'"
run backfill --dry-run --json
is "the claimed one is a conflict" "$("$ORDERSYNC" plan show last --json --action conflict --text "$victim" | json code)" OS-4033
run apply last --auto-approve --only "firestore/$victim" --conflicts leave --json
is "left as it is" "$(numbers left applied failed)" "1 0 0 "
is "... and not written" "$(sql -c "select count(*) from ordersync.source_documents where source_id = '$victim'")" 0
run backfill --dry-run --json
sql -c "update ordersync.orders set shop_order_id = ${theirs:-null} where order_id = '$thief'"
run apply last --auto-approve --only "firestore/$victim" --json
is "taken from its source once the claim is gone: exit code" "$code" 0
is "taken from its source: applied" "$(numbers left applied failed)" "0 1 0 "
is "... and written" "$(sql -c "select shop_order_id from ordersync.orders where origin_id = '$victim'")" "$claim"

# ---- lists and dropping ----

run plan list --json
holds "plans are listed" [ "$(grep -o '"plan":' "$out" | wc -l)" -ge 5 ]
run plan drop last
is "dropped: exit code" "$code" 0
is "dropped: gone, with its rows" "$(journal "select count(*) from plan_rows where plan not in (select number from plans)")" 0

# ---- a killed application continues ----

sim_stop
sim_start --generate 3000 --seed 11
database_new reference
state_new reference
"$ORDERSYNC" backfill --quiet >/dev/null 2>&1
reference=$(fingerprint)
database_new killed
state_new killed
run backfill --dry-run --json
is "a plan of 3000" "$(number create)" 3000
landed() { sql -c "select count(*) from ordersync.source_documents"; }
hits=0
for attempt in $(seq $kills); do
    wanted=$((3000 * (attempt - 1) / kills + RANDOM % (3000 / kills)))
    "$ORDERSYNC" apply last --auto-approve >/dev/null 2>&1 &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ "$(landed)" -le $wanted ]; do sleep 0.01; done
    kill -9 $pid 2>/dev/null && hits=$((hits + 1))
    wait $pid 2>/dev/null
done
holds "at least half of the kills hit an application" [ $hits -ge $((kills / 2)) ]
run apply last --auto-approve --json
is "the last one ends" "$code" 0
is "all is applied, nothing moved" "$(numbers applied moved failed open state)" "3000 0 0 0 applied "
is "every table is what the real run made" "$(fingerprint)" "$reference"
is "no audit misses or repeats a version" "$(audit_gaps)" 0
harness_end
