/* Children. Between fork and exec only async-signal-safe calls are made: other threads may hold any
 * lock. */
#include "target/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define PROCESS_CANNOT_EXEC 127
#define PROCESS_CANNOT_PREPARE 126

/* PG* variables, locale and loader settings of whoever started us are none of the cluster's
 * business. */
static char process_path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
static char process_locale[] = "LC_ALL=C.UTF-8";
static char process_zone[] = "TZ=UTC";
static char *const process_environment[] = {process_path, process_locale, process_zone, NULL};

bool process_user_find(struct process_user *ret_user, struct error *err)
{
    struct process_user user = {.uid = geteuid(), .gid = getegid()};
    if (user.uid == 0) {
        char text[4096];
        struct passwd entry, *found = NULL;
        getpwnam_r("postgres", &entry, text, sizeof(text), &found);
        if (found == NULL)
            return error_set(err, ERROR_EMBEDDED_USER, "there is no user 'postgres'");
        user = (struct process_user){.change = true,
                                     .uid = entry.pw_uid,
                                     .gid = entry.pw_gid,
                                     .group_count = PROCESS_MAX_GROUPS};
        if (getgrouplist("postgres", user.gid, user.groups, &user.group_count) < 0)
            user.group_count = PROCESS_MAX_GROUPS;
    }
    *ret_user = user;
    return true;
}

/* In the child: becomes the user for good. */
static bool process_become(const struct process_user *user)
{
    if (!user->change)
        return true;
    return setgroups((size_t)user->group_count, user->groups) == 0 && setgid(user->gid) == 0 &&
           setuid(user->uid) == 0;
}

/* In the child: our blocked signals and open descriptors must not live on in a server. */
static bool process_detach(int log_fd)
{
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    return null >= 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
           dup2(null, STDIN_FILENO) >= 0 && dup2(log_fd, STDOUT_FILENO) >= 0 &&
           dup2(log_fd, STDERR_FILENO) >= 0 && close_range(3, ~0U, 0) == 0 && chdir("/") == 0;
}

static void process_child(const struct process_user *user, const char *const *arguments, int log_fd)
{
    if (!process_detach(log_fd) || !process_become(user))
        _exit(PROCESS_CANNOT_PREPARE);
    umask(077);
    /* execve(2) does not write to its arguments; its type is older than const */
    execve(arguments[0], (char *const *)(uintptr_t)arguments, process_environment);
    _exit(PROCESS_CANNOT_EXEC);
}

static bool process_wait(pid_t pid, int timeout_s, int *ret_status, struct error *err)
{
    int64_t deadline = clock_monotonic_us() + (int64_t)timeout_s * 1000000;
    bool killed = false;
    int status;
    for (;;) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid)
            break;
        if (ended < 0 && errno != EINTR)
            return error_set_errno(err, ERROR_EMBEDDED_PROCESS, "cannot wait for a child");
        if (!killed && clock_monotonic_us() > deadline) {
            kill(pid, SIGKILL);
            killed = true;
        }
        clock_sleep_us(5000);
    }
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

bool process_run(const struct process_user *user, const char *const *arguments, int log_fd,
                 int timeout_s, int *ret_status, struct error *err)
{
    int status;
    pid_t pid = fork();
    if (pid < 0)
        return error_set_errno(err, ERROR_EMBEDDED_PROCESS, "cannot fork");
    if (pid == 0)
        process_child(user, arguments, log_fd);
    if (!process_wait(pid, timeout_s, &status, err))
        return false;
    if (status == PROCESS_CANNOT_EXEC || status == PROCESS_CANNOT_PREPARE)
        return error_set(err, ERROR_EMBEDDED_PROCESS, "cannot run %s", arguments[0]);
    *ret_status = status;
    return true;
}

bool process_can_use(const struct process_user *user, const char *directory)
{
    struct error ignored;
    int status = 1;
    pid_t pid = fork();
    if (pid < 0)
        return false;
    if (pid == 0)
        _exit(process_become(user) && access(directory, R_OK | W_OK | X_OK) == 0 ? 0 : 1);
    return process_wait(pid, 10, &status, &ignored) && status == 0;
}
