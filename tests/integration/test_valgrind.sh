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
valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
    "$ORDERSYNC" backfill --json >"$WORK/backfill.json" 2>"$WORK/valgrind.log"
is "a backfill under valgrind: exit status" $? 1
is "a backfill under valgrind: no complaint" "$(grep '^==' "$WORK/valgrind.log")" ""
is "a backfill under valgrind: every document seen" "$(json seen <"$WORK/backfill.json")" $orders
is "a backfill under valgrind: every good order landed" \
    "$(sql -c 'select count(*) from ordersync.orders')" "$((orders - 5))"
harness_end
