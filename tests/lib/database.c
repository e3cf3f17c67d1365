/* Clusters and databases for tests. */
#include "tests/lib/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/embedded.h"
#include "target/migrate.h"

static char directory[64]; /* of the private cluster; "" when there is none */
static char *server;       /* conninfo without dbname */
static pid_t watcher;      /* 0: no private cluster */
static int watcher_pipe;

static void die(const char *what, const struct error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

/* A child that outlives us, whatever ends us: when the pipe closes it stops the cluster and removes
 * it. */
static bool start_watcher(void)
{
    struct error err = {0};
    int ends[2];
    char byte;
    if (pipe2(ends, O_CLOEXEC) != 0 || (watcher = fork()) < 0)
        return false;
    watcher_pipe = ends[1];
    if (watcher > 0) {
        close(ends[0]);
        return true;
    }
    close(ends[1]);
    setsid();
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
        continue;
    if (!embedded_stop(directory, &err))
        fprintf(stderr, "cluster not stopped: %s\n", err.message);
    execlp("rm", "rm", "-rf", directory, (char *)NULL);
    _exit(127);
}

static bool start_cluster(void)
{
    struct error err = {0};
    char *url = NULL;
    snprintf(directory, sizeof(directory), "/tmp/ordersync-test.XXXXXX");
    if (mkdtemp(directory) == NULL || chmod(directory, 0755) != 0 || !start_watcher())
        return false;
    if (!embedded_start(directory, &url, &err)) {
        fprintf(stderr, "no cluster: %s\n", err.message);
        return false;
    }
    server = url;
    return true;
}

bool database_available(void)
{
    const char *given = getenv("ORDERSYNC_TEST_CONNINFO");
    if (server != NULL)
        return true;
    if (given == NULL)
        return start_cluster();
    server = memory_string(given);
    return true;
}

void database_shutdown(void)
{
    if (watcher > 0) {
        close(watcher_pipe);
        waitpid(watcher, NULL, 0);
        watcher = 0;
    }
    free(server);
    server = NULL;
}

struct pg *database_connect(const char *conninfo)
{
    struct error err = {0};
    struct pg *pg = NULL;
    struct pg_options options = {.database_url = conninfo, .application_name = "test"};
    if (!pg_open(&options, &pg, &err))
        die("connect", &err);
    return pg;
}

const char *database_ask(struct pg *pg, const char *sql)
{
    static char text[4096];
    struct error err = {0};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!pg_query(pg, sql, NULL, 0, &rows, &err))
        die(sql, &err);
    snprintf(text, sizeof(text), "%.*s",
             STR_ARG(rows.count > 0 && pg_columns(&rows) > 0 ? pg_cell(&rows, 0, 0) : STR("")));
    return text;
}

char *database_new(const char *name)
{
    struct error err = {0};
    struct target *target = NULL;
    int applied = 0;
    char *conninfo = memory_format("%s dbname=%s", server, name);
    char *admin AUTO_FREE = memory_format("%s dbname=postgres", server);
    char *drop AUTO_FREE = memory_format("drop database if exists %s with (force)", name);
    char *create AUTO_FREE = memory_format("create database %s", name);
    struct pg *pg = database_connect(admin);
    database_ask(pg, drop);
    database_ask(pg, create);
    pg_close(pg);
    struct target_options options = {.database_url = conninfo, .application_name = "test migrate"};
    if (!target_open(&options, &target, &err) || !migrate_run(target, &applied, &err))
        die("migrate", &err);
    target_close(target);
    return conninfo;
}
