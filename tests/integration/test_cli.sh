#!/usr/bin/env bash
# The command line as its user meets it: exit codes and one-line messages for what goes wrong, JSON that parses, secrets that
# never show.
. "$(dirname "$0")/../lib/harness.sh"
unset ORDERSYNC_STATE_DIR FIRESTORE_EMULATOR_HOST
export HOME=$WORK TERM=dumb
out=$WORK/out err=$WORK/err

# run ARGS...: sets code, and text (stdout and stderr together)
run() {
    "$ORDERSYNC" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    text=$(cat "$out" "$err")
}
# refused WHAT CODE WORDS ARGS...
refused() {
    local what=$1 wanted=$2 words=$3
    shift 3
    run "$@"
    is "$what: exit code" "$code" "$wanted"
    contains "$what: message" "$(cat "$err")" "$words"
}
# one_object WHAT: stdout is exactly one JSON object on one line
one_object() {
    is "$1: one line of JSON" "$(wc -l <"$out")" 1
    if python3 -c 'import json,sys; sys.exit(not isinstance(json.loads(sys.stdin.read()), dict))' <"$out"; then
        ok "$1: it parses"
    else
        not_ok "$1: it parses" "$(cat "$out")"
    fi
}

# ---- bad command lines ----

refused "alone off a terminal" 64 "usage: ordersync"
refused "unknown command" 64 'unknown command "bogus"' bogus
refused "unknown option" 64 "--bogus" status --bogus
contains "a usage error names the command's help" "$text" "ordersync status --help"
run bogus --json
one_object "unknown command with --json"
run status --bogus --json
one_object "unknown option with --json"
refused "missing value" 64 "--limit needs a value" failed --limit
refused "value that is no number" 64 "--limit takes a whole number" failed --limit=many
refused "missing argument" 64 "pull needs SOURCE/ID" pull
refused "too many arguments" 64 'unexpected "two"' pull one two
refused "unknown source" 64 "sources are firestore" pull shop/1
refused "console off a terminal" 64 "needs a terminal" console
refused "skip without a reason" 64 "--reason" skip firestore/1
refused "a secret on the command line" 64 "does not belong on a command line" status --set database_url=sesame
lacks "the secret is not repeated" "$text" sesame
run help backfill
is "help of a command" "$code" 0
run --version
contains "version" "$text" "ordersync "
"$ORDERSYNC" config show >/dev/full 2>"$err"
is "a full device behind stdout: exit code" $? 74
"$ORDERSYNC" version >&- 2>"$err"
is "a closed stdout is survived" $? 0

# ---- settings ----

printf 'writers = 2\nwritters = 3\n' >"$WORK/bad.conf"
refused "unknown setting" 78 "bad.conf:2: unknown setting \"writters\"; did you mean \"writers\"?" status --config "$WORK/bad.conf"
printf 'writers = 99\n' >"$WORK/bad.conf"
refused "value out of range" 78 "bad.conf:1: writers: 99 is outside 1..32" status --config "$WORK/bad.conf"
refused "no such file" 78 "No such file" status --config "$WORK/none.conf"
ORDERSYNC_PAGE_SIZE=x refused "bad variable" 78 "environment ORDERSYNC_PAGE_SIZE: page_size" status
run version --config "$WORK/bad.conf"
is "version works with a broken file" "$code" 0
export DATABASE_URL=postgresql://u:sesame@127.0.0.1:1/d STRIPE_SECRET_KEY=sk_test_sesame
export STRIPE_API_BASE=http://127.0.0.1:1
run config show --origin
contains "config show --origin names the variable" "$text" "environment DATABASE_URL"
lacks "config show masks" "$text" sesame
run config show --json
one_object "config show --json"
lacks "config show --json masks" "$text" sesame

# ---- nothing there yet ----

