# Google's and Stripe's own Node SDKs use ordersync-sim. Needs node, npm and the packages; skipped loudly otherwise.
. "$(dirname "$0")/../lib/harness.sh"

skip_all() {
    echo "SKIPPED: $1" >&2
    skip "the Node SDKs against the simulator" "$1"
    harness_end
}
command -v node >/dev/null && command -v npm >/dev/null || skip_all "node and npm are not on this machine"
mkdir -p "$WORK/interop"
cp "$srcdir"/tests/interop/{package.json,package-lock.json,interop.js,stripe.js} "$WORK/interop/"
(cd "$WORK/interop" && timeout -k 10 180 npm ci --silent --ignore-scripts --no-audit --no-fund) >"$WORK/npm.log" 2>&1 ||
    skip_all "npm cannot install @google-cloud/firestore and stripe here"

# No metadata server is asked for credentials: nothing leaves the loopback.
export METADATA_SERVER_DETECTION=none
export CONTROL=$WORK/control
: >"$CONTROL"
sim_start --generate 500 --control "$CONTROL"
sdk_run() { # NAME SCRIPT
    (cd "$WORK/interop" && timeout 120 node "$2") >"$WORK/$1.tap" 2>"$WORK/$1.err"
    while IFS= read -r line; do
        case $line in
        "ok "*) ok "$1: ${line#* - }" ;;
        "not ok "*) not_ok "$1: ${line#* - }" ;;
        "#"*) echo "$line" ;;
        esac
    done <"$WORK/$1.tap"
    is "$1: every check ran" "$(grep -c '^\(not \)\?ok ' "$WORK/$1.tap")" "$(sed -n 's/^1\.\.//p' "$WORK/$1.tap")"
}
sdk_run firestore interop.js

rest_start stripe --generate 250 --items 1,11,101 --mix 70:5:5:5:5:10
export STRIPE_CONTROL=$WORK/stripe.control
sdk_run stripe stripe.js
is "only the refused write was no GET" "$(cut -f 2 "$WORK/stripe.requests" | grep -cv GET)" 1
harness_end
