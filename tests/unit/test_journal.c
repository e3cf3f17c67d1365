/* Opening: modes, lock, identity, files that are no journal; crashes and full disks leave whole
 * settlements only. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/inside.h"
#include "journal/listen.h"
#include "lib/check.h"
#include "lib/ledger.h"

static int directory_setup(void **state)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    ledger_make_directory(ledger);
    *state = ledger;
    return 0;
}

static int directory_teardown(void **state)
{
    struct ledger *ledger = *state;
    ledger_remove_directory(ledger);
    free(ledger);
    return 0;
}

static mode_t mode_of(const char *dir, const char *name)
{
    char path[256];
    struct stat st;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void open_fails(struct ledger *ledger, enum error_id id)
{
    struct journal *journal = NULL;
    if (journal_open(ledger->state_dir, &journal, &ledger->err))
        fail_msg("the journal was opened");
    if (ledger->err.id != id)
        fail_msg("%s %s", error_info(ledger->err.id)->code, ledger->err.message);
    assert_null(journal);
}

/* ---- modes ---- */

static void a_directory_of_its_own_is_private(void **state)
{
    struct ledger *ledger = *state;
    mode_t before = umask(0);
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    ledger_fail(ledger, "A", 1, false);
    umask(before);
    assert_int_equal(mode_of(ledger->state_dir, "."), 0700);
    assert_int_equal(mode_of(ledger->state_dir, "journal.db"), 0600);
    assert_int_equal(mode_of(ledger->state_dir, "journal.db-wal"), 0600);
    assert_int_equal(mode_of(ledger->state_dir, "journal.db-shm"), 0600);
    assert_int_equal(mode_of(ledger->state_dir, "engine.lock"), 0600);
    journal_close(ledger->journal);
}

static void a_group_directory_is_shared(void **state)
{
    struct ledger *ledger = *state;
    mode_t before = umask(077);
    assert_int_equal(mkdir(ledger->state_dir, 0700), 0);
    assert_int_equal(chmod(ledger->state_dir, 02770), 0);
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    ledger_fail(ledger, "A", 1, false);
    umask(before);
    assert_int_equal(mode_of(ledger->state_dir, "journal.db"), 0660);
    assert_int_equal(mode_of(ledger->state_dir, "journal.db-wal"), 0660);
    assert_int_equal(mode_of(ledger->state_dir, "engine.lock"), 0660);
    journal_close(ledger->journal);
}

static void unsafe_places_are_refused(void **state)
{
    struct ledger *ledger = *state;
    char path[256];
    assert_int_equal(mkdir(ledger->state_dir, 0700), 0);
    chmod(ledger->state_dir, 0777);
    open_fails(ledger, ERROR_JOURNAL_UNSAFE);
    chmod(ledger->state_dir, 0770); /* the files' group would be whoever's */
    open_fails(ledger, ERROR_JOURNAL_UNSAFE);
    chmod(ledger->state_dir, 0700);
    snprintf(path, sizeof(path), "%s/journal.db", ledger->state_dir);
    assert_int_equal(symlink("/dev/null", path), 0);
    open_fails(ledger, ERROR_JOURNAL_UNSAFE);
}

