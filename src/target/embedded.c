/* The private cluster. In its DIRECTORY:
 *   data         the cluster; made as data.new, so that a killed initdb leaves none half made
 *   server.log   what initdb, pg_ctl and the server said
 *   lock         one start or stop at a time
 *   socket_dir   where the socket is, when DIRECTORY's own path is too long for one
 */
#include "target/embedded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "target/pg.h"
#include "target/process.h"

#define EMBEDDED_SOCKET "/.s.PGSQL.5432"
#define EMBEDDED_PATH_MAX 3000
#define EMBEDDED_TIMEOUT_S 90

struct cluster {
    struct process_user user;
    char directory[EMBEDDED_PATH_MAX]; /* absolute */
    char data[EMBEDDED_PATH_MAX + 16];
    char bin[PATH_MAX];
    char socket_dir[EMBEDDED_PATH_MAX];
    int lock_fd;
    int log_fd;
};

static void cluster_close(struct cluster *cluster)
{
    if (cluster->lock_fd >= 0)
        close(cluster->lock_fd);
    if (cluster->log_fd >= 0)
        close(cluster->log_fd);
}
#define CLUSTER_AUTO __attribute__((cleanup(cluster_close)))

/* ---- files ---- */

static bool cluster_give(const struct cluster *cluster, int fd, const char *path, struct error *err)
{
    if (cluster->user.change && fchown(fd, cluster->user.uid, cluster->user.gid) != 0)
        return error_set_errno(err, ERROR_EMBEDDED_DIRECTORY, "cannot give %s to postgres", path);
    return true;
}

