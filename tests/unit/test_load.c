/* Loading JSON: wrappers, ids, exact integers, errors. */
#include "lib/check.h"

#include <stdio.h>
#include <unistd.h>

#include "sim/fieldvalue.h"
#include "sim/load.h"

struct seen {
    struct buffer ids;
    int64_t number; /* the field "n" of the last one */
    int64_t last_us;
};

static bool on_order(void *context, struct str id, struct str fields, int64_t update_us,
                     struct error *err)
{
    struct seen *seen = context;
    struct str span;
    (void)err;
    buffer_append_str(&seen->ids, id);
    buffer_append_char(&seen->ids, ' ');
    if (field_find(fields, "n", &span))
        seen->number = field_value_decode(span).integer;
    assert_true(update_us > seen->last_us || seen->last_us == 0);
    seen->last_us = update_us;
    return true;
}

struct folder {
    char path[64];
    char file[96];
};

static void folder_make(struct folder *folder, const char *name, const char *text)
{
    snprintf(folder->path, sizeof(folder->path), "/tmp/ordersync-load-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path, name);
    FILE *file = fopen(folder->file, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void folder_remove(const struct folder *folder)
{
    unlink(folder->file);
    rmdir(folder->path);
}

/* Loads the folder; the ids seen, or the error. */
static bool load(const struct folder *folder, struct seen *seen, struct error *err)
{
    size_t count = 0;
    *seen = (struct seen){.ids = {.max = 10000}};
    return load_path(folder->path, on_order, seen, &count, err);
}

static void test_shapes(void **state)
{
    static const struct {
        const char *text, *ids;
    } cases[] = {
        {"{\"id\":5123,\"n\":1}", "5123 "},
        {"{\"order\":{\"id\":5123}}", "5123 "},
        {"{\"orders\":[{\"id\":1},{\"id\":2},{\"name\":\"x\"}]}", "1 2 some-3 "},
        {"[{\"id\":1},{\"id\":2}]", "1 2 "},
        {"{\"orders\":[]}", ""},
        {"{\"id\":\"text-fake\"}", "text-fake "},
        {"{\"id\":\"a/b\"}", "some "}, /* no id can have a slash */
        {"{\"id\":\"\"}", "some "},
        {"{\"id\":1.5}", "some "},
        {"{\"name\":\"x\",\"order\":7}", "some "},
        {"{\"id\":820982911946154508}", "820982911946154508 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct folder folder;
        struct seen seen;
        struct error err = {0};
        folder_make(&folder, "some.json", cases[i].text);
        if (!load(&folder, &seen, &err))
            fail_msg("%s: %s", cases[i].text, err.message);
        assert_str(buffer_str(&seen.ids), cases[i].ids);
        buffer_free(&seen.ids);
        folder_remove(&folder);
    }
}

static void test_integers_are_exact(void **state)
{
    struct folder folder;
    struct seen seen;
    struct error err = {0};
    (void)state;
    folder_make(&folder, "some.json", "{\"id\":1,\"n\":9007199254740993}");
    assert_true(load(&folder, &seen, &err));
    assert_int_equal(seen.number, 9007199254740993);
    buffer_free(&seen.ids);
    folder_remove(&folder);
}

static void test_errors(void **state)
{
    static const char *const bad[] = {"", "{", "7", "[1]", "{\"orders\":[{\"id\":1},2]}"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct folder folder;
        struct seen seen;
        struct error err = {0};
        folder_make(&folder, "some.json", bad[i]);
        assert_false(load(&folder, &seen, &err));
        assert_non_null(strstr(err.message, "some.json"));
        buffer_free(&seen.ids);
        folder_remove(&folder);
    }
}

/* Other files of a folder are left alone; a path that is not there is an error. */
static void test_which_files(void **state)
{
    struct folder folder;
    struct seen seen;
    struct error err = {0};
    size_t count = 7;
    (void)state;
    folder_make(&folder, "INDEX.csv", "not JSON");
    assert_true(load(&folder, &seen, &err));
    assert_int_equal(seen.ids.len, 0);
    folder_remove(&folder);
    assert_false(load_path(folder.path, on_order, &seen, &count, &err));
    assert_int_equal(err.id, ERROR_SIM_LOAD);
    assert_int_equal(count, 7);
    buffer_free(&seen.ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_integers_are_exact),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_which_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
