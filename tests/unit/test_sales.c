/* Every public body of Stripe and Printful: rows, refused with its reason, or no sale and so passed
 * over. The outcomes stand here by file. */
#include "tests/lib/check.h"

#include "model/json.h"
#include "model/loss.h"
#include "model/redact.h"
#include "model/transform.h"
#include "tests/lib/bodies.h"
#include "tests/lib/samples.h"

struct expected {
    const char *file;     /* how its name begins */
    const char *outcomes; /* of its documents in order; "": it holds none */
};

/* OS-2107, OS-2108, OS-2109: open, expired, set up. OS-2100: another object. */
static const struct expected stripe_outcomes[] = {
    {"002", "OS-2107"},       {"003", "OS-2108"}, {"004", "lands"},
    {"005", "OS-2107"},       {"006", "OS-2107"}, {"007", "OS-2107"},
    {"008", "OS-2107"},       {"009", "OS-2107"}, {"010", "OS-2107"},
    {"023", "OS-2107"},       {"024", "OS-2107"}, {"025", "OS-2107"},
    {"026", "OS-2107"},       {"027", "OS-2107"}, {"028", "OS-2107"},
    {"029", "OS-2107"},       {"030", "OS-2107"}, {"031", "OS-2108"},
    {"032", "OS-2107"},       {"033", "OS-2107"}, {"034", "OS-2107"},
    {"035", "OS-2107"},       {"036", "OS-2107"}, {"037", "OS-2107"},
    {"038", "OS-2107"},       {"039", "OS-2108"}, {"040", "OS-2108"},
    {"041", "OS-2108"},       {"042", "OS-2108"}, {"043", "OS-2107"},
    {"044", "OS-2107"},       {"045", "OS-2107"}, {"046", "lands lands"},
    {"047", "OS-2107 lands"}, {"048", "OS-2100"}, {"049", "OS-2100"},
    {"061", "OS-2109"},       {"063", "OS-2107"}, {"064", "OS-2107"},
    {"068", "lands"},         {"085", "OS-2100"}, {"086", "lands"},
    {"087", "OS-2100"},       {"088", "OS-2100"}, {"089", "lands"},
    {"091", "OS-2100"},       {"092", "OS-2100"}, {"093", "OS-2100"},
    {"094", "OS-2100"},       {"095", ""},        {"096", "OS-2100"},
    {"097", "OS-2100"},       {"102", "OS-2100"}, {"103", "OS-2100"},
    {"104", "OS-2100"},       {"105", "OS-2100"}, {"109", "OS-2100"},
    {"110", "OS-2100"},       {"111", "OS-2100"}, {"112", "OS-2100"},
    {"113", "OS-2100"},       {"114", "OS-2100"}, {"115", "OS-2100"},
    {"116", "OS-2100"},       {"117", "OS-2100"}, {"118", "OS-2100"},
    {"119", "OS-2100"},
};

/* OS-2105: without id. */
static const struct expected printful_outcomes[] = {
    {"002", "lands"}, {"003", "lands"}, {"004", "lands"},   {"005", "lands"},   {"006", "lands"},
    {"007", "lands"}, {"008", "lands"}, {"009", "lands"},   {"010", "lands"},   {"018", "lands"},
    {"019", "lands"}, {"020", "lands"}, {"021", "OS-2105"}, {"023", ""},        {"024", "lands"},
    {"025", "lands"}, {"032", "lands"}, {"033", "lands"},   {"034", "lands"},   {"035", "lands"},
    {"036", "lands"}, {"038", "lands"}, {"044", "OS-2105"}, {"045", "OS-2105"}, {"046", "OS-2105"},
};

/* --- what lands --- */

static void check_stored(const char *name, const struct change *change, struct arena *arena)
{
    struct error err = {0};
    const struct value *stored;
    const struct value *again;
    if (!json_parse(change->json, arena, &stored, &err) ||
        !loss_restore(stored, change->loss, arena, &again, &err))
        fail_msg("%s: %s", name, err.message);
    if (!value_equal(change->document.content, again))
        fail_msg("%s: document and loss are another tree", name);
}

static void check_rows(const char *name, const struct change *change)
{
    for (int id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = table_get((enum table_id)id);
        const struct row_list *list = &change->order.tables[id];
        for (size_t i = 0; i < list->count; i++) {
            for (size_t key = 0; key < table->key_count; key++)
                assert_non_null(list->rows[i].cells[key].data);
            if (i > 0 && row_key_compare(table, &list->rows[i - 1], &list->rows[i]) >= 0)
                fail_msg("%s: rows of %s are not sorted or not unique", name, table->name);
        }
    }
    bool attached = change->document.source == SOURCE_PRINTFUL;
    assert_int_equal(change->attachment.present, attached);
    assert_int_equal(change->order.tables[TABLE_ORDERS].count, attached ? 0 : 1);
}

/* What was erased must transform again: it is what the target holds. */
static void check_redacted(const char *name, struct document document, struct change *change,
                           struct arena *arena)
{
    struct error err = {0};
    redact_change(change, arena);
    if (!json_parse(change->json, arena, &document.content, &err) ||
        !transform_document(&document, arena, change, &err))
        fail_msg("%s, redacted: %s", name, err.message);
}

/* --- the lists --- */

static const char *outcome_of(const char *name, const struct document *document,
                              struct arena *arena)
{
    struct change change;
    struct error err = {0};
    if (!transform_document(document, arena, &change, &err)) {
        assert_int_equal(error_class(&err), CLASS_INVALID_DATA);
        return error_info(err.id)->code;
    }
    check_stored(name, &change, arena);
    check_rows(name, &change);
    check_redacted(name, *document, &change, arena);
    return "lands";
}

struct listing {
    enum source_kind source;
    const struct expected *expected;
    size_t count;
    size_t at;
};

static void check_body(void *context, const char *name, struct str text)
{
    struct listing *listing = context;
    struct arena arena = {0};
    struct document documents[SAMPLES_MAX];
    struct buffer outcomes = {.max = 4096};
    assert_true(listing->at < listing->count);
    const struct expected *expected = &listing->expected[listing->at++];
    if (strncmp(name, expected->file, strlen(expected->file)) != 0)
        fail_msg("%s stands where %s- is expected", name, expected->file);
    size_t count = samples_of(listing->source, text, &arena, documents);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(&outcomes, "%s%s", i == 0 ? "" : " ",
                             outcome_of(name, &documents[i], &arena));
    if (!str_equal(buffer_str(&outcomes), str_from(expected->outcomes)))
        fail_msg("%s: \"%.*s\", not \"%s\"", name, STR_ARG(buffer_str(&outcomes)),
                 expected->outcomes);
    buffer_free(&outcomes);
    arena_free(&arena);
}

static void check_bodies(struct listing listing)
{
    if (bodies_each(source_kind_name(listing.source), check_body, &listing) == 0)
        skip();
    assert_int_equal(listing.at, listing.count);
}

#define LENGTH(list) (sizeof(list) / sizeof((list)[0]))

static void every_body_of_stripe(void **state)
{
    (void)state;
    check_bodies((struct listing){SOURCE_STRIPE, stripe_outcomes, LENGTH(stripe_outcomes), 0});
}

static void every_body_of_printful(void **state)
{
    (void)state;
    check_bodies(
        (struct listing){SOURCE_PRINTFUL, printful_outcomes, LENGTH(printful_outcomes), 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_body_of_stripe),
        cmocka_unit_test(every_body_of_printful),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
