/* Runs PostgreSQL's own programs: no shell, a clean environment, never as root. */
#ifndef ORDERSYNC_TARGET_PROCESS_H
#define ORDERSYNC_TARGET_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

#define PROCESS_MAX_GROUPS 64

/* Whom a child runs as. */
struct process_user {
    bool change; /* false: as ourselves */
    uid_t uid;
    gid_t gid;
    gid_t groups[PROCESS_MAX_GROUPS];
    int group_count;
};

/* Ourselves, or the user `postgres` when we are root. Error: ERROR_EMBEDDED_USER. */
MUST_CHECK bool process_user_find(struct process_user *ret_user, struct error *err);

/* Runs arguments[0] (a path; the list ends with NULL) with stdin from /dev/null and its output
 * appended to `log_fd`, no other descriptor kept, and waits at most `timeout_s` (then it is
 * killed). *ret_status is its exit status, 128 + signal when one ended it. False only when it could
 * not be run or waited for: ERROR_EMBEDDED_PROCESS. */
MUST_CHECK bool process_run(const struct process_user *user, const char *const *arguments,
                            int log_fd, int timeout_s, int *ret_status, struct error *err);

/* True when the user may read, write and enter the directory. */
bool process_can_use(const struct process_user *user, const char *directory);

#endif
