/* The private cluster. */
#include "tests/lib/check.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/embedded.h"
#include "target/pg.h"

static char root[64];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/ordersync-test.XXXXXX");
    return mkdtemp(root) == NULL || chmod(root, 0755) != 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static char *start(const char *directory)
{
    struct error err = {0};
    char *url = NULL;
    if (!embedded_start(directory, &url, &err))
        fail_msg("%s", err.message);
    return url;
}

static void stop(const char *directory)
{
    struct error err = {0};
    if (!embedded_stop(directory, &err))
        fail_msg("%s", err.message);
}

/* Postmaster start time: another one means another server. */
static int64_t ask(const char *url, const char *sql)
{
    struct error err = {0};
    struct pg_options options = {.database_url = url};
    struct pg_rows rows PG_ROWS_AUTO = {0};
    struct pg *pg = NULL;
    if (!pg_open(&options, &pg, &err) || !pg_query(pg, sql, NULL, 0, &rows, &err))
        fail_msg("%s", err.message);
    int64_t answer = pg_cell_int(&rows, 0, 0);
    pg_close(pg);
    return answer;
}

static const char start_time[] =
    "select (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint";

/* A quote and a blank in the name: nothing goes through a shell. */
static void starts_once_and_again(void **state)
{
    char directory[128];
    (void)state;
    snprintf(directory, sizeof(directory), "%s/it's a cluster", root);
    char *first = start(directory);
    char *second = start(directory);
    assert_string_equal(first, second);
    int64_t started = ask(first, start_time);
    assert_true(ask(second, start_time) == started);
    assert_int_equal(ask(first, "select count(*) from pg_settings where name = 'listen_addresses' "
                                "and setting = ''"),
                     1);
    stop(directory);
    stop(directory); /* not running: nothing to do */
    free(second);
    second = start(directory);
    assert_true(ask(second, start_time) > started);
    stop(directory);
    free(first);
    free(second);
}

static void a_killed_initdb_is_begun_anew(void **state)
{
    char directory[128], half[192];
    (void)state;
    snprintf(directory, sizeof(directory), "%s/half", root);
    free(start(directory));
    stop(directory);
    snprintf(half, sizeof(half), "%s/data", directory);
    char away[200];
    snprintf(away, sizeof(away), "%s.new", half);
    assert_int_equal(rename(half, away), 0);
    free(start(directory));
    stop(directory);
}

static void long_paths_get_a_short_socket(void **state)
{
    char directory[256];
    struct stat status;
    (void)state;
    int len = snprintf(directory, sizeof(directory), "%s/", root);
    memset(directory + len, 'x', 110);
    directory[len + 110] = '\0';
    char *url = start(directory);
    assert_non_null(strstr(url, "/tmp/ordersync-"));
    assert_int_equal(ask(url, "select 1"), 1);
    char *again = start(directory);
    assert_string_equal(url, again);
    char place[64];
    assert_int_equal(sscanf(url, "host='%63[^']'", place), 1);
    stop(directory);
    assert_int_not_equal(stat(place, &status), 0); /* nothing stays in /tmp */
    free(url);
    free(again);
}

static void directories_out_of_reach_are_refused(void **state)
{
    struct error err = {0};
    char *url = NULL;
    (void)state;
    assert_false(embedded_start("/nonexistent/deep/cluster", &url, &err));
    assert_int_equal(err.id, ERROR_EMBEDDED_DIRECTORY);
    if (geteuid() == 0) {
        char closed[128], directory[160];
        snprintf(closed, sizeof(closed), "%s/closed", root);
        assert_int_equal(mkdir(closed, 0700), 0); /* root's alone, as /root is */
        snprintf(directory, sizeof(directory), "%s/cluster", closed);
        assert_false(embedded_start(directory, &url, &err));
        assert_int_equal(err.id, ERROR_EMBEDDED_DIRECTORY);
    }
    assert_null(url);
}

/* Two at once, as when two test programs share a cluster: one starts it, the other finds it. */
static void two_starts_at_once(void **state)
{
    char directory[128];
    (void)state;
    snprintf(directory, sizeof(directory), "%s/two", root);
    pid_t other = fork();
    if (other == 0) {
        struct error err;
        char *url = NULL;
        _exit(embedded_start(directory, &url, &err) ? 0 : 1);
    }
    char *url = start(directory);
    int status = -1;
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(status, 0);
    assert_int_equal(ask(url, "select 1"), 1);
    stop(directory);
    free(url);
}

/* A thread's blocked signals must not be inherited: the server could not be stopped. */
static void blocked_signals_do_not_live_on(void **state)
{
    char directory[128];
    sigset_t all, before;
    (void)state;
    snprintf(directory, sizeof(directory), "%s/signals", root);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    char *url = start(directory);
    stop(directory);
    sigprocmask(SIG_SETMASK, &before, NULL);
    free(url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_once_and_again),
        cmocka_unit_test(a_killed_initdb_is_begun_anew),
        cmocka_unit_test(long_paths_get_a_short_socket),
        cmocka_unit_test(directories_out_of_reach_are_refused),
        cmocka_unit_test(two_starts_at_once),
        cmocka_unit_test(blocked_signals_do_not_live_on),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