static bool cluster_open_file(const struct cluster *cluster, const char *name, int flags,
                              int *ret_fd, struct error *err)
{
    char path[EMBEDDED_PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s/%s", cluster->directory, name);
    int fd = open(path, flags | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(err, ERROR_EMBEDDED_DIRECTORY, "cannot open %s", path);
    *ret_fd = fd;
    return cluster_give(cluster, fd, path, err);
}

static bool cluster_write_file(const struct cluster *cluster, const char *name, struct str text,
                               struct error *err)
{
    int fd = -1;
    bool ok = cluster_open_file(cluster, name, O_WRONLY | O_TRUNC, &fd, err);
    if (ok && write(fd, text.data, text.len) != (ssize_t)text.len)
        ok = error_set_errno(err, ERROR_EMBEDDED_DIRECTORY, "cannot write %s/%s",
                             cluster->directory, name);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* An empty directory of ours (mkdtemp, a unit's StateDirectory) may pass to the user that runs
 * PostgreSQL. */
static bool cluster_may_take(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || status.st_uid != geteuid())
        return false;
    int again = dup(fd);
    DIR *listing = again < 0 ? NULL : fdopendir(again);
    size_t entries = 0;
    while (listing != NULL && readdir(listing) != NULL)
        entries++;
    if (listing != NULL)
        closedir(listing);
    return entries == 2; /* "." and ".." */
}

/* Makes the directory, for its user alone. */
static bool cluster_make_directory(struct cluster *cluster, const char *directory,
                                   struct error *err)
{
    char *resolved AUTO_FREE = NULL;
    bool made = mkdir(directory, 0700) == 0;
    if (!made && errno != EEXIST)
        return error_set_errno(err, ERROR_EMBEDDED_DIRECTORY, "cannot make %s", directory);
    resolved = realpath(directory, NULL);
    if (resolved == NULL || strlen(resolved) >= EMBEDDED_PATH_MAX)
        return error_set(err, ERROR_EMBEDDED_DIRECTORY, "cannot use %s", directory);
    snprintf(cluster->directory, sizeof(cluster->directory), "%s", resolved);
    snprintf(cluster->data, sizeof(cluster->data), "%s/data", resolved);
    int fd = open(resolved, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERROR_EMBEDDED_DIRECTORY, "cannot open %s", directory);
    bool ok = !(made || cluster_may_take(fd)) || cluster_give(cluster, fd, resolved, err);
    close(fd);
    if (ok && !process_can_use(&cluster->user, resolved))
        return error_set(err, ERROR_EMBEDDED_DIRECTORY,
                         "the user that runs PostgreSQL cannot use %s; choose a directory of its "
                         "own outside /root",
                         resolved);
    return ok;
}

static bool cluster_has_data(const struct cluster *cluster)
{
    char path[EMBEDDED_PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s/PG_VERSION", cluster->data);
    return access(path, F_OK) == 0;
}

static bool cluster_open(struct cluster *cluster, const char *directory, struct error *err)
{
    if (!process_user_find(&cluster->user, err) ||
        !cluster_make_directory(cluster, directory, err) ||
        !cluster_open_file(cluster, "lock", O_RDWR, &cluster->lock_fd, err) ||
        !cluster_open_file(cluster, "server.log", O_WRONLY | O_APPEND, &cluster->log_fd, err))
        return false;
    while (flock(cluster->lock_fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            return error_set_errno(err, ERROR_EMBEDDED_DIRECTORY, "cannot lock %s",
                                   cluster->directory);
    }
    return true;
}

/* ---- programs ---- */

/* Major version that the cluster's data needs, 0 when there is none yet. */
static long cluster_version(const struct cluster *cluster)
{
    char path[EMBEDDED_PATH_MAX + 64], text[32] = "";
    snprintf(path, sizeof(path), "%s/PG_VERSION", cluster->data);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t len = read(fd, text, sizeof(text) - 1);
    close(fd);
    return len > 0 ? strtol(text, NULL, 10) : 0;
}

/* Of /usr/lib/postgresql/NN/bin the one whose version the data has, or the highest. */
static bool cluster_find_packaged(struct cluster *cluster, long wanted)
{
    static const char prefix[] = "/usr/lib/postgresql/";
    glob_t found = {0};
    long best = 0;
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            const char *path = found.gl_pathv[i];
            long version = strtol(path + sizeof(prefix) - 1, NULL, 10);
            if (access(path, X_OK) != 0 || version <= best || (wanted != 0 && version != wanted))
                continue;
            best = version;
            snprintf(cluster->bin, sizeof(cluster->bin), "%.*s",
                     (int)(strlen(path) - strlen("/initdb")), path);
        }
    }
    globfree(&found);
    return best != 0;
}

/* Elsewhere than on Debian: where pg_config says. */
static bool cluster_find_configured(struct cluster *cluster)
{
    static const char *const places[] = {"/usr/local/bin/pg_config", "/usr/bin/pg_config",
                                         "/usr/local/pgsql/bin/pg_config",
                                         "/opt/homebrew/bin/pg_config"};
    struct error ignored;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *arguments[] = {places[i], "--bindir", NULL};
        char text[PATH_MAX] = "", initdb[PATH_MAX + 16];
        int pipe_fds[2], status = 1;
        if (access(places[i], X_OK) != 0 || pipe2(pipe_fds, O_CLOEXEC) != 0)
            continue;
        bool ran = process_run(&cluster->user, arguments, pipe_fds[1], 10, &status, &ignored);
        close(pipe_fds[1]);
        ssize_t len = ran && status == 0 ? read(pipe_fds[0], text, sizeof(text) - 1) : 0;
        close(pipe_fds[0]);
        if (len <= 0)
            continue;
        text[strcspn(text, "\n")] = '\0';
        snprintf(initdb, sizeof(initdb), "%s/initdb", text);
        if (access(initdb, X_OK) == 0) {
            memcpy(cluster->bin, text, sizeof(text));
            return true;
        }
    }
    return false;
}

static bool cluster_find_programs(struct cluster *cluster, struct error *err)
{
    long wanted = cluster_version(cluster);
    if (cluster_find_packaged(cluster, wanted) || cluster_find_configured(cluster))
        return true;
    if (wanted != 0)
        return error_set(err, ERROR_EMBEDDED_MISSING,
                         "%s needs PostgreSQL %ld, which is not installed", cluster->data, wanted);
    return error_set(err, ERROR_EMBEDDED_MISSING, "no initdb under /usr/lib/postgresql");
}

/* Runs BIN/arguments[0]. */
static bool cluster_run(const struct cluster *cluster, const char **arguments, int *ret_status,
                        struct error *err)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s/%s", cluster->bin, arguments[0]);
    arguments[0] = path;
    return process_run(&cluster->user, arguments, cluster->log_fd, EMBEDDED_TIMEOUT_S + 30,
                       ret_status, err);
}

static bool cluster_must_run(const struct cluster *cluster, const char **arguments,
                             struct error *err)
{
    const char *name = arguments[0];
    int status = 0;
    if (!cluster_run(cluster, arguments, &status, err))
        return false;
    if (status == 0)
        return true;
    return error_set(err, ERROR_EMBEDDED_PROCESS, "%s ended with %d; see %s/server.log", name,
                     status, cluster->directory);
}

static bool cluster_is_running(const struct cluster *cluster)
{
    const char *arguments[] = {"pg_ctl", "status", "-D", cluster->data, NULL};
    struct error ignored;
    int status = 1;
    return cluster_has_data(cluster) && cluster_run(cluster, arguments, &status, &ignored) &&
           status == 0;
}

/* ---- the socket ---- */

static bool cluster_socket_fits(const char *directory)
{
    return strlen(directory) + strlen(EMBEDDED_SOCKET) <
           sizeof(((struct sockaddr_un *)0)->sun_path);
}

/* The directory that an earlier start recorded, when it is still there and still its own. */
static bool cluster_recorded_socket(struct cluster *cluster)
{
    char path[EMBEDDED_PATH_MAX + 64], text[256] = "";
    struct stat status;
    snprintf(path, sizeof(path), "%s/socket_dir", cluster->directory);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (len <= 0 || !cluster_socket_fits(text) || lstat(text, &status) != 0 ||
        !S_ISDIR(status.st_mode) || status.st_uid != cluster->user.uid ||
        (status.st_mode & 077) != 0)
        return false;
    snprintf(cluster->socket_dir, sizeof(cluster->socket_dir), "%s", text);
    return true;
}

static bool cluster_place_socket(struct cluster *cluster, struct error *err)
{
    char made[] = "/tmp/ordersync-XXXXXX";
    snprintf(cluster->socket_dir, sizeof(cluster->socket_dir), "%s", cluster->directory);
    if (cluster_socket_fits(cluster->directory) || cluster_recorded_socket(cluster))
        return true;
    if (mkdtemp(made) == NULL)
        return error_set_errno(err, ERROR_EMBEDDED_SOCKET,
                               "%s is too long for a socket, and no directory can be made in /tmp",
                               cluster->directory);
    if (cluster->user.change && lchown(made, cluster->user.uid, cluster->user.gid) != 0)
        return error_set_errno(err, ERROR_EMBEDDED_SOCKET, "cannot give %s to postgres", made);
    snprintf(cluster->socket_dir, sizeof(cluster->socket_dir), "%s", made);
    return cluster_write_file(cluster, "socket_dir", str_from(made), err);
}

static void cluster_remove_socket_dir(struct cluster *cluster)
{
    char path[EMBEDDED_PATH_MAX + 64];
    if (cluster_socket_fits(cluster->directory) || !cluster_recorded_socket(cluster))
        return;
    snprintf(path, sizeof(path), "%s/socket_dir", cluster->directory);
    if (rmdir(cluster->socket_dir) == 0)
        unlink(path);
}

/* ---- initdb, start ---- */

static void cluster_quote(struct buffer *text, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            buffer_append_char(text, *value);
        buffer_append_char(text, *value);
    }
}