static void missing_is_said(void **state)
{
    struct ledger *ledger = *state;
    struct journal_reader *reader = NULL;
    assert_false(journal_reader_open(ledger->state_dir, &reader, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_JOURNAL_MISSING);
    assert_int_equal(mkdir(ledger->state_dir, 0700), 0);
    assert_false(journal_reader_open(ledger->state_dir, &reader, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_JOURNAL_MISSING);
    assert_int_equal(mode_of(ledger->state_dir, "journal.db"), 0); /* a reader creates nothing */
}

/* ---- lock ---- */

/* A child that holds the journal until it is killed. */
static pid_t hold_in_child(struct ledger *ledger)
{
    int pipe_fds[2];
    char byte;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct journal *journal;
        bool opened = journal_open(ledger->state_dir, &journal, &ledger->err);
        if (write(pipe_fds[1], opened ? "y" : "n", 1) != 1)
            _exit(1);
        while (true)
            pause();
    }
    close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
    close(pipe_fds[0]);
    assert_int_equal(byte, 'y');
    return pid;
}

static void end_child(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void one_engine_a_journal(void **state)
{
    struct ledger *ledger = *state;
    char host[256] = "", process[32];
    pid_t pid = hold_in_child(ledger);
    snprintf(process, sizeof(process), "process %ld,", (long)pid);
    gethostname(host, sizeof(host) - 1);
    open_fails(ledger, ERROR_JOURNAL_LOCKED);
    assert_int_equal(error_class(&ledger->err), CLASS_STORAGE);
    assert_non_null(strstr(ledger->err.message, process));
    assert_non_null(strstr(ledger->err.message, host));
    assert_non_null(strstr(ledger->err.message, "since 20"));
    LEDGER_OK(ledger, journal_reader_open(ledger->state_dir, &ledger->reader, &ledger->err));
    assert_true(journal_reader_engine_runs(ledger->reader));
    end_child(pid);
    assert_false(journal_reader_engine_runs(ledger->reader));
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    open_fails(ledger, ERROR_JOURNAL_LOCKED); /* in one process as well */
    journal_close(ledger->journal);
    journal_reader_close(ledger->reader);
}

/* ---- identity ---- */

static void copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t len = fread(bytes, 1, sizeof(bytes), in); len > 0;
         len = fread(bytes, 1, sizeof(bytes), in))
        assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(in);
    fclose(out);
}

static void a_copy_is_known_as_one(void **state)
{
    struct ledger *ledger = *state;
    char id[64], path[256], aside[256];
    struct range_checkpoint range = {.range = 0, .settled = 1}, *ranges = NULL;
    size_t count = 0;
    int64_t seq = 0;
    struct settlement settlement = {.run_id = ledger->run_id, .writer = 0, .fence_seq = 9};
    snprintf(id, sizeof(id), "%s", journal_id(ledger->journal));
    ledger_fail(ledger, "A", 1, true);
    LEDGER_OK(ledger,
              journal_ranges_save(ledger->journal, ledger->run_id, &range, 1, &ledger->err));
    LEDGER_OK(ledger, journal_settle(ledger->journal, &settlement, 1, 3, &ledger->err));
    ledger_reopen(ledger);
    assert_string_equal(journal_id(ledger->journal), id);
    assert_string_equal(journal_notice(ledger->journal), "");

    journal_reader_close(ledger->reader);
    journal_close(ledger->journal);
    ledger->journal = NULL;
    ledger->reader = NULL;
    snprintf(path, sizeof(path), "%s/journal.db", ledger->state_dir);
    snprintf(aside, sizeof(aside), "%s/aside.db", ledger->state_dir);
    assert_int_equal(rename(path, aside), 0);
    copy_file(aside, path);
    ledger_reopen(ledger);
    assert_string_not_equal(journal_id(ledger->journal), id);
    assert_non_null(strstr(journal_notice(ledger->journal), "copied"));
    LEDGER_OK(ledger,
              journal_ranges_load(ledger->journal, ledger->run_id, &ranges, &count, &ledger->err));
    assert_int_equal(count, 0);
    range_checkpoint_free(ranges, count);
    LEDGER_OK(ledger, journal_fence(ledger->journal, 0, &seq, &ledger->err));
    assert_int_equal(seq, 0);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_DEAD); /* what failed is still known */
    snprintf(id, sizeof(id), "%s", journal_id(ledger->journal));
    ledger_reopen(ledger); /* once */
    assert_string_equal(journal_id(ledger->journal), id);
}

/* ---- files that are no journal ---- */

static void script(struct ledger *ledger, const char *sql)
{
    char path[256];
    struct sqlite db;
    snprintf(path, sizeof(path), "%s/journal.db", ledger->state_dir);
    LEDGER_OK(ledger, sqlite_open(&db, path, 1000, &ledger->err));
    LEDGER_OK(ledger, sqlite_script(&db, sql, &ledger->err));
    sqlite_close(&db);
}

