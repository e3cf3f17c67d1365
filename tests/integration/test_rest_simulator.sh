# The simulated Stripe and Printful as servers: faults of the transport, the request log, the control file.
. "$(dirname "$0")/../lib/harness.sh"

rest_start stripe --generate 300 --mix 100:0:0:0:0:0
rest_start printful --generate 20 --rate 3 --rate-seconds 60
python3 "$srcdir/tests/integration/rest_simulator.py" "$STRIPE_API_BASE" "$PRINTFUL_API_BASE" "$WORK" \
    >"$WORK/rest.tap" 2>"$WORK/rest.err"
while IFS= read -r line; do
    case $line in
    "ok "*) ok "${line#* - }" ;;
    "not ok "*) not_ok "${line#* - }" ;;
    "#"*) echo "$line" ;;
    esac
done <"$WORK/rest.tap"
is "every check was made" "$(grep -c '^\(not \)\?ok ' "$WORK/rest.tap")" "$(sed -n 's/^1\.\.//p' "$WORK/rest.tap")"
sed 's/^/# /' "$WORK/rest.err"

# Only loopback, and ended by a signal at once even while an answer waits.
refused=$("$SIM" stripe --bind 0.0.0.0 2>&1)
is "another address is refused" "$?" 64
holds "and the message says so" grep -q '127.0.0.1 only' <<<"$refused"
holds "an option of another subcommand is refused" test -n "$("$SIM" stripe --history 5 2>&1 | grep 'unknown option')"
echo "latency:delay_ms=600000" >"$WORK/stripe.control"
python3 - "$STRIPE_API_BASE" >/dev/null 2>&1 <<'PYTHON' &
import sys, urllib.request
urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/v1/account", headers={"Authorization": "Bearer sk_x"}))
PYTHON
asking=$!
pids+=("$asking")
wait_until 60 grep -q /v1/account "$WORK/stripe.requests"
kill "${rest_pids[stripe]}"
ends() { ! kill -0 "${rest_pids[stripe]}" 2>/dev/null; }
holds "a signal ends it while an answer waits" wait_until 20 ends
wait "${rest_pids[stripe]}"
is "with status 0" "$?" 0
harness_end
