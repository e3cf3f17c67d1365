# Sourced by shell tests that need no server: TAP output. A test program ends with tap_end.
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${builddir:-.}
srcdir=$(cd "$srcdir" && pwd)
builddir=$(cd "$builddir" && pwd)
tap_count=0
tap_failed=0

ok() { tap_count=$((tap_count + 1)); echo "ok $tap_count - $1"; }
not_ok() {
    tap_count=$((tap_count + 1)); tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    shift
    printf '%s\n' "$@" | sed 's/^/# /'
}
skip() { tap_count=$((tap_count + 1)); echo "ok $tap_count - $1 # SKIP $2"; }
# is WHAT GOT WANTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got: $2" "wanted: $3"; fi; }
# contains WHAT TEXT PART
contains() { case "$2" in *"$3"*) ok "$1" ;; *) not_ok "$1" "got: $2" "wanted in it: $3" ;; esac; }
lacks() { case "$2" in *"$3"*) not_ok "$1" "got: $2" "not wanted in it: $3" ;; *) ok "$1" ;; esac; }
tap_end() {
    echo "1..$tap_count"
    exit $((tap_failed > 0))
}
