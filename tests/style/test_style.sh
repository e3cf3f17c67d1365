#!/usr/bin/env bash
# Format, sizes, banned calls, unfinished work, machine paths, manual pages.
. "$(dirname "$0")/../lib/tap.sh"
cd "$srcdir" || exit 1
files=$(find src ui tests -name '*.[ch]' ! -name '*.pb-c.[ch]' ! -name '*_data.c' ! -path '*/statements.[ch]' | sort)
product=$(grep -v '^tests/' <<<"$files")

if command -v clang-format >/dev/null; then
    is "clang-format changes nothing" "$(clang-format --dry-run $files 2>&1 | grep -E 'warning|error' | cut -d: -f1 | sort | uniq -c)" ""
else
    skip "clang-format changes nothing" "no clang-format here"
fi

is "source files stay under 600 lines" "$(wc -l $(grep '\.c$' <<<"$product") | awk '$2 != "total" && $1 >= 600')" ""
is "headers stay under 150 lines" "$(wc -l $(grep '\.h$' <<<"$product") | awk '$2 != "total" && $1 >= 150')" ""

# A function: from a '{' in the first column to the '}' there, when the line before looks like its head.
lengths=$(awk 'FNR == 1 { from = 0 }
    /^\{/ && head ~ /[)]$/ { from = FNR }
    /^\}/ && from { print FNR - from + 1, FILENAME ":" from; from = 0 }
    { if ($0 !~ /^$/) head = $0 }' $product | sort -n)
is "functions stay under 100 lines" "$(awk '$1 >= 100' <<<"$lengths")" ""
median=$(awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }' <<<"$lengths")
if [ "$median" -lt 20 ]; then ok "half of the functions are under 20 lines ($median)"; else not_ok "half of the functions are under 20 lines" "median: $median"; fi

banned='strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen|mktemp|tmpnam'
is "no banned call" "$(grep -nE "(^|[^a-zA-Z0-9_.>])($banned)\(" $files | grep -vE ':[0-9]+: *(/\*|\*)')" ""
is "a migration's number is its own" "$(for d in migrations journal; do (cd "data/sql/$d" && ls [0-9]*_*.sql | cut -d _ -f 1 | sort | uniq -d); done)" ""
is "no unfinished work" "$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $files)" ""
is "every file says what it is for" "$(for f in $product; do head -c 2 "$f" | grep -q '^/\*' || echo "$f"; done)" ""

if command -v mandoc >/dev/null; then
    pages=$(ls man/*.[157] "$builddir"/man/*.[157] 2>/dev/null)
    is "manual pages are sound" "$(mandoc -Tlint -W warning $pages 2>&1)" ""
else
    skip "manual pages are sound" "no mandoc here"
fi
commands=$("$builddir/ordersync" help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
missing=
for command in $commands; do
    grep -qE "^\.It Cm $command( |$)" man/ordersync.1 || missing="$missing $command"
    for flag in $("$builddir/ordersync" help "$command" | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
        grep -qF -- "Fl -$flag" man/ordersync.1 || missing="$missing $command:--$flag"
    done
done
is "ordersync.1 knows every command and flag" "$missing" ""
for script in check.sh demo.sh packages.sh tests/lib/*.sh tests/*/*.sh; do bash -n "$script" || echo "$script"; done >"${TMPDIR:-/tmp}/ordersync-scripts.$$" 2>&1
is "shell scripts parse" "$(cat "${TMPDIR:-/tmp}/ordersync-scripts.$$")" ""
rm -f "${TMPDIR:-/tmp}/ordersync-scripts.$$"
tap_end
