/* The tables of the words of Stripe and Printful, row by row. */
#include "tests/lib/check.h"

#include "model/sale.h"

/* --- Stripe --- */

static void a_session_rises_from_open_to_settled(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        const char *payment_status;
        int64_t rank;
    } cases[] = {
        {"open", "unpaid", 0},
        {"open", "no_payment_required", 0},
        {"complete", "unpaid", 1},
        {"complete", "paid", SESSION_RANK_SETTLED},
        {"complete", "no_payment_required", SESSION_RANK_SETTLED},
        {"expired", "unpaid", 1},
        {"expired", "no_payment_required", 1},
        {NULL, "paid", SESSION_RANK_SETTLED},
        {NULL, "unpaid", 0},
        {NULL, NULL, 0},
        {"complete", NULL, 1},
        {"complete", "someday", 1},
        {"someday", "paid", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(session_rank(str_from(cases[i].status), str_from(cases[i].payment_status)),
                         cases[i].rank);
}

static void a_currency_has_the_digits_stripe_gives_it(void **state)
{
    (void)state;
    static const struct {
        const char *currency;
        unsigned scale;
    } cases[] = {
        {"usd", 2}, {"eur", 2}, {"jpy", 0}, {"JPY", 0}, {"Krw", 0},  {"xpf", 0},
        {"kwd", 3}, {"KWD", 3}, {"tnd", 3}, {"isk", 2}, {"ugx", 2},  {"UGX", 2},
        {"huf", 2}, {"twd", 2}, {"zzz", 2}, {"", 2},    {"jpyx", 2}, {"jp", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(stripe_currency_scale(str_from(cases[i].currency)), cases[i].scale);
    assert_int_equal(stripe_currency_scale(STR_NULL), 2);
}

/* --- Printful --- */

static void a_printful_status_says_what_the_sale_is(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum sale_status sale;
        bool is_final;
    } cases[] = {
        {"draft", SALE_PROCESSING, false},  {"pending", SALE_PROCESSING, false},
        {"onhold", SALE_PROCESSING, false}, {"inprocess", SALE_PROCESSING, false},
        {"partial", SALE_SHIPPED, false},   {"fulfilled", SALE_DELIVERED, true},
        {"failed", SALE_FAILED, false},     {"canceled", SALE_CANCELLED, true},
        {"archived", SALE_DELIVERED, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool known = false;
        assert_int_equal(printful_status(str_from(cases[i].word), &known), cases[i].sale);
        assert_true(known);
        assert_int_equal(printful_status_is_final(str_from(cases[i].word)), cases[i].is_final);
    }
}

static void an_unknown_printful_status_is_processing_and_told(void **state)
{
    (void)state;
    static const char *const words[] = {"teleported", "Fulfilled", "cancelled", "", NULL};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        bool known = true;
        assert_int_equal(printful_status(str_from(words[i]), &known), SALE_PROCESSING);
        assert_false(known);
        assert_false(printful_status_is_final(str_from(words[i])));
    }
}

/* --- the sale --- */

static void a_sale_status_reads_back_from_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < SALE_STATUS_COUNT; i++) {
        enum sale_status status = SALE_STATUS_COUNT;
        assert_true(sale_status_parse(str_from(sale_status_name((enum sale_status)i)), &status));
        assert_int_equal(status, i);
    }
    enum sale_status untouched = SALE_FAILED;
    assert_false(sale_status_parse(STR("canceled"), &untouched));
    assert_false(sale_status_parse(STR_NULL, &untouched));
    assert_int_equal(untouched, SALE_FAILED);
}

#define P SALE_PROCESSING
#define S SALE_SHIPPED
#define D SALE_DELIVERED
#define F SALE_FAILED
#define C SALE_CANCELLED

static void several_printful_orders_fold_by_the_table(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        enum sale_status statuses[3];
        enum sale_status sale;
    } cases[] = {
        {1, {P}, P},       {1, {S}, S},       {1, {D}, D},       {1, {F}, F},       {1, {C}, C},
        {2, {C, C}, C},    {2, {C, P}, P},    {2, {C, S}, S},    {2, {D, C}, D},    {2, {C, F}, F},
        {2, {D, F}, F},    {2, {D, D}, D},    {2, {D, P}, S},    {2, {P, S}, S},    {2, {D, S}, S},
        {3, {P, P, P}, P}, {3, {C, D, P}, S}, {3, {F, D, S}, F}, {3, {D, C, D}, D},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(sale_fold(cases[i].statuses, cases[i].count), cases[i].sale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_rises_from_open_to_settled),
        cmocka_unit_test(a_currency_has_the_digits_stripe_gives_it),
        cmocka_unit_test(a_printful_status_says_what_the_sale_is),
        cmocka_unit_test(an_unknown_printful_status_is_processing_and_told),
        cmocka_unit_test(a_sale_status_reads_back_from_its_name),
        cmocka_unit_test(several_printful_orders_fold_by_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