static void write_at(struct ledger *ledger, long offset, const char *bytes, size_t len)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/journal.db", ledger->state_dir);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, offset), (ssize_t)len);
    close(fd);
}

static void make_journal(struct ledger *ledger)
{
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    journal_close(ledger->journal);
    ledger->journal = NULL;
}

static void reader_fails(struct ledger *ledger, enum error_id id)
{
    struct journal_reader *reader = NULL;
    assert_false(journal_reader_open(ledger->state_dir, &reader, &ledger->err));
    assert_int_equal(ledger->err.id, id);
}

static void other_versions_are_refused(void **state)
{
    struct ledger *ledger = *state;
    make_journal(ledger);
    script(ledger, "PRAGMA user_version=99");
    open_fails(ledger, ERROR_JOURNAL_NEWER);
    assert_int_equal(error_class(&ledger->err), CLASS_CONFIG);
    reader_fails(ledger, ERROR_JOURNAL_NEWER);
}

/* An older version let a held delete be snoozed; waking it would delete it. */
static void snoozed_deletes_are_held_again(void **state)
{
    struct ledger *ledger = *state;
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    ledger_fail(ledger, "A", 1, true);
    journal_close(ledger->journal);
    script(ledger, "UPDATE failures SET state = 6, next_us = 5, code = 'OS-6011';"
                   "PRAGMA user_version=12");
    LEDGER_OK(ledger, journal_open(ledger->state_dir, &ledger->journal, &ledger->err));
    journal_close(ledger->journal);
    script(ledger, "CREATE TEMP TABLE one (n CHECK (n = 1));"
                   "INSERT INTO one SELECT count(*) FROM failures WHERE state = 7 AND next_us > 5;"
                   "INSERT INTO one SELECT sum(count) FROM failure_totals WHERE state = 7");
}

static void other_databases_are_refused(void **state)
{
    struct ledger *ledger = *state;
    assert_int_equal(mkdir(ledger->state_dir, 0700), 0);
    write_at(ledger, 0, "", 0);
    reader_fails(ledger, ERROR_JOURNAL_MISSING); /* empty: an engine died before its first write */
    script(ledger, "CREATE TABLE theirs (x)");
    open_fails(ledger, ERROR_JOURNAL_CORRUPT);
    reader_fails(ledger, ERROR_JOURNAL_CORRUPT);
}

static void damage_is_said(void **state)
{
    struct ledger *ledger = *state;
    char noise[4096 * 8];
    memset(noise, 0x5a, sizeof(noise));
    make_journal(ledger);
    write_at(ledger, 4096, noise, sizeof(noise));
    open_fails(ledger, ERROR_JOURNAL_CORRUPT);
    assert_int_equal(error_class(&ledger->err), CLASS_STORAGE);
    assert_non_null(strstr(ledger->err.message, "journal.db"));
    write_at(ledger, 0, noise, sizeof(noise));
    open_fails(ledger, ERROR_JOURNAL_CORRUPT);
    reader_fails(ledger, ERROR_JOURNAL_CORRUPT);
}

/* ---- crashes ---- */

/* Settlement number i: a failure, the run's count, the cursor and the fence say the same number. */
static bool settle_number(struct ledger *ledger, int64_t number)
{
    char id[32], cursor[32];
    struct error error;
    snprintf(id, sizeof(id), "K%lld", (long long)number);
    snprintf(cursor, sizeof(cursor), "%lld", (long long)number);
    struct settled_change change = ledger_failed(id, 1, &error, "a failure among others");
    struct range_checkpoint range = {.range = 0, .cursor = cursor, .settled = (uint64_t)number};
    struct settlement settlement = {.changes = &change,
                                    .count = 1,
                                    .run_id = ledger->run_id,
                                    .add = {.seen = 1, .failed = 1},
                                    .ranges = &range,
                                    .range_count = 1,
                                    .writer = 0,
                                    .fence_seq = number};
    return journal_settle(ledger->journal, &settlement, 1, 3, &ledger->err);
}

