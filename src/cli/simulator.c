/* The demo's simulated sources as child processes. */
#include "cli/simulator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

#define START_US 120000000 /* generating a million orders takes a while */
#define POLL_US 20000

extern char **environ;

/* Beside this very program: a build directory needs no installation. NULL: to be looked for in
 * PATH. */
static char *find_beside(void)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len <= 0)
        return NULL;
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return NULL;
    char *path = memory_format("%.*s/ordersync-sim", (int)(slash - self), self);
    if (access(path, X_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* A process group of its own: Ctrl-C at the terminal is for us, who drain first. */
static void spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &defaults);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETPGROUP);
}

static int spawn(const char *path, const char *const *texts, const char *log, pid_t *ret_pid)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    char *const *arguments = (char *const *)texts; /* POSIX promises not to change them */
    spawn_attributes(&attributes);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    int failed = path != NULL
                     ? posix_spawn(ret_pid, path, &files, &attributes, arguments, environ)
                     : posix_spawnp(ret_pid, arguments[0], &files, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

static bool read_port(const char *path, int *ret_port)
{
    char text[16] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool read = fgets(text, sizeof(text), file) != NULL;
    fclose(file);
    long port = read && strchr(text, '\n') != NULL ? strtol(text, NULL, 10) : 0;
    *ret_port = (int)port;
    return port > 0 && port < 65536;
}

static bool wait_port(struct simulator *simulator, const char *path, const char *log,
                      struct error *err)
{
    int64_t deadline = clock_monotonic_us() + START_US;
    int port;
    while (!read_port(path, &port)) {
        if (waitpid(simulator->pid, NULL, WNOHANG) != 0) {
            simulator->pid = 0;
            return error_set(err, ERROR_DEMO, "a simulated source ended at once; see %s", log);
        }
        if (clock_monotonic_us() > deadline)
            return error_set(err, ERROR_DEMO, "a simulated source does not listen; see %s", log);
        clock_sleep_us(POLL_US);
    }
    snprintf(simulator->host, sizeof(simulator->host), "127.0.0.1:%d", port);
    return true;
}

bool simulator_start(const char *directory, const char *source, unsigned count, unsigned broken,
                     struct simulator *ret_simulator, struct error *err)
{
    struct simulator simulator = {0};
    char *path AUTO_FREE = find_beside();
    char *port AUTO_FREE = memory_format("%s/%s.port", directory, source);
    char *log AUTO_FREE = memory_format("%s/%s.log", directory, source);
    char *generate AUTO_FREE = memory_format("%u", count);
    char *break_some AUTO_FREE = memory_format("%u", broken);
    char *parent AUTO_FREE = memory_format("%ld", (long)getpid());
    const char *const arguments[] = {"ordersync-sim",
                                     source,
                                     "--port",
                                     "0",
                                     "--port-file",
                                     port,
                                     "--seed",
                                     "1",
                                     "--parent-pid",
                                     parent,
                                     "--generate",
                                     generate,
                                     broken == 0 ? NULL : "--broken",
                                     break_some,
                                     NULL};
    unlink(port);
    int failed = spawn(path, arguments, log, &simulator.pid);
    if (failed != 0)
        return error_set(err, ERROR_DEMO, "ordersync-sim cannot be started: %s", strerror(failed));
    if (!wait_port(&simulator, port, log, err)) {
        simulator_stop(&simulator);
        return false;
    }
    *ret_simulator = simulator;
    return true;
}

void simulator_stop(struct simulator *simulator)
{
    if (simulator->pid <= 0)
        return;
    kill(simulator->pid, SIGTERM);
    while (waitpid(simulator->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    simulator->pid = 0;
}
