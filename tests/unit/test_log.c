/* The log: lines, levels, the ring. */
#include "tests/lib/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

static char path[] = "/tmp/ordersync-log-XXXXXX";
static char text[1 << 20];

static const char *read_log(void)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    return text;
}

static void open_log(enum log_level level, enum log_format format)
{
    struct log_options options = {.level = level, .format = format, .file = path};
    assert_int_equal(truncate(path, 0), 0);
    log_open(&options);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    close(fd);
    return fd < 0;
}

static int remove_file(void **state)
{
    (void)state;
    log_close();
    return unlink(path);
}

static void text_lines(void **state)
{
    struct error err;
    (void)state;
    open_log(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_info("engine", "run %d\nbegins \x1b[2J", 5);
    log_debug("engine", "not shown");
    error_set(&err, ERROR_INTERNAL, "broken");
    snprintf(err.sqlstate, sizeof(err.sqlstate), "22P02");
    error_field(&err, "line_items[].sku");
    log_error("apply", &err, "firestore", "5123");
    const char *log = read_log();
    assert_non_null(strstr(log, "Z info engine: run 5?begins ?[2J\n"));
    assert_null(strstr(log, "not shown"));
    assert_non_null(strstr(log, "Z error apply: OS-1099 firestore/5123 broken (field "
                                "line_items[].sku) (SQLSTATE 22P02)\n"));
}

static void json_lines(void **state)
{
    (void)state;
    open_log(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    log_warning("source", "say \"%s\"", "hi");
    const char *log = read_log();
    assert_int_equal(strncmp(log, "{\"time\":\"", 9), 0);
    assert_non_null(strstr(log, "\"level\":\"warning\",\"component\":\"source\","
                                "\"message\":\"say \\\"hi\\\"\"}\n"));
}

static void json_errors_have_their_context(void **state)
{
    struct error err;
    (void)state;
    open_log(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    error_set(&err, ERROR_INTERNAL, "broken");
    snprintf(err.sqlstate, sizeof(err.sqlstate), "22P02");
    snprintf(err.request_id, sizeof(err.request_id), "req_\"1\"");
    err.http_status = 503;
    err.retry_after_us = 1500000;
    error_field(&err, "line_items[].sku");
    log_error("apply", &err, "firestore", "5123");
    assert_non_null(strstr(
        read_log(), "\"level\":\"error\",\"component\":\"apply\",\"code\":\"OS-1099\","
                    "\"source\":\"firestore\",\"order\":\"5123\",\"message\":\"broken\","
                    "\"class\":\"bug\",\"field\":\"line_items[].sku\",\"sqlstate\":\"22P02\","
                    "\"status\":503,\"request_id\":\"req_\\\"1\\\"\",\"retry_after_ms\":1500}\n"));
}

static void measures_are_numbers(void **state)
{
    static const struct log_number numbers[] = {{"seen", 12}, {"error_rate", 0.25}};
    (void)state;
    open_log(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_numbers("measures", "firestore", "minute", numbers, 2);
    assert_non_null(strstr(read_log(),
                           "\"component\":\"measures\",\"source\":\"firestore\","
                           "\"message\":\"minute\",\"seen\":12,\"error_rate\":0.25}\n"));
    open_log(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_numbers("measures", "firestore", "minute", numbers, 2);
    assert_non_null(strstr(read_log(), "measures: firestore minute: seen 12 error_rate 0.25\n"));
}

/* logrotate(8): the old name is gone, the file is still open. */
static void a_file_that_was_moved_is_made_anew(void **state)
{
    char moved[sizeof(path) + 8];
    struct log_options options = {.level = LOG_LEVEL_INFO, .file = path};
    (void)state;
    open_log(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    snprintf(moved, sizeof(moved), "%s.1", path);
    log_info("engine", "before");
    assert_int_equal(rename(path, moved), 0);
    log_info("engine", "between");
    log_open(&options);
    log_info("engine", "after");
    assert_null(strstr(read_log(), "between"));
    assert_non_null(strstr(read_log(), "after"));
    assert_int_equal(rename(moved, path), 0);
    assert_non_null(strstr(read_log(), "between"));
    assert_null(strstr(read_log(), "after"));
}

static void the_ring_keeps_the_newest(void **state)
{
    static struct log_entry entries[3000];
    (void)state;
    open_log(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    for (int i = 0; i < 2500; i++)
        log_info("ring", "line %d", i);
    size_t count = log_ring_read(0, entries, 3000);
    assert_int_equal(count, 2048);
    assert_string_equal(entries[count - 1].message, "line 2499");
    assert_string_equal(entries[0].message, "line 452");
    uint64_t last = entries[count - 1].sequence;
    assert_int_equal(log_ring_read(last, entries, 3000), 0);
    assert_int_equal(log_ring_read(last - 5, entries, 2), 2);
    assert_string_equal(entries[0].message, "line 2495");
}

static void *write_lines(void *argument)
{
    (void)argument;
    for (int i = 0; i < 500; i++)
        log_info("thread", "abcdefghijklmnopqrstuvwxyz");
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    pthread_t threads[4];
    size_t lines = 0;
    (void)state;
    open_log(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, write_lines, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (const char *at = read_log(); *at != '\0'; lines++) {
        const char *end = strchr(at, '\n');
        const char *begin = strstr(at, "Z info thread: abcdefghijklmnopqrstuvwxyz\n");
        assert_non_null(end);
        assert_true(begin != NULL && begin < end);
        at = end + 1;
    }
    assert_int_equal(lines, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_lines),
        cmocka_unit_test(json_lines),
        cmocka_unit_test(json_errors_have_their_context),
        cmocka_unit_test(measures_are_numbers),
        cmocka_unit_test(a_file_that_was_moved_is_made_anew),
        cmocka_unit_test(the_ring_keeps_the_newest),
        cmocka_unit_test(lines_of_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
