#!/usr/bin/env bash
# What the target refuses in the middle of a batch: of a bad order only itself fails, and lands when the reason is gone;
# a deadlock or a serialization failure tries the whole batch again and is nobody's fault.
. "$(dirname "$0")/../lib/harness.sh"
orders=250
cluster_start
sim_start --generate $orders --seed 21
database_new reference
state_new reference
"$ORDERSYNC" backfill --json >"$WORK/reference.json" 2>"$WORK/reference.log"
is "with nothing in the way all land" "$? $(json created <"$WORK/reference.json")" "0 $orders"
wanted=$(fingerprint)
# Not the first or the last of its batch, so that both sides of every cut have neighbours.
read -r name culprit < <(sql -F ' ' -c "select o.name, d.source_id from ordersync.orders o
    join ordersync.source_documents d using (order_id) order by d.source_id offset 97 limit 1")

database_new culprit
state_new culprit
sql -c "alter table ordersync.orders add constraint t check (name <> '$name')"
"$ORDERSYNC" backfill --json >"$WORK/culprit.json" 2>"$WORK/culprit.log"
is "one culprit among its neighbours: exit status" $? 1
is "its neighbours landed, it alone failed" \
    "$(json created <"$WORK/culprit.json") $(json failed <"$WORK/culprit.json")" "$((orders - 1)) 1"
is "as rows" "$(sql -c "select count(*), count(*) filter (where name = '$name') from ordersync.orders")" "$((orders - 1))|0"
is "one failure, with its id and the constraint's code" \
    "$(journal "select source_id, code, class from failures")" "$culprit|OS-4031|invalid_data"
contains "it names the constraint" "$(journal "select message from failures")" '"t"'
is "audit without gaps" "$(audit_gaps)" 0
"$ORDERSYNC" retry "firestore/$culprit" >"$WORK/retry.out" 2>&1
is "tried again under the same constraint it fails again" "$? $(journal "select count(*), sum(state <> 'resolved') from failures_by_name")" "1 1|1"
sql -c "alter table ordersync.orders drop constraint t"
"$ORDERSYNC" retry "firestore/$culprit" >"$WORK/retry.out" 2>&1
is "without the constraint it lands" "$? $(journal "select state from failures_by_name")" "0 resolved"
is "every table is as if nothing had been in the way" "$(fingerprint)" "$wanted"
is "audit without gaps, then too" "$(audit_gaps)" 0

# struck SQLSTATE: the first tries of batches end so; what a sequence counted is not rolled back with them.
struck() {
    local state=$1 strikes=5
    database_new "struck_${state,,}"
    state_new "$state"
    sql -c "create sequence public.strikes" -c "create function public.strike() returns trigger language plpgsql as \$\$
        begin
            if nextval('public.strikes') <= $strikes then raise exception 'made up' using errcode = '$state'; end if;
            return new;
        end \$\$" -c "create trigger strike before insert on ordersync.orders for each row execute function public.strike()"
    ORDERSYNC_PAGE_SIZE=50 "$ORDERSYNC" backfill --json >"$WORK/$state.json" 2>"$WORK/$state.log"
    is "$state: exit status" $? 0
    is "$state: all landed, none failed" "$(json created <"$WORK/$state.json") $(json failed <"$WORK/$state.json")" "$orders 0"
    is "$state: it struck, and each try was a whole batch" \
        "$(sql -c "select last_value >= $strikes + $orders from public.strikes")" t
    contains "$state: the log says what it was" "$(cat "$WORK/$state.log")" "OS-4013"
    is "$state: no failure, no attempt charged" "$(journal "select count(*), (select count(*) from attempts) from failures")" "0|0"
    is "$state: the same to the row" "$(fingerprint)" "$wanted"
    is "$state: audit without gaps" "$(audit_gaps)" 0
}
struck 40P01
struck 40001
harness_end
