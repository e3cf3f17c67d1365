#!/usr/bin/env bash
# The command "inspect": one document read from its source now and planned alone. Nothing but that plan is written; its row
# can be applied, and holds.
. "$(dirname "$0")/../lib/harness.sh"

whole() { "$pg_bin/pg_dump" -d "$CONN dbname=$DB" | grep -Ev '^(--|\\(un)?restrict |SET |$)' | md5sum; }
send() { # KIND ARGUMENTS: as a console would leave it
    journal_write "insert into commands (kind, arguments, operator, origin, reason, created_us)
        values ('$1', '$2', 'tester', 'test', '', 0)"
}
# An engine of its own for a moment: it carries out what waits, before the pull that started it.
turn() { "$ORDERSYNC" pull firestore/never-there >/dev/null 2>&1 </dev/null; }
answer() { journal "select result || ': ' || message from commands where kind = '$1' order by id desc limit 1"; }
inspect() { send inspect "{\"source\":\"firestore\",\"source_id\":\"$1\"}"; turn; text=$(answer inspect); }
row() { journal "select $1 from plan_rows r join plans p on p.number = r.plan where p.kind = 'inspect' and r.source_id = '$2'
    order by r.id desc limit 1"; }

cluster_start
database_new shop
sim_start --generate 40 --broken 1 --seed 7
state_new inspect
"$ORDERSYNC" backfill --quiet >/dev/null 2>&1 </dev/null
bad=$(journal "select source_id from failures limit 1")
good=$(sql -c "select source_id from ordersync.source_documents order by source_id limit 1")
lost=$(sql -c "select source_id from ordersync.source_documents order by source_id desc limit 1")
before=$(whole)
tried=$(journal "select attempts, state from failures where source_id = '$bad'")

inspect "$good"
is "what is the same would change nothing" "$text" "done: would change nothing"
is "... and leaves no plan" "$(journal "select count(*) from plans")" 0
inspect "$bad"
contains "what is broken would fail again, and how" "$text" "done: would fail with OS-"
is "... as a conflict of its plan" "$(row "r.action || ' ' || p.state" "$bad")" "3 1"
is "... and no attempt is charged" "$(journal "select attempts, state from failures where source_id = '$bad'")" "$tried"
inspect never-there
contains "what is nowhere" "$text" "done: its source does not hold it"
send inspect '{"source":"firestore","source_ids":["a","b"]}'; turn
contains "two at once are refused" "$(answer inspect)" "refused: "
is "the whole database is as before" "$(whole)" "$before"

order=$(sql -c "select order_id from ordersync.source_documents where source_id = '$lost'")
# Without a trace: a deletion leaves its version in the document's row, and what it was in the audit.
sql -c "delete from ordersync.orders where order_id = '$order'" -c "set session_replication_role = replica" \
    -c "delete from ordersync.source_documents where source_id = '$lost'" \
    -c "delete from ordersync.order_audit where order_id = '$order'"
inspect "$lost"
contains "what the target lacks would be created" "$text" "done: would create it, "
holds "... every column is told" test "$(row r.field_count "$lost")" -gt 20
is "... and is not there yet" "$(sql -c "select count(*) from ordersync.orders where order_id = '$order'")" 0
send apply "{\"plan\":\"$(row p.id "$lost")\",\"ids\":[$(row r.id "$lost")]}"
applied() { turn; [ "$(answer apply)" = "done: 1 applied" ]; }
holds "its row is applied" wait_until 60 applied
is "... and the order is there" "$(sql -c "select count(*) from ordersync.orders where order_id = '$order'")" 1
inspect "$lost"
is "... after which nothing would change" "$text" "done: would change nothing"
is "audit without gaps" "$(audit_gaps)" 0

harness_end
