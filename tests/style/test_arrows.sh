#!/usr/bin/env bash
# Who may include whom: base <- model <- {source, target, journal} <- engine <- {cli, ui}; foreign headers in one room each.
. "$(dirname "$0")/../lib/tap.sh"
cd "$srcdir" || exit 1

# room: the rooms it may include besides itself
rooms="base:
model: base
source: base model
target: base model
journal: base model
engine: base model source target journal
cli: base model source target journal engine ui/console.h
sim: base model
ui: base model journal engine"

room_folder() { if [ "$1" = ui ]; then echo ui; else echo "src/$1"; fi; }
sources_of() { find "$(room_folder "$1")" -name '*.[ch]' ! -name '*.pb-c.[ch]' | sort; }

# Prints every forbidden include of a room.
wrong_includes() {
    local room=$1 allowed=" $1 $2 "
    grep -HnE '^#include "[a-z]+/' $(sources_of "$room") | while IFS= read -r line; do
        local header=${line##*#include \"}
        header=${header%\"*}
        case $allowed in *" ${header%%/*} "* | *" $header "*) ;; *) echo "$line" ;; esac
    done
}
while IFS=: read -r room allowed; do
    found=$(wrong_includes "$room" "$allowed")
    # Generated messages are shared: the simulator speaks the same protocol as the source.
    [ "$room" = sim ] && found=$(grep -v 'source/firestore.pb-c.h' <<<"$found")
    is "$room includes only:${allowed:- nothing}" "$found" ""
done <<<"$rooms"

# The console sees the engine through the boundary alone.
found=$(grep -HnE '^#include "(engine|journal|model)/' $(sources_of ui) |
    grep -vE '"(engine/boundary|engine/engine|journal/(reader|journal|status|failure)|model/(order|value|table|json))\.h"')
is "ui knows the engine by engine/boundary.h and the types it speaks of" "$found" ""

# header pattern: where it may stand
while read -r header place; do
    found=$(grep -rnE "^#include <($header)" src ui --include='*.[ch]' | grep -vE '\.pb-c\.[ch]:' | grep -vE "^($place)")
    is "<$header> only in $place" "$found" ""
done <<'TABLE'
curl/ src/source/
libpq src/target/
sqlite3 src/journal/
(ncurses|curses|panel|term|form|menu) ui/
yajl/ src/model/json.c
cjson/ src/cli/output.c
protobuf-c/ src/(source|sim)/
nghttp2/ src/sim/
microhttpd src/sim/
ini.h src/base/settings_file.c
utf8proc src/base/
openssl/ src/(base|model|source|target|journal)/|ui/terminal.c
TABLE
tap_end
