# Turns SQL files into one C file: awk -f embed.awk FILE... > sql_data.c
# A file's name in the table is its path from data/sql/ on ("migrations/001_base.sql").

function finish() {
    if (files > 0)
        print "    \"\";"
}

BEGIN {
    print "/* Made by data/embed.awk from data/sql; do not edit. */"
    print "#include \"target/sql.h\"\n"
}

FNR == 1 {
    finish()
    name = FILENAME
    sub(/^.*data\/sql\//, "", name)
    names[++files] = name
    print "static const char sql_" files "[] ="
}

{
    gsub(/\\/, "&&")
    gsub(/"/, "\\\"")
    gsub(/\t/, "\\t")
    gsub(/\?/, "\\?") # no trigraphs
    print "    \"" $0 "\\n\""
}

END {
    finish()
    print "\nconst struct sql_file sql_files[] = {"
    for (i = 1; i <= files; i++)
        print "    {\"" names[i] "\", sql_" i "},"
    print "    {0, 0},\n};"
}