/* Rewritten at every start: the socket may have moved. */
static bool cluster_configure(const struct cluster *cluster, struct error *err)
{
    struct buffer text = {.max = 16384};
    buffer_append_text(&text,
                       "# Written by ordersync at every start.\n"
                       "listen_addresses = ''\nport = 5432\nunix_socket_permissions = 0700\n"
                       "timezone = 'UTC'\nlog_timezone = 'UTC'\nunix_socket_directories = '\"");
    cluster_quote(&text, cluster->socket_dir);
    buffer_append_text(&text, "\"'\n");
    bool ok = cluster_write_file(cluster, "data/ordersync.conf", buffer_str(&text), err);
    buffer_free(&text);
    return ok;
}

static bool cluster_include(const struct cluster *cluster, struct error *err)
{
    static const char line[] = "\ninclude_if_exists = 'ordersync.conf'\n";
    int fd = -1;
    bool ok = cluster_open_file(cluster, "data.new/postgresql.conf", O_WRONLY | O_APPEND, &fd, err);
    if (ok && write(fd, line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1)
        ok = error_set_errno(err, ERROR_EMBEDDED_DIRECTORY, "cannot write postgresql.conf");
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool cluster_init(const struct cluster *cluster, struct error *err)
{
    char made[EMBEDDED_PATH_MAX + 16];
    snprintf(made, sizeof(made), "%s/data.new", cluster->directory);
    /* what a killed initdb left; rm, as its files belong to another user */
    const char *clean[] = {"/bin/rm", "-rf", "--", made, NULL};
    const char *arguments[] = {"initdb",       "-D",        made,   "-U",
                               "ordersync",    "-E",        "UTF8", "--locale=C.UTF-8",
                               "--auth=trust", "--no-sync", NULL};
    int status = 0;
    if (!process_run(&cluster->user, clean, cluster->log_fd, 60, &status, err) ||
        !cluster_must_run(cluster, arguments, err) || !cluster_include(cluster, err))
        return false;
    if (rename(made, cluster->data) != 0)
        return error_set_errno(err, ERROR_EMBEDDED_DIRECTORY, "cannot rename %s", made);
    return true;
}

static bool cluster_launch(struct cluster *cluster, struct error *err)
{
    char log_path[EMBEDDED_PATH_MAX + 64];
    snprintf(log_path, sizeof(log_path), "%s/server.log", cluster->directory);
    const char *arguments[] = {"pg_ctl", "start",       "-w", "-t",     "90",
                               "-D",     cluster->data, "-l", log_path, NULL};
    return cluster_configure(cluster, err) && cluster_must_run(cluster, arguments, err);
}

static char *cluster_url(const struct cluster *cluster, const char *database)
{
    struct buffer text = {.max = 16384};
    buffer_append_text(&text, "host='");
    for (const char *c = cluster->socket_dir; *c != '\0'; c++) {
        if (*c == '\'' || *c == '\\')
            buffer_append_char(&text, '\\');
        buffer_append_char(&text, *c);
    }
    buffer_append_format(&text, "' port=5432 user=ordersync dbname=%s", database);
    return text.data;
}

static bool cluster_make_database(const struct cluster *cluster, struct error *err)
{
    char *url AUTO_FREE = cluster_url(cluster, "postgres");
    struct pg_options options = {.database_url = url, .application_name = "ordersync embedded"};
    struct pg_rows rows PG_ROWS_AUTO = {0};
    struct pg *pg = NULL;
    if (!pg_open(&options, &pg, err))
        return false;
    bool ok = pg_query(pg, "select 1 from pg_catalog.pg_database where datname = 'ordersync'", NULL,
                       0, &rows, err);
    if (ok && rows.count == 0)
        ok = pg_script(pg, "create database ordersync", err);
    pg_close(pg);
    return ok;
}

bool embedded_start(const char *directory, char **ret_url, struct error *err)
{
    struct cluster cluster CLUSTER_AUTO = {.lock_fd = -1, .log_fd = -1};
    if (!cluster_open(&cluster, directory, err) || !cluster_find_programs(&cluster, err) ||
        !cluster_place_socket(&cluster, err))
        return false;
    if (!cluster_is_running(&cluster)) {
        if (!cluster_has_data(&cluster) && !cluster_init(&cluster, err))
            return false;
        if (!cluster_launch(&cluster, err))
            return false;
    }
    if (!cluster_make_database(&cluster, err))
        return false;
    *ret_url = cluster_url(&cluster, "ordersync");
    return true;
}

bool embedded_stop(const char *directory, struct error *err)
{
    struct cluster cluster CLUSTER_AUTO = {.lock_fd = -1, .log_fd = -1};
    if (access(directory, F_OK) != 0)
        return true;
    if (!cluster_open(&cluster, directory, err) || !cluster_find_programs(&cluster, err))
        return false;
    if (cluster_is_running(&cluster)) {
        const char *arguments[] = {"pg_ctl", "stop", "-w", "-t",         "90",
                                   "-m",     "fast", "-D", cluster.data, NULL};
        if (!cluster_must_run(&cluster, arguments, err))
            return false;
    }
    cluster_remove_socket_dir(&cluster);
    return true;
}