refused "no server" 75 "OS-4002" migrate
lacks "the password is not in the message" "$text" sesame
refused "no credentials" 78 "GOOGLE_APPLICATION_CREDENTIALS" backfill
DATABASE_URL='postgresql://[::1' refused "malformed URL" 78 "OS-4001" migrate
GOOGLE_APPLICATION_CREDENTIALS=$WORK/none.json refused "credentials file missing" 78 "none.json" backfill
run backfill --json
is "an error with --json: exit code" "$code" 78
one_object "an error with --json"
run status
is "status without a journal" "$code" 0
run status --check --json
is "status --check without a journal" "$code" 1
one_object "status --json"
run failed
is "failed without a journal" "$code" 0
run doctor --json
is "doctor exits with the first failure" "$code" 75
one_object "doctor --json"
contains "doctor has remedies" "$text" '"remedy"'
lacks "doctor shows no secret" "$text" sesame
ORDERSYNC_ENVIRONMENT=prod run doctor
contains "doctor refuses a test key in prod" "$text" "OS-3034"
STRIPE_SECRET_KEY=rk_live_sesame run doctor
contains "doctor refuses a live key in dev" "$text" "OS-3034"
lacks "doctor does not show it" "$text" sesame
unset STRIPE_SECRET_KEY

# ---- a real run ----

cluster_start
psql -X -q -d "$CONN dbname=postgres" -c "create database shop" -c "create database empty" >/dev/null
sim_start --generate 600 --broken 5 --seed 3
export DATABASE_URL="$CONN dbname=empty"
refused "no schema" 78 "ordersync migrate" backfill
is "no schema: one line and its remedy, no run begun" "$(wc -l <"$err")" 2
run migrate --status
is "migrate --status with pending ones" "$code" 2
# The server trusts everybody here; the password must not be seen all the same.
export DATABASE_URL="$CONN dbname=shop password=sesame" ORDERSYNC_LOG_LEVEL=debug
run migrate
is "migrate" "$code" 0
run migrate --json
is "migrate again changes nothing" "$(json applied <"$out")" 0
run migrate --status --json
is "migrate --status afterwards" "$code" 0
one_object "migrate --status --json"

run backfill --json
all=$text
is "backfill with broken orders: exit code" "$code" 1
is "stdout is one line" "$(wc -l <"$out")" 1
one_object "backfill --json"
is "seen" "$(json seen <"$out")" 600
is "created" "$(json created <"$out")" 595
is "failed" "$(json failed <"$out")" 5
for field in updated deleted unchanged seconds; do
    contains "backfill --json has $field" "$(cat "$out")" "\"$field\":"
done
run backfill --json --quiet
all=$all$text
is "again: all unchanged" "$(json unchanged <"$out")" 595
ORDERSYNC_LOG_LEVEL=error run backfill --quiet
lacks "quiet: no notes, only the failures' log lines" "$(grep -v ' error ' "$err")" "orders"

run failed --json
all=$all$text
one_object "failed --json"
is "failed --json: total" "$(json total <"$out")" 5
run failed --limit 2
contains "failed --limit says that there are more" "$text" "2 of 5"
run failed --groups --json
one_object "failed --groups --json"
run failed --text nothing-has-this-text --json
is "failed --text filters" "$(json total <"$out")" 0
id=$("$ORDERSYNC" failed --json 2>/dev/null | json source_id)
run show "$id" --json
all=$all$text
one_object "show --json"
contains "show has the attempts" "$text" '"attempts_made":[{'
run show "firestore/$id"
contains "show explains" "$text" "failure"
run show no-such-document
is "show of an unknown document" "$code" 65
run retry "$id" --json
all=$all$text
is "retry of a document that is still broken" "$code" 1
one_object "retry --json"
run skip "$id" --reason "known" --json
is "skip" "$code" 0
run status --json
contains "status counts the skipped one" "$text" '"skipped":1'
run backfill --json --quiet
is "backfill counts the skipped one apart" "$code $(json failed <"$out") $(json skipped <"$out")" "1 4 1"
lacks "what was skipped is no error in the log" "$(grep -F "$id" "$err")" "OS-"
refused "retry of what never failed" 65 "no failure" retry firestore/never-failed
good=$(psql -X -q -A -t -d "$DATABASE_URL" -c "select source_id from ordersync.source_documents limit 1")
run pull "firestore/$good" --json
is "pull of an order that is there" "$code" 0
contains "pull says what became of it" "$text" unchanged
run pull firestore/never-there --json
is "pull of what never was" "$code" 1
contains "pull of what never was says so" "$text" "not found"
is "pull of what never was writes nothing" \
    "$(psql -X -q -A -t -d "$DATABASE_URL" -c "select count(*) from ordersync.source_documents where source_id = 'never-there'")" 0
