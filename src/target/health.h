/* How the target server is, for `ordersync doctor`. */
#ifndef ORDERSYNC_TARGET_HEALTH_H
#define ORDERSYNC_TARGET_HEALTH_H

#include "target/target.h"

struct target_health {
    char version[32];
    int version_number; /* 150004 */
    char user[64];
    char database[64];
    char encoding[32];
    bool fsync;
    bool full_page_writes;
    bool read_only;  /* a standby, or a session that may not write */
    bool may_create; /* CREATE on the database: migrations need it the first time */
    bool have_schema;
    bool may_write;  /* SELECT and INSERT on every table of the schema */
    int64_t skew_us; /* the server's clock minus ours, less half the round trip */
    int connections, max_connections;
    uint64_t bytes; /* the database on disk */
};
/* Connects, asks once, disconnects. 4xxx errors. Any thread. */
MUST_CHECK bool target_read_health(const struct target_options *options,
                                   struct target_health *ret_health, struct error *err);

#endif
