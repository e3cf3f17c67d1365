/* Generated orders: the same from the same seed, of the stated sizes, with every feature of the
 * census. */
#include "lib/check.h"

#include <stdio.h>

#include "sim/fieldvalue.h"
#include "sim/generator.h"
#include "sim/wire.h"
#include "source/firestore.pb-c.h"

#define SAMPLE 4000

static struct buffer body_of(const struct generator *generator, size_t index)
{
    struct buffer body = {.max = 1u << 20};
    generator_append(generator, index, &body);
    assert_true(buffer_ok(&body));
    return body;
}

static bool text_at(struct str body, const char *path, struct str *ret_text)
{
    struct str span;
    if (!field_find(body, path, &span))
        return false;
    struct field_value value = field_value_decode(span);
    *ret_text = value.bytes;
    return value.rank == RANK_STRING;
}

static void test_same_seed_same_document(void **state)
{
    struct generator *a = generator_new(SAMPLE, 7, 12);
    struct generator *b = generator_new(SAMPLE, 7, 12);
    struct generator *other = generator_new(SAMPLE, 8, 12);
    size_t different = 0;
    (void)state;
    for (size_t i = 0; i < SAMPLE; i += 37) {
        struct buffer x = body_of(a, i), y = body_of(b, i), z = body_of(other, i);
        assert_true(str_equal(buffer_str(&x), buffer_str(&y)));
        different += !str_equal(buffer_str(&x), buffer_str(&z));
        buffer_free(&x);
        buffer_free(&y);
        buffer_free(&z);
    }
    assert_true(different > SAMPLE / 37 - 2);
    generator_free(a);
    generator_free(b);
    generator_free(other);
}

/* (seed, index) decides, not how many there are. */
static void test_count_does_not_matter(void **state)
{
    struct generator *small = generator_new(1000, 3, 0);
    struct generator *large = generator_new(1000000, 3, 0);
    (void)state;
    for (size_t i = 0; i < 1000; i += 97) {
        struct buffer x = body_of(small, i), y = body_of(large, i);
        assert_true(str_equal(buffer_str(&x), buffer_str(&y)));
        buffer_free(&x);
        buffer_free(&y);
    }
    struct buffer last = body_of(large, 999999);
    struct str text = STR_NULL;
    assert_true(text_at(buffer_str(&last), "name", &text));
    assert_str(text, "#2000000");
    buffer_free(&last);
    generator_free(small);
    generator_free(large);
}

static void test_sizes(void **state)
{
    struct generator *generator = generator_new(SAMPLE, 1, 0);
    size_t sum = 0;
    (void)state;
    for (size_t i = 0; i < SAMPLE; i++) {
        size_t size = generator_size(generator, i);
        assert_in_range(size, 3000, 12000);
        sum += size;
    }
    print_message("mean size %zu bytes\n", sum / SAMPLE);
    assert_in_range(sum / SAMPLE, 7000, 9000);
    generator_free(generator);
}

static void test_ids_grow_and_are_found(void **state)
{
    struct generator *generator = generator_new(SAMPLE, 5, 0);
    char text[GENERATOR_ID_LENGTH + 1];
    size_t found;
    int64_t before = 0;
    (void)state;
    for (size_t i = 0; i < SAMPLE; i++) {
        assert_true(generator_id(generator, i) > before);
        before = generator_id(generator, i);
        generator_id_text(generator, i, text);
        assert_true(generator_find(generator, str_from(text), &found));
        assert_int_equal(found, i);
        assert_int_equal(generator_lower_bound(generator, str_from(text)), i);
    }
    assert_false(generator_find(generator, STR("5000000000000x"), &found));
    assert_false(generator_find(generator, STR("1"), &found));
    assert_int_equal(generator_lower_bound(generator, STR("9")), SAMPLE);
    assert_int_equal(generator_lower_bound(generator, STR("")), 0);
    generator_free(generator);
}