/* How many settlements are recorded; asserts that none is there by half. */
static int64_t settled_number(struct ledger *ledger)
{
    struct range_checkpoint *ranges;
    struct run_row *runs;
    size_t count;
    uint64_t failures;
    int64_t number;
    struct failure_filter filter = ledger_filter();
    LEDGER_OK(ledger, journal_fence(ledger->journal, 0, &number, &ledger->err));
    LEDGER_OK(ledger,
              journal_ranges_load(ledger->journal, ledger->run_id, &ranges, &count, &ledger->err));
    assert_int_equal(count, 1);
    assert_int_equal(ranges[0].settled, number);
    assert_int_equal(ranges[0].cursor == NULL ? 0 : strtoll(ranges[0].cursor, NULL, 10), number);
    range_checkpoint_free(ranges, count);
    LEDGER_OK(ledger,
              journal_list_runs(ledger->reader, 1, &ledger->arena, &runs, &count, &ledger->err));
    assert_int_equal(runs[0].counts.seen, number);
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &failures, &ledger->err));
    assert_int_equal(failures, number);
    snprintf(filter.text, sizeof(filter.text), "K"); /* the counters agree with the rows */
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &failures, &ledger->err));
    assert_int_equal(failures, number);
    return number;
}

static void settle_for_ever(struct ledger *ledger, int acknowledge)
{
    int64_t number = 0;
    if (!journal_open(ledger->state_dir, &ledger->journal, &ledger->err) ||
        !journal_fence(ledger->journal, 0, &number, &ledger->err))
        _exit(1);
    while (settle_number(ledger, ++number)) {
        if (write(acknowledge, &number, sizeof(number)) != (ssize_t)sizeof(number))
            _exit(1);
    }
    _exit(1);
}

static int64_t crash_once(struct ledger *ledger, int64_t delay_us)
{
    int pipe_fds[2];
    int64_t acknowledged = 0, number = 0;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        settle_for_ever(ledger, pipe_fds[1]);
    close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], &acknowledged, sizeof(number)), sizeof(number));
    clock_sleep_us(delay_us);
    end_child(pid);
    while (read(pipe_fds[0], &number, sizeof(number)) == (ssize_t)sizeof(number))
        acknowledged = number;
    close(pipe_fds[0]);
    return acknowledged;
}

static void killed_writers_leave_whole_settlements(void **state)
{
    struct ledger *ledger = *state;
    struct range_checkpoint range = {.range = 0};
    LEDGER_OK(ledger,
              journal_ranges_save(ledger->journal, ledger->run_id, &range, 1, &ledger->err));
    for (int64_t i = 0; i < 10; i++) {
        journal_reader_close(ledger->reader);
        journal_close(ledger->journal);
        ledger->reader = NULL;
        ledger->journal = NULL;
        int64_t acknowledged = crash_once(ledger, 500 + i * 7919 % 40000);
        ledger_reopen(ledger);
        int64_t number = settled_number(ledger);
        assert_in_range(number, acknowledged, acknowledged + 1);
    }
}

/* ---- full disks ---- */

static void full_is_said_and_leaves_nothing(struct ledger *ledger, enum error_id id)
{
    struct range_checkpoint range = {.range = 0};
    LEDGER_OK(ledger,
              journal_ranges_save(ledger->journal, ledger->run_id, &range, 1, &ledger->err));
    int64_t number = 1;
    while (settle_number(ledger, number) && number < 100000)
        number++;
    assert_int_equal(ledger->err.id, id);
    assert_int_equal(error_class(&ledger->err), CLASS_STORAGE);
    assert_int_equal(settled_number(ledger), number - 1);
}

static void a_file_that_may_not_grow(void **state)
{
    struct ledger *ledger = *state;
    LEDGER_OK(ledger,
              sqlite_script(&ledger->journal->db, "PRAGMA max_page_count=60", &ledger->err));
    full_is_said_and_leaves_nothing(ledger, ERROR_JOURNAL_FULL);
    LEDGER_OK(ledger,
              sqlite_script(&ledger->journal->db, "PRAGMA max_page_count=1000000", &ledger->err));
    assert_true(settle_number(ledger, settled_number(ledger) + 1));
}

