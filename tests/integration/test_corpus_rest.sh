#!/usr/bin/env bash
# The public bodies of Stripe and Printful, served by the simulators: every one lands, is refused with its reason, or is
# passed over as no order; twice changes nothing.
. "$(dirname "$0")/../lib/harness.sh"
python3 -c '' 2>/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
if [ ! -d "$SHARED/stripe" ] || [ ! -d "$SHARED/printful" ]; then
    skip "the public bodies of Stripe and Printful" "$SHARED/stripe and $SHARED/printful are not there"
    harness_end
fi
for name in stripe printful; do
    python3 "$srcdir/tests/integration/corpus_rounds.py" $name "$SHARED/$name" "$WORK/$name" >"$WORK/$name.tsv" ||
        { echo "Bail out! the bodies cannot be laid out"; exit 1; }
    is "$name: every body is in a round" "$(cut -f 4 "$WORK/$name.tsv" | sed 's/\.[0-9]*$//' | sort -u | wc -l)" \
        "$(ls "$SHARED/$name"/*.json | wc -l)"
done
count() { awk -F '\t' -v round="$2" -v what="$3" '$1 == round && $2 ~ what' "$WORK/$1.tsv" | wc -l; } # NAME ROUND WHAT
cluster_start
database_new empty
export ORDERSYNC_PRINTFUL_LINK=client_reference_id ORDERSYNC_SYNC_DAYS=30
sync() { "$ORDERSYNC" sync --json >"$WORK/sync.json" 2>>"$WORK/sync.log"; }
# Every change of an order table is in the audit; what waits for a sale is a document alone.
written() {
    sql -c "select (select max(audit_id) from ordersync.order_audit), count(*), md5(string_agg(source || source_id || version ||
        coalesce(encode(digest, 'hex'), '') || coalesce(order_id::text, ''), '' order by source, source_id)) from ordersync.source_documents"
}
# What became of the round's sessions and orders, a line each: SOURCE/ID and landed, a failure's code, or why it is no sale.
told() {
    sql -c "select source || '/' || source_id || ' landed' from ordersync.source_documents"
    journal "select 'stripe/' || source_id || ' ' || code from failures_by_name where state <> 'resolved' and source = 'stripe'
        union all select 'printful/' || source_id || ' ' || code from failures_by_name where state <> 'resolved' and source = 'printful'"
    cat "$WORK/pulled"
}
# The same as it must be: no body of these is broken.
wanted() {
    awk -F '\t' -v round="$1" '$1 == round && $2 == "session" { print "stripe/" $3, $5 == "-" ? "landed" : $5 }' "$WORK/stripe.tsv"
    awk -F '\t' -v round="$1" '$1 == round && $2 == "order" { print "printful/" $3, "landed" }' "$WORK/printful.tsv"
}

total_told=0 total_rest=0
for round in $(cut -f 1 "$WORK/stripe.tsv" "$WORK/printful.tsv" | sort -nu); do
    for name in stripe printful; do
        mkdir -p "$WORK/$name/$round"
        rest_start $name --restamp --load "$WORK/$name/$round"
    done
    is "round $round: the simulators take what is an order, and pass over what is not" \
        "$(grep -ho '[0-9]* objects loaded, [0-9]* passed over' "$WORK/stripe.out" "$WORK/printful.out" | tr '\n' ' ')" \
        "$(count stripe "$round" '^(session|refund)$') objects loaded, $(count stripe "$round" '^none$') passed over $(
            )$(count printful "$round" '^order$') objects loaded, $(count printful "$round" '^none$') passed over "
    psql -X -q -d "$CONN dbname=postgres" -c "create database round$round template empty"
    database_use "round$round"
    state_new "round$round"
    : >"$WORK/pulled"
    sync
    is "round $round: a sync goes through" "$?" 0
    # A list offers complete sessions alone; the others are asked for by id, as an operator would.
    for id in $(LC_ALL=C comm -23 <(wanted "$round" | cut -d ' ' -f 1 | LC_ALL=C sort) <(told | cut -d ' ' -f 1 | LC_ALL=C sort)); do
        "$ORDERSYNC" pull "$id" 2>>"$WORK/pull.log" | sed -n 's/ unchanged: no sale: / /p' >>"$WORK/pulled"
    done
    is "round $round: every one landed, or is no sale for the reason that it gives" "$(told | LC_ALL=C sort)" "$(wanted "$round" | LC_ALL=C sort)"
    total_told=$((total_told + $(told | wc -l)))
    total_rest=$((total_rest + $(count stripe "$round" '^(none|empty|refund)$') + $(count printful "$round" '^(none|empty)$')))
    before=$(written)
    sync
    is "round $round: read again, nothing changes" "$(written)" "$before"
    is "round $round: audit complete" "$(audit_gaps)" 0
    rest_stop stripe
    rest_stop printful
    cat "$WORK/pulled" >>"$WORK/no_sales"
done
is "sessions and orders, and what is neither, are all there are" "$((total_told + total_rest))" \
    "$(cat "$WORK/stripe.tsv" "$WORK/printful.tsv" | wc -l)"
is "every reason for which a session is no sale is among them" "$(cut -d ' ' -f 2- "$WORK/no_sales" | sort -u | wc -l)" 3
echo "# $((total_told - $(wc -l <"$WORK/no_sales"))) landed, $(wc -l <"$WORK/no_sales") no sales, $total_rest refunds, errors and others"
harness_end