/* Every document is a well-formed Document whose id field, where it has one, is its id. */
static void test_documents_decode(void **state)
{
    struct generator *generator = generator_new(SAMPLE, 9, 12);
    (void)state;
    for (size_t i = 0; i < SAMPLE; i += 11) {
        struct buffer body = body_of(generator, i);
        struct str span;
        Google__Firestore__V1__Document *document =
            google__firestore__v1__document__unpack(NULL, body.len, (const uint8_t *)body.data);
        assert_non_null(document);
        assert_true(document->n_fields > 40);
        assert_int_equal(google__firestore__v1__document__get_packed_size(document), body.len);
        google__firestore__v1__document__free_unpacked(document, NULL);
        assert_true(generator_is_broken(generator, i) ||
                    field_find(buffer_str(&body), "id", &span));
        if (!generator_is_broken(generator, i)) {
            struct field_value id = field_value_decode(span);
            if (id.rank == RANK_NUMBER)
                assert_true((int64_t)id.number == generator_id(generator, i));
        }
        buffer_free(&body);
    }
    generator_free(generator);
}

/* Features that must occur, as text found anywhere in a document's bytes. */
static void test_census(void **state)
{
    static const char *const wanted[] = {"refund_line_items",
                                         "shipping_refund",
                                         "refund_discrepancy",
                                         "tracking_numbers",
                                         "tax_lines",
                                         "SOMMER10",
                                         "presentment_money",
                                         "JPY",
                                         "KWD",
                                         "BHD",
                                         "MGA",
                                         "note_attributes",
                                         "cancel_reason",
                                         "payment_terms",
                                         "sms_marketing_consent",
                                         "gift_card",
                                         "Tip",
                                         "Custom item",
                                         "returns",
                                         "return_line_items",
                                         "refund_shipping_lines",
                                         "harmonized_system_code",
                                         "current_quantity",
                                         "shopify_draft_order",
                                         "pos",
                                         "disabled",
                                         "山田",
                                         "Łódź",
                                         "فاطمة",
                                         "+1 (555)",
                                         "processing_method",
                                         "line_item_groups",
                                         "@Example.COM",
                                         "delivered",
                                         "failure",
                                         "-00:00",
                                         "line_item_groups",
                                         "partially_refunded",
                                         "🎁"};
    bool seen[sizeof(wanted) / sizeof(wanted[0])] = {0};
    struct generator *generator = generator_new(SAMPLE, 1, 0);
    (void)state;
    for (size_t i = 0; i < SAMPLE; i++) {
        struct buffer body = body_of(generator, i);
        for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++)
            seen[k] = seen[k] || memmem(body.data, body.len, wanted[k], strlen(wanted[k])) != NULL;
        buffer_free(&body);
    }
    for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++) {
        if (!seen[k])
            fail_msg("no order has \"%s\"", wanted[k]);
    }
    generator_free(generator);
}

/* Forms of the fields that vary most: how often each kind of value or absence occurs. */
static void test_variants(void **state)
{
    static const char *const paths[] = {"customer",   "email",           "id",
                                        "created_at", "billing_address", "discount_applications"};
    size_t ranks[6][RANK_MAP + 1] = {{0}};
    size_t missing[6] = {0};
    struct generator *generator = generator_new(SAMPLE, 1, 0);
    (void)state;
    for (size_t i = 0; i < SAMPLE; i++) {
        struct buffer body = body_of(generator, i);
        struct str span;
        for (size_t k = 0; k < 6; k++) {
            if (field_find(buffer_str(&body), paths[k], &span))
                ranks[k][field_value_decode(span).rank]++;
            else
                missing[k]++;
        }
        buffer_free(&body);
    }
    assert_true(ranks[0][RANK_NULL] > 0 && missing[0] > 0 && ranks[0][RANK_MAP] > SAMPLE / 2);
    assert_true(missing[1] > 0 && ranks[1][RANK_STRING] > SAMPLE / 2);
    assert_true(ranks[2][RANK_STRING] > 0 && ranks[2][RANK_NUMBER] > SAMPLE / 2);
    assert_true(ranks[3][RANK_TIME] > 0 && ranks[3][RANK_STRING] > SAMPLE / 2);
    assert_true(ranks[4][RANK_NULL] > 0 && missing[4] > 0);
    assert_true(ranks[5][RANK_MAP] > 0 && missing[5] > 0 && ranks[5][RANK_ARRAY] > SAMPLE / 2);
    generator_free(generator);
}

