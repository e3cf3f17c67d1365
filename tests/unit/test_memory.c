/* Arenas, buffers, and the error value. */
#include "tests/lib/check.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/memory.h"

static void arenas_are_reused(void **state)
{
    struct arena arena = {.block_size = 1024};
    (void)state;
    for (int round = 0; round < 50; round++) {
        for (size_t size = 0; size < 3000; size += 37) {
            char *memory = arena_alloc(&arena, size);
            assert_int_equal((uintptr_t)memory % 16, 0);
            memset(memory, round, size);
        }
        assert_true(arena.used > 100000);
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
    arena_free(&arena);
    assert_null(arena.first);
}

static void a_huge_block_does_not_stay(void **state)
{
    struct arena arena = {0};
    (void)state;
    void *small = arena_alloc(&arena, 100);
    arena_alloc(&arena, 8u << 20);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 100), small);
    arena_free(&arena);
}

static void arena_texts(void **state)
{
    struct arena arena = {0};
    (void)state;
    assert_str(arena_format(&arena, "%d-%s", 5, "x"), "5-x");
    assert_null(arena_copy(&arena, STR_NULL).data);
    assert_str(arena_copy(&arena, STR("")), "");
    arena_free(&arena);
}

static void buffers_are_bounded(void **state)
{
    struct buffer buffer = {.max = 10};
    (void)state;
    buffer_append_text(&buffer, "12345");
    buffer_append_format(&buffer, "%d", 678);
    assert_true(buffer_ok(&buffer));
    buffer_append_text(&buffer, "9ab"); /* one too many */
    assert_false(buffer_ok(&buffer));
    assert_str(buffer_str(&buffer), "12345678");
    buffer_append_char(&buffer, 'x'); /* overflow sticks: no text with a hole */
    assert_str(buffer_str(&buffer), "12345678");
    buffer_clear(&buffer);
    assert_true(buffer_ok(&buffer));
    buffer_append_text(&buffer, "1234567890");
    assert_true(buffer_ok(&buffer));
    buffer_consume(&buffer, 4);
    assert_str(buffer_str(&buffer), "567890");
    buffer_free(&buffer);
    assert_str(buffer_str(&buffer), "");
}

static void errors_are_one_line(void **state)
{
    struct error err;
    (void)state;
    assert_false(error_set(&err, ERROR_INTERNAL, "a\nb\x1b[m\t%s", "c"));
    assert_string_equal(err.message, "a b [m c");
    assert_false(error_prefix(&err, "at %d", 5));
    assert_string_equal(err.message, "at 5: a b [m c");
    assert_false(error_suffix_request(&err));
    assert_string_equal(err.message, "at 5: a b [m c");
    snprintf(err.request_id, sizeof(err.request_id), "req_123");
    assert_false(error_suffix_request(&err));
    assert_string_equal(err.message, "at 5: a b [m c (request req_123)");
    memset(err.message, 'x', sizeof(err.message) - 1);
    assert_false(error_suffix_request(&err));
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_non_null(strstr(err.message, "x (request req_123)"));
    errno = ENOENT;
    assert_false(error_set_errno(&err, ERROR_USAGE, "open %s", "x"));
    assert_string_equal(err.message, "open x: No such file or directory");
    assert_int_equal(error_exit_code(&err), EX_USAGE);
    (void)error_set(&err, ERROR_JOURNAL_MISSING, "none");
    assert_int_equal(error_exit_code(&err), EX_CONFIG);
    (void)error_set(&err, ERROR_JOURNAL_NO_SUCH, "none");
    assert_int_equal(error_exit_code(&err), EX_DATAERR);
    (void)error_set(&err, ERROR_SOURCE_UNAVAILABLE, "down");
    assert_int_equal(error_exit_code(&err), EX_UNAVAILABLE);
    assert_false(error_set(NULL, ERROR_INTERNAL, "nobody listens"));
}

static void errors_end_at_a_character(void **state)
{
    struct error err;
    char text[400];
    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'x', sizeof(text));
        for (size_t at = lead; at + 4 < sizeof(text); at += 4)
            memcpy(text + at, "😀", 4);
        text[sizeof(text) - 1] = '\0';
        error_set(&err, ERROR_INTERNAL, "%s", text);
        size_t len = strlen(err.message);
        assert_int_equal((len - lead) % 4, 0);
        assert_true(len > sizeof(err.message) - 6);
    }
}

static void the_table_of_codes_holds(void **state)
{
    (void)state;
    for (int id = 1; id < ERROR_ID_COUNT; id++) {
        const struct error_info *info = error_info((enum error_id)id);
        enum error_id parsed = ERROR_NONE;
        enum error_class class;
        assert_true(error_id_parse(info->code, &parsed));
        assert_int_equal(parsed, id); /* no number twice */
        assert_true(error_class_parse(error_class_name(info->class), &class));
        assert_int_equal(class, info->class);
        assert_true(info->summary[0] != '\0' && info->cause[0] != '\0' && info->remedy[0] != '\0');
        if (id > 1) /* sorted by number */
            assert_true(strcmp(error_info((enum error_id)(id - 1))->code, info->code) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas_are_reused),
        cmocka_unit_test(a_huge_block_does_not_stay),
        cmocka_unit_test(arena_texts),
        cmocka_unit_test(buffers_are_bounded),
        cmocka_unit_test(errors_are_one_line),
        cmocka_unit_test(errors_end_at_a_character),
        cmocka_unit_test(the_table_of_codes_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
