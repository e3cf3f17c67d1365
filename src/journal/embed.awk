# Compiles the journal's SQL in: `awk -v form=header|table -f embed.awk FILES...`.
# NNN_*.sql become the list of migrations; statements.sql becomes an enum of names and a table of texts.
# Comment lines and indentation are dropped: SQLite keeps no use for them.
function quoted(line) {
    gsub(/\\/, "\\\\", line)
    gsub(/"/, "\\\"", line)
    return "\"" line "\\n\""
}
function close_item() {
    if (open_item && form == "table")
        print "        ,"
    open_item = 0
}
FNR == 1 {
    close_item()
    named = FILENAME ~ /statements\.sql$/
    if (NR == 1) {
        print "/* Made by embed.awk from data/sql/journal; not to be edited. */"
        print "/* clang-format off */"
        if (form == "header") {
            print "#ifndef ORDERSYNC_JOURNAL_STATEMENTS_H\n#define ORDERSYNC_JOURNAL_STATEMENTS_H\n"
        } else {
            print "#include \"journal/statements.h\"\n"
            print "const char *const journal_migrations[] = {"
        }
    }
    if (!named) {
        migrations++
        open_item = 1
    } else if (form == "header") {
        print "#define JOURNAL_MIGRATIONS " migrations
        print "extern const char *const journal_migrations[JOURNAL_MIGRATIONS];\n"
        print "enum statement_id {"
    } else {
        print "};\n\nconst char *const journal_statements[] = {"
    }
}
named && /^-- name: / {
    close_item()
    open_item = 1
    if (form == "header")
        print "    SQL_" toupper($3) ","
    else
        print "    [SQL_" toupper($3) "] ="
    next
}
/^[ \t]*--/ || /^[ \t]*$/ { next }
open_item && form == "table" {
    sub(/^[ \t]+/, "")
    print "        " quoted($0)
}
END {
    close_item()
    if (form == "header") {
        print "    STATEMENT_COUNT\n};"
        print "extern const char *const journal_statements[STATEMENT_COUNT];\n\n#endif"
    } else {
        print "};"
    }
}
