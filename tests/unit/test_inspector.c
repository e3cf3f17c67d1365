/* The Inspector's document tree: folding, and search through what is folded and not through what is
 * masked. */
#include "lib/check.h"

#include "base/text.h"
#include "model/json.h"
#include "ui/inspector.h"

static const char json[] =
    "{\"id\":9007199254740993,\"name\":\"#1042\",\"email\":\"jo@example.test\","
    "\"total_price\":12.10,\"line_items\":[{\"id\":91,\"title\":\"Mug\"},"
    "{\"id\":92,\"title\":\"Green Tea\"},{\"id\":93,\"title\":\"Teapot\"}]}";

struct room {
    struct inspector inspector;
    struct lookup_reply document;
};

static int setup(void **state)
{
    struct room *room = memory_zero(1, sizeof(*room));
    struct lookup_reply *reply = &room->document;
    reply->found = true;
    reply->ok = json_parse(str_from(json), &reply->arena, &reply->document.content, &reply->error);
    room->inspector.source = SOURCE_FIRESTORE;
    room->inspector.document = reply;
    room->inspector.tab = TAB_DOCUMENT;
    room->inspector.mask = STR("***");
    *state = room;
    return reply->ok ? 0 : -1;
}

static int teardown(void **state)
{
    struct room *room = *state;
    arena_free(&room->document.arena);
    arena_free(&room->inspector.arena);
    free(room->inspector.lines.items);
    free(room);
    return 0;
}

static void build(struct inspector *inspector)
{
    arena_reset(&inspector->arena);
    inspector->lines.count = 0;
    inspector_document(inspector, NULL);
}

static const struct inspector_line *line_holding(const struct inspector *inspector,
                                                 const char *words)
{
    for (size_t i = 0; i < inspector->lines.count; i++)
        if (text_holds(inspector->lines.items[i].text, str_from(words)))
            return &inspector->lines.items[i];
    return NULL;
}

static const struct inspector_line *line_of(const struct inspector *inspector, uint64_t node)
{
    for (size_t i = 0; i < inspector->lines.count; i++)
        if (inspector->lines.items[i].node == node)
            return &inspector->lines.items[i];
    return NULL;
}

static void branches_fold_and_unfold(void **state)
{
    struct inspector *inspector = &((struct room *)*state)->inspector;
    build(inspector);
    assert_int_equal(inspector->lines.count, 5);
    const struct inspector_line *items = line_holding(inspector, "+ line_items  [3]");
    assert_non_null(items);
    assert_true(items->branch);
    inspector_toggle(inspector, items->node);
    build(inspector);
    assert_int_equal(inspector->lines.count, 8); /* its items, folded */
    assert_non_null(line_holding(inspector, "- line_items  [3]"));
    assert_non_null(line_holding(inspector, "+ [1]  {2}"));
    inspector->unfold_all = true;
    inspector->fold_count = 0;
    build(inspector);
    assert_int_equal(inspector->lines.count, 14);
}

static void numbers_are_exact_and_personal_ones_masked(void **state)
{
    struct inspector *inspector = &((struct room *)*state)->inspector;
    build(inspector);
    assert_non_null(line_holding(inspector, "id: 9007199254740993"));
    assert_non_null(line_holding(inspector, "total_price: 12.10"));
    assert_non_null(line_holding(inspector, "email: ***"));
    inspector->mask = STR_NULL;
    build(inspector);
    assert_non_null(line_holding(inspector, "email: \"jo@example.test\""));
}

static void search_opens_what_hides_a_hit(void **state)
{
    struct inspector *inspector = &((struct room *)*state)->inspector;
    uint64_t node = 0;
    assert_true(inspector_find(inspector, STR("TEA"), 0, &node));
    build(inspector);
    assert_non_null(line_of(inspector, node));
    assert_true(text_holds(line_of(inspector, node)->text, STR("Green Tea")));
    uint64_t first = node;
    assert_true(inspector_find(inspector, STR("tea"), node, &node));
    build(inspector);
    assert_true(text_holds(line_of(inspector, node)->text, STR("Teapot")));
    assert_true(inspector_find(inspector, STR("tea"), node, &node)); /* around the end */
    assert_true(node == first);
    assert_null(line_holding(inspector, "Mug")); /* no other item was opened */
}

static void search_finds_keys_and_numbers(void **state)
{
    struct inspector *inspector = &((struct room *)*state)->inspector;
    uint64_t node = 0;
    assert_true(inspector_find(inspector, STR("TOTAL_"), 0, &node));
    build(inspector);
    assert_true(text_holds(line_of(inspector, node)->text, STR("total_price: 12.10")));
    assert_true(inspector_find(inspector, STR("40993"), 0, &node));
    assert_true(text_holds(line_of(inspector, node)->text, STR("id: 9007")));
    assert_false(inspector_find(inspector, STR("no such words"), 0, &node));
}

static void search_tells_nothing_of_what_is_masked(void **state)
{
    struct inspector *inspector = &((struct room *)*state)->inspector;
    uint64_t node = 0;
    assert_false(inspector_find(inspector, STR("jo@example"), 0, &node));
    inspector->mask = STR_NULL;
    assert_true(inspector_find(inspector, STR("jo@example"), 0, &node));
}

static void lines_are_searched_round(void **state)
{
    struct inspector *inspector = &((struct room *)*state)->inspector;
    uint64_t line = 0;
    assert_false(inspector_find_line(inspector, STR("x"), 0, &line)); /* there is none */
    build(inspector);
    assert_true(inspector_find_line(inspector, STR("NAME"), 0, &line)); /* keys are sorted */
    assert_int_equal(line, 3);
    assert_true(inspector_find_line(inspector, STR("email"), 3, &line));
    assert_int_equal(line, 0);
    assert_false(inspector_find_line(inspector, STR("title"), 0, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(branches_fold_and_unfold, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_exact_and_personal_ones_masked, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(search_opens_what_hides_a_hit, setup, teardown),
        cmocka_unit_test_setup_teardown(search_finds_keys_and_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(search_tells_nothing_of_what_is_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_are_searched_round, setup, teardown),
    };
    return cmocka_run_group_tests_name("inspector", tests, NULL, NULL);
}
