#!/usr/bin/env bash
# Sets up what is missing, builds with warnings as errors and runs every test; the last line is "N passed, N failed".
#   ./check.sh           everything once, in 20 minutes on two cores: the slow scripts under AddressSanitizer alone
#   ./check.sh --long    everything in every build; in the first one the longer variants (200 kills, a soak of 10
#                        minutes, valgrind); longer fuzzing; the unit tests in a build with coverage; the quick tests
#                        from the tarball
#   ./check.sh STAGE...  only these: check asan tsan clang fuzz dist coverage
set -uo pipefail
cd "$(dirname "$0")"
. ./packages.sh
top=$PWD
jobs=$(nproc)
test_jobs=$((jobs + 1)) # tests wait much: for servers to start, for time to pass
long=
stages=
for word in "$@"; do
    case $word in
    --long) long=1 ;;
    check | asan | tsan | clang | fuzz | dist | coverage) stages="$stages $word" ;;
    *) echo "usage: ./check.sh [--long] [check asan tsan clang fuzz dist coverage]" >&2; exit 64 ;;
    esac
done
stages=${stages:-check clang tsan asan fuzz dist${long:+ coverage}}
export ORDERSYNC_EVERYTHING=$long # for the lists in tests/Makefile.inc
results=$(mktemp)
trap 'rm -f "$results"' EXIT

say() { echo "== $* ($((SECONDS / 60))m $((SECONDS % 60))s)"; }
# result passed|failed|skipped WHAT: one check that is no test program of its own
result() {
    echo "$1 1 $2" >>"$results"
    [ "$1" = failed ] && echo "FAILED: $2"
    return 0
}

# configured DIR CONFIGURE-ARGUMENT...: an up-to-date Makefile in build/DIR
configured() {
    local dir=build/$1
    shift
    mkdir -p "$dir"
    [ -f "$dir/Makefile" ] && [ "$dir/config.status" -nt configure ] && return 0
    (cd "$dir" && "$top/configure" -q --enable-werror "$@") >"$dir.configure.log" 2>&1 ||
        { tail -n 20 "$dir.configure.log"; return 1; }
}

# configured_for STAGE: its build folder
configured_for() {
    case $1 in
    check | dist) configured check ;;
    clang) configured clang CC=clang CFLAGS="-O0 -g" ;;
    asan) configured asan --enable-asan CFLAGS="-O1 -g" ;;
    tsan) configured tsan --enable-tsan CFLAGS="-O1 -g" ;;
    fuzz) configured fuzz --enable-fuzz CC=clang CFLAGS="-O1 -g" ;;
    coverage) configured coverage --enable-coverage CFLAGS="-O0 -g" ;;
    esac
}

# built DIR TARGET...: one after the other, quiet unless it fails
built() {
    local dir=build/$1 target
    shift
    for target in "$@"; do
        make -s -j"$jobs" -C "$dir" "$target" >"$dir.make.log" 2>&1 ||
            { grep -E 'error|warning|\*\*\*' "$dir.make.log" | head -n 30; return 1; }
    done
}

# tested DIR WHAT [TARGET]: runs test programs and counts what they printed; none may be missing
tested() {
    local dir=build/$1 what=$2 target=${3:-check} all ran
    find "$dir/tests" -name '*.trs' -delete 2>/dev/null
    make -s -j"$test_jobs" -C "$dir" "$target" >"$dir.check.log" 2>&1
    all=$(make -s -C "$dir" count-tests | tr ' ' '\n' | sed -n "s/^$target=//p")
    ran=$(find "$dir/tests" -name '*.trs' | wc -l)
    if [ "$ran" -ne "$all" ]; then
        result failed "$what: $ran of $all programs ran"
        grep -E 'error|\*\*\*' "$dir.check.log" | head -n 20
    fi
    bash tests/lib/tally.sh "$dir" "$what" >>"$results"
    bash tests/lib/tally.sh --failures "$dir"
}

stage_check() {
    configured_for check || { result failed "configure"; return; }
    built check all check-programs && result passed "gcc builds without a warning" || { result failed "gcc build"; return; }
    ORDERSYNC_LONG=$long tested check "tests" "$([ -n "$long" ] && echo check || echo check-quick)"
}

