/* A group of operators on one journal: modes and owners, one runs the engine while another
 * attaches, then the other way round. The second half needs root, which plays two users of a group.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/seen.h"
#include "journal/share.h"
#include "lib/check.h"
#include "lib/ledger.h"

static const char *const users[2] = {"daemon", "nobody"};

static int setup(void **state)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    ledger_make_directory(ledger);
    *state = ledger;
    return 0;
}

static int teardown(void **state)
{
    struct ledger *ledger = *state;
    ledger_remove_directory(ledger);
    free(ledger);
    return 0;
}

/* A group that this process is in. */
static const struct group *own_group(void)
{
    return getgrgid(getegid());
}

static void is(const struct ledger *ledger, const char *name, mode_t mode, gid_t gid)
{
    char path[160];
    struct stat st;
    snprintf(path, sizeof(path), "%s/%s", ledger->state_dir, name);
    if (stat(path, &st) != 0)
        fail_msg("%s: %s", path, strerror(errno));
    if ((st.st_mode & 07777) != mode || st.st_gid != gid)
        fail_msg("%s: mode %04o, group %ld", name, (unsigned)(st.st_mode & 07777), (long)st.st_gid);
}

static void the_setting_shares_it(void **state)
{
    struct ledger *ledger = *state;
    const struct group *group = own_group();
    mode_t before = umask(077);
    assert_non_null(group);
    LEDGER_OK(ledger, journal_share(ledger->state_dir, group->gr_name, &ledger->err));
    is(ledger, ".", 02770, group->gr_gid);
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    LEDGER_OK(ledger, journal_reader_open(ledger->state_dir, &ledger->reader, &ledger->err));
    static const char *const files[] = {"journal.db", "journal.db-wal", "journal.db-shm",
                                        "engine.lock"};
    for (size_t i = 0; i < 4; i++)
        is(ledger, files[i], 0660, group->gr_gid);
    ledger_close(ledger);
    umask(before);
}

/* One that was private becomes shared with what is in it. */
static void what_is_there_is_shared_too(void **state)
{
    struct ledger *ledger = *state;
    const struct group *group = own_group();
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    journal_close(ledger->journal);
    is(ledger, "journal.db", 0600, group->gr_gid);
    LEDGER_OK(ledger, journal_share(ledger->state_dir, group->gr_name, &ledger->err));
    is(ledger, "journal.db", 0660, group->gr_gid);
    is(ledger, "engine.lock", 0660, group->gr_gid);
    LEDGER_OK(ledger, journal_share(ledger->state_dir, "", &ledger->err)); /* nothing is asked */
    is(ledger, ".", 02770, group->gr_gid);
}

static void an_unknown_group_is_said(void **state)
{
    struct ledger *ledger = *state;
    assert_false(journal_share(ledger->state_dir, "no-such-group", &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_JOURNAL_UNSAFE);
    assert_non_null(strstr(ledger->err.message, "no-such-group"));
}

/* ---- two users ---- */

/* Becomes a user whose only group but its own is `gid`. */
static void become(const char *user, gid_t gid)
{
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL || setgroups(1, &gid) != 0 || setgid(entry->pw_gid) != 0 ||
        setuid(entry->pw_uid) != 0)
        _exit(99);
    umask(077);
}

static void done(bool good, const struct error *err)
{
    if (good)
        return;
    fprintf(stderr, "as uid %ld: %s %s\n", (long)getuid(), error_info(err->id)->code, err->message);
    _exit(1);
}

static void say(int fd, char c)
{
    if (write(fd, &c, 1) != 1)
        _exit(2);
}

static void hear(int fd)
{
    char c;
    if (read(fd, &c, 1) != 1)
        _exit(3);
}

/* Runs the engine's side until the other one has sent a command. */
static void engine_side(const char *dir, const char *group, const char *other, int in, int out)
{
    struct journal *journal;
    struct seen *seen;
    struct command command;
    struct error err;
    bool found = false;
    done(journal_share(dir, group, &err), &err);
    done(journal_open(dir, &journal, &err), &err);
    done(seen_open(dir, "backfill", "tag", &seen, &err), &err);
    say(out, 'o');
    hear(in);
    done(journal_next_command(journal, &found, &command, &err), &err);
    if (!found || strcmp(command.operator_name, other) != 0)
        _exit(4);
    done(journal_finish_command(journal, command.id, "done", "seen", &err), &err);
    command_free(&command);
    seen_close(seen, false);
    journal_close(journal);
    _exit(0);
}

static void console_side(const char *dir, int in, int out)
{
    struct journal_reader *reader;
    struct error err;
    int64_t id;
    hear(in);
    done(journal_reader_open(dir, &reader, &err), &err);
    done(journal_send_command(reader, "pause", "{}", "", &id, &err), &err);
    say(out, 's');
    journal_reader_close(reader);
    _exit(0);
}

static int wait_for(pid_t child)
{
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static void both(const char *dir, const struct group *group, const char *engine,
                 const char *console)
{
    int to_console[2], to_engine[2];
    assert_int_equal(pipe(to_console), 0);
    assert_int_equal(pipe(to_engine), 0);
    pid_t first = fork();
    if (first == 0) {
        close(to_engine[1]);
        become(engine, group->gr_gid);
        engine_side(dir, group->gr_name, console, to_engine[0], to_console[1]);
    }
    pid_t second = fork();
    if (second == 0) {
        close(to_console[1]);
        become(console, group->gr_gid);
        console_side(dir, to_console[0], to_engine[1]);
    }
    close(to_console[0]);
    close(to_console[1]);
    close(to_engine[0]);
    close(to_engine[1]);
    assert_int_equal(wait_for(first), 0);
    assert_int_equal(wait_for(second), 0);
}

static void two_users_take_turns(void **state)
{
    struct ledger *ledger = *state;
    const struct group *group = getgrnam("users");
    if (geteuid() != 0 || group == NULL || getpwnam(users[0]) == NULL ||
        getpwnam(users[1]) == NULL) {
        print_message("SKIPPED: two users of a group need root, daemon, nobody and group users\n");
        skip();
    }
    /* The first makes it below a directory that both may pass. */
    assert_int_equal(chmod(ledger->dir, 0755), 0);
    assert_int_equal(mkdir(ledger->state_dir, 0700), 0);
    assert_int_equal(chown(ledger->state_dir, getpwnam(users[0])->pw_uid, (gid_t)-1), 0);
    both(ledger->state_dir, group, users[0], users[1]);
    is(ledger, "journal.db", 0660, group->gr_gid);
    both(ledger->state_dir, group, users[1], users[0]);
    is(ledger, "journal.db", 0660, group->gr_gid);
    is(ledger, "engine.lock", 0660, group->gr_gid);
    is(ledger, "seen-backfill.db", 0660, group->gr_gid);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_setting_shares_it),
        TEST(what_is_there_is_shared_too),
        TEST(an_unknown_group_is_said),
        TEST(two_users_take_turns),
    };
    return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