refused "pull from a source that is not read" 78 "documents of stripe" pull "stripe/$good"
run show "$good"
contains "show prints rows" "$text" "order_line_items"
lacks "personal data is masked" "$text" "@example"
run reproject --all --json
is "reproject writes nothing new" "$(json updated <"$out")" 0
ask() { psql -X -q -A -t -d "$DATABASE_URL" -c "$1"; }
figures="select count(*) from ordersync.customers where orders_count > 0 and segment is not null and last_active_at is not null"
is "a backfill ends with its customers recomputed" \
    "$(ask "select count(*) from ordersync.customer_dirty")|$(ask "select ($figures) > 10")" "0|t"
before=$(ask "$figures")
run customers recompute --all --cutoffs --json
is "customers recompute --all reaches every customer and changes nothing" \
    "$(json customers <"$out")|$(ask "$figures")" "$(ask "select 2 * count(*) from ordersync.customers")|$before"
refused "customers without what" 64 "customers" customers
refused "customers of another word" 64 "recompute" customers dance
run doctor
all=$all$text
is "doctor of a healthy setup" "$code" 0
run status --check
is "status --check: failures wait" "$code" 1
lacks "status --check: that no engine runs is no problem in itself" "$text" "no engine runs"
run skip --state dead --reason "all known" --json
run backfill --json
is "backfill when everything that fails is skipped" "$code $(json failed <"$out") $(json skipped <"$out")" "0 0 5"
run status --check
is "status --check: nothing needs a person" "$code" 0
run status --json
contains "status after a good end: the source did not fail" "$text" '"state":"ready","identity":"demo-ordersync/'
ORDERSYNC_COLLECTION=Other refused "another collection into the same target" 78 "is fed by firestore" backfill
FIRESTORE_EMULATOR_HOST=http://$FIRESTORE_EMULATOR_HOST refused "an emulator's URL instead of its host" 78 "HOST:PORT" backfill

# ---- stopped by a signal ----

sim_stop
sim_start --generate 8000 --seed 4
state_new stopped
"$ORDERSYNC" backfill --json --page-size=50 >"$out" 2>"$err" </dev/null &
pid=$!
seen_some() { [ "$("$ORDERSYNC" status --json 2>/dev/null | json seen)" -gt 200 ] 2>/dev/null; }
wait_until 30 seen_some
kill -TERM $pid
wait $pid
is "SIGTERM: exit code" $? 75
contains "SIGTERM: how to go on" "$(cat "$err")" "goes on"
one_object "SIGTERM: summary"
seen=$(json seen <"$out")
if [ "$seen" -gt 0 ] && [ "$seen" -lt 8000 ]; then ok "SIGTERM: stopped half-way ($seen)"; else not_ok "SIGTERM: stopped half-way" "$seen"; fi
run backfill --json
is "it goes on and ends" "$code" 0

# ---- secrets ----

lacks "no password in any output" "$all$text" sesame
if grep -rqa sesame "$ORDERSYNC_STATE_DIR" "$XDG_STATE_HOME"; then not_ok "no password in the journal"; else ok "no password in the journal"; fi

# ---- the demo ----

unset ORDERSYNC_STATE_DIR FIRESTORE_EMULATOR_HOST DATABASE_URL ORDERSYNC_LOG_LEVEL
mkdir -p "$WORK/pgdemo"
run demo --orders 400 --directory "$WORK/pgdemo"
is "demo off a terminal: exit code" "$code" 0
is "demo: the broken ones" "$(sed -n 's/^  failed  *//p' "$out")" 12
run demo --orders 400 --directory "$WORK/pgdemo" --json
is "demo again: exit code" "$code" 0
is "demo again: reuses everything" "$(json unchanged <"$out")" 388
is "nothing of the demo is left running" "$(pgrep -fc "[p]ostgres.*$WORK/pgdemo")" 0
harness_end