static void a_write_that_fails(void **state)
{
    struct ledger *ledger = *state;
    struct rlimit before, low;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 600000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    full_is_said_and_leaves_nothing(ledger, ERROR_JOURNAL_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(settle_number(ledger, settled_number(ledger) + 1));
    ledger_reopen(ledger);
    settled_number(ledger);
}

/* In a child, for a mount name space cannot be left; exit code 0 good, 77 not permitted. */
static int full_file_system(struct ledger *ledger)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", ledger->dir, "tmpfs", 0, "size=4m,mode=0700") != 0)
        return 77;
    if (!journal_open(ledger->state_dir, &ledger->journal, &ledger->err) ||
        !journal_reader_open(ledger->state_dir, &ledger->reader, &ledger->err) ||
        !journal_run_start(ledger->journal, "backfill", SOURCE_FIRESTORE, "t", ledger->run_id,
                           &ledger->err))
        return 1;
    full_is_said_and_leaves_nothing(ledger, ERROR_JOURNAL_FULL);
    journal_reader_close(ledger->reader);
    journal_close(ledger->journal);
    return 0;
}

static void a_full_file_system(void **state)
{
    struct ledger *ledger = *state;
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(full_file_system(ledger));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: mounting a small tmpfs is not permitted\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define PLAIN(name) cmocka_unit_test_setup_teardown(name, directory_setup, directory_teardown)
/* What a minute was measured by, also where a delete by absence comes in between; what is not known
 * stays so. */
static void minutes_keep_their_measures(void **state)
{
    struct ledger *ledger = *state;
    struct journal_reader *reader = NULL;
    struct minute_row *rows = NULL;
    size_t count = 0;
    struct minute_row row = MINUTE_NOTHING(1000);
    row.staleness_us = 7000;
    row.error_rate = 0.25;
    row.processing_p50_us = 300;
    row.processing_p99_us = 900;
    row.skew_us = -40;
    struct minute_row absence = MINUTE_NOTHING(1000);
    absence.absences = 3;
    struct minute_row unknown = MINUTE_NOTHING(1001);
    const struct minute_row *const all[] = {&row, &absence, &unknown};
    for (size_t i = 0; i < 3; i++)
        LEDGER_OK(ledger,
                  journal_minute_add(ledger->journal, SOURCE_FIRESTORE, all[i], &ledger->err));
    LEDGER_OK(ledger, journal_reader_open(ledger->state_dir, &reader, &ledger->err));
    LEDGER_OK(ledger, journal_list_minutes(reader, SOURCE_FIRESTORE, 0, 10, &ledger->arena, &rows,
                                           &count, &ledger->err));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].absences, 3);
    assert_int_equal(rows[0].staleness_us, 7000);
    assert_true(rows[0].error_rate == 0.25);
    assert_int_equal(rows[0].processing_p50_us, 300);
    assert_int_equal(rows[0].processing_p99_us, 900);
    assert_int_equal(rows[0].skew_us, -40);
    assert_int_equal(rows[1].staleness_us, TIME_NONE);
    assert_int_equal(rows[1].processing_p50_us, TIME_NONE);
    assert_int_equal(rows[1].skew_us, TIME_NONE);
    assert_true(rows[1].error_rate < 0);
    journal_reader_close(reader);
}

#define OPEN(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAIN(a_directory_of_its_own_is_private),
        PLAIN(a_group_directory_is_shared),
        PLAIN(unsafe_places_are_refused),
        PLAIN(missing_is_said),
        PLAIN(one_engine_a_journal),
        OPEN(a_copy_is_known_as_one),
        PLAIN(other_versions_are_refused),
        PLAIN(snoozed_deletes_are_held_again),
        PLAIN(other_databases_are_refused),
        PLAIN(damage_is_said),
        OPEN(minutes_keep_their_measures),
        OPEN(killed_writers_leave_whole_settlements),
        OPEN(a_file_that_may_not_grow),
        OPEN(a_write_that_fails),
        PLAIN(a_full_file_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
