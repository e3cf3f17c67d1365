#!/usr/bin/env bash
# Counts single tests in what test programs printed (cmocka's own form, or TAP), as lines "passed N WHAT".
#   tally.sh DIR WHAT         the counts of all programs that ran under DIR; exit status 1 when none did
#   tally.sh --failures DIR   the failures, with their programs
set -u
mode=count
[ "$1" = --failures ] && { mode=failures; shift; }
dir=$1
what=${2:-}
mapfile -t results < <(find "$dir" -name '*.trs' 2>/dev/null | sort)
[ "${#results[@]}" -gt 0 ] || exit 1

# One program: its .log and its verdict. A program that dies has a failure even when none was printed.
tally_one() {
    local log=${1%.trs}.log
    awk -v verdict="$(sed -n 's/^:test-result: *//p' "$1" | head -n 1)" -v mode=$mode -v program="${1%.trs}" '
        function name(line) { sub(/^\[ *[A-Z]+ *\] */, "", line); return line }
        /^\[ +OK \]/ { passed++ }
        /^\[  FAILED  \]/ && !/: [0-9]+ test\(s\)/ { failures[name($0)] = 1 }
        /^\[  SKIPPED \]/ && !/: [0-9]+ test\(s\)/ { skips[name($0)] = 1 }
        /^ok [0-9]+/ { if ($0 ~ /# SKIP/) { skipped++; reasons[$0] = 1 } else passed++ }
        /^not ok [0-9]+/ { failures[$0] = 1 }
        END {
            for (n in failures) failed++
            for (n in skips) skipped++
            if (verdict != "PASS" && verdict != "SKIP" && !failed) { failed++; failures["ended with " verdict] = 1 }
            if (verdict == "SKIP" && !skipped) skipped++
            if (mode == "count") print passed + 0, failed + 0, skipped + 0
            else {
                for (n in failures) print "FAILED: " program ": " n
                for (n in reasons) print "skipped: " program ": " n
            }
        }' "$log"
}

if [ $mode = failures ]; then
    for file in "${results[@]}"; do tally_one "$file"; done
    exit 0
fi
for file in "${results[@]}"; do tally_one "$file"; done |
    awk -v what="$what" '{ p += $1; f += $2; s += $3 }
        END { print "passed", p + 0, what; print "failed", f + 0, what; print "skipped", s + 0, what }'
