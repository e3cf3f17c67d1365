/* Starting and ending servers for tests. */
#include "lib/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EMULATOR_JAR                                                                               \
    "/usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
#define EMULATOR_CLASS "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
#define MAX_ARGUMENTS 24
#define START_TRIES 600 /* of 100 ms: java on a loaded machine */

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

int peer_free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = 0;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

static bool peer_answers(int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static void child_run(const char *const *arguments)
{
    int null = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
    }
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static void peer_start(struct peer *peer, const char *const *arguments)
{
    peer->pid = fork();
    if (peer->pid == 0)
        child_run(arguments);
    snprintf(peer->host, sizeof(peer->host), "127.0.0.1:%d", peer->port);
    for (int i = 0; i < START_TRIES; i++) {
        if (peer_answers(peer->port))
            return;
        if (waitpid(peer->pid, NULL, WNOHANG) != 0)
            break;
        usleep(100000);
    }
    fprintf(stderr, "%s did not start on port %d\n", arguments[0], peer->port);
    abort();
}

void peer_stop(struct peer *peer)
{
    if (peer->pid == 0)
        return;
    kill(peer->pid, SIGKILL);
    waitpid(peer->pid, NULL, 0);
    peer->pid = 0;
}

static bool has_java(void)
{
    return access("/usr/bin/java", X_OK) == 0 || getenv("JAVA_HOME") != NULL;
}

bool peer_start_emulator(struct peer *ret_peer)
{
    const char *jar = getenv("FIRESTORE_EMULATOR_JAR");
    if (jar == NULL || jar[0] == '\0')
        jar = EMULATOR_JAR;
    if (!has_java() || access(jar, R_OK) != 0) {
        fprintf(stderr, "SKIPPED: Google's Firestore emulator is not on this machine\n");
        return false;
    }
    char port[32];
    *ret_peer = (struct peer){.port = peer_free_port()};
    snprintf(port, sizeof(port), "--port=%d", ret_peer->port);
    const char *arguments[] = {"java",  "-Duser.language=en", "-cp", jar, EMULATOR_CLASS,
                               "start", "--host=127.0.0.1",   port,  NULL};
    peer_start(ret_peer, arguments);
    return true;
}

bool peer_start_simulator(struct peer *ret_peer, int port, const char *const *arguments)
{
    return peer_start_simulated(ret_peer, "firestore", port, arguments);
}

bool peer_start_simulated(struct peer *ret_peer, const char *what, int port,
                          const char *const *arguments)
{
    const char *builddir = getenv("builddir");
    char path[4096];
    char number[16];
    const char *list[MAX_ARGUMENTS] = {path, what, "--port", number};
    size_t count = 4;
    snprintf(path, sizeof(path), "%s/ordersync-sim", builddir == NULL ? "." : builddir);
    if (access(path, X_OK) != 0) {
        fprintf(stderr, "SKIPPED: %s is not built\n", path);
        return false;
    }
    *ret_peer = (struct peer){.port = port == 0 ? peer_free_port() : port};
    snprintf(number, sizeof(number), "%d", ret_peer->port);
    while (arguments != NULL && *arguments != NULL && count + 1 < MAX_ARGUMENTS)
        list[count++] = *arguments++;
    peer_start(ret_peer, list);
    return true;
}
