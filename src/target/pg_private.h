/* What pg.c and pg_session.c share of a connection; nobody else includes this. */
#ifndef ORDERSYNC_TARGET_PG_PRIVATE_H
#define ORDERSYNC_TARGET_PG_PRIVATE_H

#include <libpq-fe.h>

#include "target/pg.h"

#define PREPARED_MAX 128
#define SECOND_US INT64_C(1000000)
#define GRACE_US (10 * SECOND_US)       /* beyond the server's own timeout before we call it lost */
#define CANCEL_GRACE_US (5 * SECOND_US) /* for the server to answer a cancel */
#define OLDEST_SERVER 150000

struct pg {
    PGconn *conn;
    char *database_url;
    char *application_name;
    int connect_timeout_s;
    int statement_timeout_s;
    bool read_only;
    int wake_fd; /* pg_interrupt() writes; the owner's poll reads */
    bool interrupted;
    bool broken;
    const char *prepared[PREPARED_MAX];
    size_t prepared_count;
    char constraint[64];
};

/* The first line of `text`; a password that found its way in is starred out. */
void pg_copy_message(const struct pg *pg, const char *text, char *ret_text, size_t size);
/* True when pg_interrupt() was called since the last time. */
bool pg_take_wake(struct pg *pg);

#endif
