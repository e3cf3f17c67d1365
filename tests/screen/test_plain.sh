#!/usr/bin/env bash
# The console's line mode: the same data and actions as words and lines, through pipes.
. "$(dirname "$0")/../lib/tap.sh"
fixture=$builddir/tests/screen/console_fixture
sends=$(mktemp)
trap 'rm -f "$sends"' EXIT
[ -x "$fixture" ] || { skip "line mode" "no console fixture was built"; tap_end; }

# plain OPTIONS... <<WORDS: what it printed; what it sent is in $sends
plain() { : >"$sends"; LANG=C.UTF-8 timeout 60 "$fixture" --plain --answers --sends="$sends" "$@"; }

out=$(plain </dev/null)
is "without input it shows the first screen and ends" "$?" "0"
contains "the first screen is Overview" "$out" "failures: 12 unresolved, 7 dead"
contains "the words that mean something are listed" "$out" "words: open,"

out=$(printf 'failed\ndown\nretry\n' | plain)
contains "a screen by its name" "$out" "filter: unresolved"
contains "a movement prints the selected line" "$out" ">   #1042"
contains "an action says what came of it" "$out" "retry #1042: done, 1 changed, 0 refused"
is "and is the one that a key would send" "$(cat "$sends")" 'retry {"ids":[1]} '

out=$(printf 'failed\ndown\nskip spam\nskip\n.\nsnooze\n\n' | plain)
is "an answer on the same line, none, and what is proposed" "$(cut -d' ' -f1-2 "$sends")" \
    'skip {"ids":[1]}
snooze {"ids":[1],"until":1795406231000000}'
contains "a full stop cancels" "$out" "cancelled: nothing was done"

out=$(printf 'failed\nall\nskip\njunk\n12\nno\n' | plain)
contains "many are asked about" "$out" "Skip: 12 orders"
is "anything but yes cancels" "$(cat "$sends")" ""
printf 'failed\nall\nskip\njunk\n12\nyes\n' | plain >/dev/null
contains "yes does it" "$(cat "$sends")" "junk"
printf 'failed\nall\nskip\njunk\n' | plain >/dev/null
is "the end of the input confirms nothing" "$(cat "$sends")" ""

out=$(printf 'failed\ndown\nretry\n:pause\n' | plain --read-only)
contains "a read-only console refuses" "$out" "this console is read-only"
is "and sends nothing" "$(cat "$sends")" ""

out=$(printf '/code:OS-2104\nfailed\n/code:OS-2104\nnonsense\n:pull firestore/1"2\n' | plain)
contains "a filter" "$out" "3 of 12"
contains "a word that is none" "$out" "no such word: nonsense"
is "a command with an argument" "$(cat "$sends")" 'pull {"source":"firestore","source_id":"1\"2"} '

out=$(printf 'failed\ndown\nopen\ntab\n+\nback\n' | plain)
contains "the document's tree" "$out" 'total_price: "n/a"'
lacks "personal data is masked" "$out" "example.test"

out=$(printf 'failed\ndown\nopen\ntab\n+\n' | plain --hostile | LC_ALL=C tr -d '[:print:]\n\200-\377')
is "no control character comes out" "$out" ""
out=$(printf 'failed\n' | LANG=C LC_ALL=C timeout 60 "$fixture" --plain --hostile | LC_ALL=C tr -d '[:print:]\n')
is "nothing but ASCII where the locale has no more" "$out" ""
tap_end
