# Google's own Node SDK uses ordersync-sim as its emulator. Needs node, npm and the package; skipped loudly otherwise.
. "$(dirname "$0")/../lib/harness.sh"

skip_all() {
    echo "SKIPPED: $1" >&2
    skip "the Node SDK against the simulator" "$1"
    harness_end
}
command -v node >/dev/null && command -v npm >/dev/null || skip_all "node and npm are not on this machine"
mkdir -p "$WORK/interop"
cp "$srcdir"/tests/interop/{package.json,package-lock.json,interop.js} "$WORK/interop/"
(cd "$WORK/interop" && timeout 180 npm ci --silent --ignore-scripts --no-audit --no-fund) >"$WORK/npm.log" 2>&1 ||
    skip_all "npm cannot install @google-cloud/firestore here"

# No metadata server is asked for credentials: nothing leaves the loopback.
export METADATA_SERVER_DETECTION=none
export CONTROL=$WORK/control
: >"$CONTROL"
sim_start --generate 500 --control "$CONTROL"
(cd "$WORK/interop" && timeout 120 node interop.js) >"$WORK/interop.tap" 2>"$WORK/interop.err"
while IFS= read -r line; do
    case $line in
    "ok "*) ok "${line#* - }" ;;
    "not ok "*) not_ok "${line#* - }" ;;
    "#"*) echo "$line" ;;
    esac
done <"$WORK/interop.tap"
is "the SDK ran every check" "$(grep -c '^\(not \)\?ok ' "$WORK/interop.tap")" "$(sed -n 's/^1\.\.//p' "$WORK/interop.tap")"
harness_end
