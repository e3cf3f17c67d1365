#!/usr/bin/env bash
# One backfill end to end under valgrind: no invalid access, nothing lost. Slow: behind ./check.sh --long.
. "$(dirname "$0")/../lib/harness.sh"
if [ "${ORDERSYNC_LONG:-0}" != 1 ]; then
    skip "a backfill under valgrind" "only with --long"
    harness_end
fi
if ! command -v valgrind >/dev/null || nm -D "$ORDERSYNC" 2>/dev/null | grep -qE '__(asan|tsan)_init'; then
    skip "a backfill under valgrind" "no valgrind, or a build with sanitizers"
    harness_end
fi
orders=600
cluster_start
sim_start --generate $orders --seed 15 --broken 5
database_new valgrind
state_new valgrind
checked=(valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite)
"${checked[@]}" "$ORDERSYNC" backfill --json >"$WORK/backfill.json" 2>"$WORK/valgrind.log"
is "a backfill under valgrind: exit status" $? 1
is "a backfill under valgrind: no complaint" "$(grep '^==' "$WORK/valgrind.log")" ""
is "a backfill under valgrind: every document seen" "$(json seen <"$WORK/backfill.json")" $orders
is "a backfill under valgrind: every good order landed" \
    "$(sql -c 'select count(*) from ordersync.orders')" "$((orders - 5))"

# Ended half-way, with calls of the source out.
sim_stop
sim_start --generate 3000 --seed 16 --fault slow:every=2,delay_ms=200
database_new stopped
state_new stopped
"${checked[@]}" "$ORDERSYNC" backfill --json --page-size=20 >"$WORK/stopped.json" 2>"$WORK/stopped.log" &
pid=$!
seen_some() { [ "$("$ORDERSYNC" status --json 2>/dev/null | json seen)" -gt 20 ] 2>/dev/null; }
holds "a backfill to be stopped is under way" wait_until 120 seen_some
kill -TERM $pid
wait $pid
is "stopped under valgrind: exit status" $? 75
is "stopped under valgrind: no complaint" "$(grep '^==' "$WORK/stopped.log")" ""
harness_end