static void test_customers_repeat(void **state)
{
    struct generator *generator = generator_new(SAMPLE, 1, 0);
    size_t same = 0;
    (void)state;
    /* The same customer id has the same family name wherever it occurs. */
    for (size_t i = 0; i < 400; i++) {
        struct buffer x = body_of(generator, i);
        struct str id_x = STR_NULL, id_y = STR_NULL, name_x = STR_NULL, name_y = STR_NULL;
        for (size_t j = i + 1; j < 400 && field_find(buffer_str(&x), "customer.id", &id_x); j++) {
            struct buffer y = body_of(generator, j);
            if (field_find(buffer_str(&y), "customer.id", &id_y) && str_equal(id_x, id_y)) {
                same++;
                assert_true(text_at(buffer_str(&x), "customer.last_name", &name_x));
                assert_true(text_at(buffer_str(&y), "customer.last_name", &name_y));
                assert_true(str_equal(name_x, name_y));
            }
            buffer_free(&y);
        }
        buffer_free(&x);
    }
    assert_true(same > 20);
    generator_free(generator);
}

static void test_broken_places(void **state)
{
    struct generator *generator = generator_new(1000, 1, 12);
    size_t broken = 0;
    struct str text = STR_NULL;
    (void)state;
    for (size_t i = 0; i < 1000; i++)
        broken += generator_is_broken(generator, i);
    assert_int_equal(broken, 12);
    assert_true(generator_is_broken(generator, 41)); /* the middle of the first twelfth */
    struct buffer body = body_of(generator, 41);
    assert_true(text_at(buffer_str(&body), "total_price", &text));
    assert_str(text, "n/a");
    buffer_free(&body);
    generator_free(generator);
    generator = generator_new(5, 1, 100);
    for (size_t i = 0; i < 5; i++)
        assert_true(generator_is_broken(generator, i));
    generator_free(generator);
}

/* Money has the decimals of its currency. */
static void test_money_decimals(void **state)
{
    struct generator *generator = generator_new(SAMPLE, 2, 0);
    size_t seen[4] = {0};
    (void)state;
    for (size_t i = 0; i < SAMPLE; i++) {
        struct buffer body = body_of(generator, i);
        struct str currency = STR_NULL, total = STR_NULL;
        assert_true(text_at(buffer_str(&body), "currency", &currency));
        assert_true(text_at(buffer_str(&body), "total_price", &total));
        const char *point = memchr(total.data, '.', total.len);
        size_t decimals = point == NULL ? 0 : (size_t)(total.data + total.len - point - 1);
        size_t expected = 2;
        if (str_equal(currency, STR("JPY")))
            expected = 0;
        else if (str_equal(currency, STR("MGA")))
            expected = 1;
        else if (str_equal(currency, STR("KWD")) || str_equal(currency, STR("BHD")))
            expected = 3;
        assert_int_equal(decimals, expected);
        seen[decimals]++;
        buffer_free(&body);
    }
    for (size_t i = 0; i < 4; i++)
        assert_true(seen[i] > 0);
    generator_free(generator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_document),
        cmocka_unit_test(test_count_does_not_matter),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_ids_grow_and_are_found),
        cmocka_unit_test(test_documents_decode),
        cmocka_unit_test(test_census),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_customers_repeat),
        cmocka_unit_test(test_broken_places),
        cmocka_unit_test(test_money_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
