/* What an SQLSTATE stands for: one table, whole codes before their two-character classes. Codes:
 * PostgreSQL manual, appendix A. */
#include "target/pg.h"

#include <string.h>

/* Searched from the top: a whole code stands above the class that holds it. */
static const struct sqlstate_rule {
    const char *prefix; /* five characters, or two for a class */
    enum error_id id;
} rules[] = {
    {"57014", ERROR_TARGET_TIMEOUT}, /* query_canceled; pg.c knows when it was us */
    {"57P01", ERROR_TARGET_LOST},    /* admin_shutdown: the session is gone */
    {"57P02", ERROR_TARGET_LOST},    /* crash_shutdown */
    {"57P05", ERROR_TARGET_LOST},    /* idle_session_timeout */
    {"25P03", ERROR_TARGET_LOST},    /* idle_in_transaction_session_timeout */
    {"57P03", ERROR_TARGET_CONNECT}, /* cannot_connect_now: starting up */
    {"57P04", ERROR_TARGET_DATABASE},
    {"3D000", ERROR_TARGET_DATABASE},
    {"53300", ERROR_TARGET_CONNECTIONS},
    {"53100", ERROR_TARGET_STORAGE}, /* disk_full */
    {"25006", ERROR_TARGET_READ_ONLY},
    {"40P01", ERROR_TARGET_DEADLOCK},
    {"40001", ERROR_TARGET_DEADLOCK},
    {"55P03", ERROR_TARGET_TIMEOUT}, /* lock_timeout */
    {"55006", ERROR_TARGET_RESOURCES},
    {"23505", ERROR_TARGET_DUPLICATE},
    {"23P01", ERROR_TARGET_DUPLICATE},
    {"42501", ERROR_TARGET_PRIVILEGE},
    {"42P01", ERROR_TARGET_SCHEMA}, /* undefined table, column, function, schema */
    {"42703", ERROR_TARGET_SCHEMA},
    {"42883", ERROR_TARGET_SCHEMA},
    {"3F000", ERROR_TARGET_SCHEMA},
    {"54000",
     ERROR_TARGET_DATA}, /* program_limit_exceeded: a value too large for an index or a row */
    {"XX001", ERROR_TARGET_STORAGE}, /* data_corrupted */
    {"XX002", ERROR_TARGET_STORAGE}, /* index_corrupted */
    {"08", ERROR_TARGET_LOST},
    {"28", ERROR_TARGET_AUTH},
    {"22", ERROR_TARGET_DATA},
    {"23", ERROR_TARGET_CONSTRAINT},
    {"P0", ERROR_TARGET_CONSTRAINT}, /* raised by the schema's own triggers */
    {"40", ERROR_TARGET_DEADLOCK},
    {"53", ERROR_TARGET_RESOURCES},
    {"58", ERROR_TARGET_STORAGE},
    {"42", ERROR_TARGET_STATEMENT},
    {"26", ERROR_TARGET_LOST}, /* prepared statement unknown: a pooler swapped the session */
};

enum error_id pg_error_id(const char *sqlstate)
{
    if (sqlstate == NULL || strlen(sqlstate) != 5)
        return ERROR_TARGET_SERVER;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (strncmp(sqlstate, rules[i].prefix, strlen(rules[i].prefix)) == 0)
            return rules[i].id;
    }
    return ERROR_TARGET_SERVER;
}
