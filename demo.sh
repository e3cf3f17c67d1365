#!/usr/bin/env bash
# Installs what is missing, builds, and shows ordersync at work: a private PostgreSQL, simulated sources with sample orders, and
# the console on top (plain progress off a terminal). No account, no configuration. Arguments go to `ordersync demo`.
set -euo pipefail
cd "$(dirname "$0")"
. ./packages.sh
packages_install $packages_build $packages_demo

build=build/demo
[ configure -nt configure.ac ] && [ -f Makefile.in ] || autoreconf -fi >/dev/null 2>&1 || autoreconf -fi
mkdir -p "$build"
(
    cd "$build"
    if [ ! -f Makefile ]; then
        echo "configuring ..." >&2
        ../../configure -q CFLAGS="-O2 -g"
    fi
    echo "building ..." >&2
    make -s -j"$(nproc)" all >make.log 2>&1 || { tail -n 30 make.log >&2; exit 70; }
)
exec "$build/ordersync" demo "$@"