stage_clang() {
    configured_for clang || { result failed "configure with clang"; return; }
    built clang all check-programs && result passed "clang builds without a warning" || result failed "clang build"
}

stage_asan() {
    configured_for asan || { result failed "configure --enable-asan"; return; }
    built asan all check-programs || { result failed "build with AddressSanitizer"; return; }
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
        tested asan "tests under AddressSanitizer and UndefinedBehaviorSanitizer"
}

stage_tsan() {
    configured_for tsan || { result failed "configure --enable-tsan"; return; }
    built tsan all check-programs || { result failed "build with ThreadSanitizer"; return; }
    TSAN_OPTIONS="suppressions=$top/tests/lib/tsan.supp halt_on_error=0 exitcode=66" \
        tested tsan "threaded tests under ThreadSanitizer" check-threaded
}

# fuzzed TARGET SECONDS
fuzzed() {
    local name=${1##*/}
    local corpus=build/fuzz/corpus-$name
    mkdir -p "$corpus"
    [ -d "tests/fuzz/corpus/${name#fuzz_}" ] && cp -n "tests/fuzz/corpus/${name#fuzz_}"/* "$corpus"/ 2>/dev/null
    if "$1" -max_total_time="$2" -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="build/fuzz/$name-" "$corpus" >"build/fuzz/$name.log" 2>&1; then
        result passed "$name ran for $2 s"
    else
        result failed "$name"
        tail -n 30 "build/fuzz/$name.log"
    fi
}

stage_fuzz() {
    local target seconds=20
    [ -n "$long" ] && seconds=300
    configured_for fuzz || { result failed "configure --enable-fuzz"; return; }
    built fuzz generated fuzz-programs || { result failed "build of the fuzz targets"; return; }
    for target in build/fuzz/tests/fuzz/fuzz_*; do
        [ -x "$target" ] && [ -f "$target" ] && fuzzed "$target" "$seconds" &
    done
    wait
}

# The tarball builds, installs and passes a unit test, in a long check the quick ones, where there is no git; nothing is
# forgotten in EXTRA_DIST.
stage_dist() {
    local tests=tests/unit/test_settings
    configured_for dist || { result failed "configure"; return; }
    [ -n "$long" ] && tests=$(make -s -C build/check list-quick)
    if ORDERSYNC_SHARED=${ORDERSYNC_SHARED:-$top/../shared} make -s -j"$jobs" -C build/check distcheck \
        DISTCHECK_CONFIGURE_FLAGS="--enable-werror CFLAGS=-O0" TESTS="$tests" >build/dist.log 2>&1; then
        result passed "make distcheck"
    else
        result failed "make distcheck"
        grep -E '^(FAIL|ERROR)|error|\*\*\*|No rule|cannot' build/dist.log | head -n 20
    fi
}

stage_coverage() {
    configured_for coverage || { result failed "configure --enable-coverage"; return; }
    built coverage all check-programs || { result failed "build with coverage"; return; }
    find build/coverage -name '*.gcda' -delete
    tested coverage "unit tests with coverage" check-unit
    [ "$(find build/coverage/src -name '*.gcda' | wc -l)" -gt 100 ] && result passed "coverage was counted" ||
        result failed "coverage was counted"
}

packages_install $packages_build $packages_check || exit 69
mkdir -p build
autoreconf -fi >build/autoreconf.log 2>&1 || { cat build/autoreconf.log; exit 70; }
# To configure keeps one core busy: all at once. What fails is told by the stage, which tries again.
for stage in ${stages/dist/}; do
    configured_for "$stage" >/dev/null &
done
wait
for stage in $stages; do
    say "$stage"
    "stage_$stage"
done
say "done"
awk '{ count[$1] += $2 }
    END {
        line = (count["passed"] + 0) " passed, " (count["failed"] + 0) " failed"
        if (count["skipped"]) line = line ", " count["skipped"] " skipped"
        print line
        exit count["failed"] > 0 || !count["passed"]
    }' "$results"
