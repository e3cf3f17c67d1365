/* What the simulated Stripe answers: lists and their cursors, filters, items, eras, errors. */
#include "lib/check.h"

#include <stdio.h>

#include "lib/asking.h"
#include "sim/stripe.h"
#include "sim/stripestore.h"

#define NOW 1800000000
#define ITEM_COUNTS "0,1,10,11,100,101"

struct fixture {
    struct sim_options options;
    struct stripe_store store;
    struct asking asking;
};

static struct fixture *fixture_new(const char *const *argv)
{
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));
    struct error err = {0};
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    if (!sim_options_parse(OPTION_OF_STRIPE, argc, (char **)(uintptr_t)argv, &fixture->options,
                           &err) ||
        !stripe_store_open(&fixture->options, &fixture->store, &err))
        fail_msg("%s", err.message);
    fixture->asking = (struct asking){.api = &stripe_api,
                                      .context = &fixture->store,
                                      .options = &fixture->options,
                                      .authorization = "Bearer sk_test_key"};
    return fixture;
}

#define FIXTURE(...)                                                                               \
    fixture_new((const char *const[]){"--now", "1800000000", "--days", "10", __VA_ARGS__, NULL})

static void fixture_free(struct fixture *fixture)
{
    asking_end(&fixture->asking);
    stripe_store_close(&fixture->store);
    test_free(fixture);
}

static struct str item_text(const struct value *item, const char *key)
{
    const struct value *value = value_get(item, key);
    return value != NULL && value->kind == VALUE_STRING ? value->text : STR("");
}

/* Walks a list; returns how many elements it has. Each must be older than the one before. */
static size_t walk(struct asking *asking, const char *path, unsigned limit, const char *filter,
                   unsigned *ret_pages)
{
    char cursor[300] = "";
    size_t seen = 0;
    int64_t before = INT64_MAX;
    *ret_pages = 0;
    do {
        assert_int_equal(ask(asking, "%s?limit=%u%s%s", path, limit, filter, cursor), 200);
        int count = answer_count(asking, "data");
        for (int i = 0; i < count; i++) {
            int64_t created = value_get(answer_item(asking, "data", (size_t)i), "created")->integer;
            assert_true(created <= before);
            before = created;
        }
        if (count > 0)
            snprintf(cursor, sizeof(cursor), "&starting_after=%.*s",
                     STR_ARG(item_text(answer_item(asking, "data", (size_t)count - 1), "id")));
        seen += (size_t)count;
        ++*ret_pages;
    } while (answer_int(asking, "has_more") == 1);
    return seen;
}

static void test_walk(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "200");
    unsigned pages;
    (void)state;
    assert_int_equal(walk(&fixture->asking, "/v1/checkout/sessions", 100, "", &pages), 200);
    assert_int_equal(pages, 2); /* a full last page does not promise another one */
    assert_int_equal(walk(&fixture->asking, "/v1/checkout/sessions", 33, "", &pages), 200);
    assert_int_equal(pages, 7);
    assert_int_equal(ask(&fixture->asking, "/v1/checkout/sessions"), 200);
    assert_int_equal(answer_count(&fixture->asking, "data"), 10);
    fixture_free(fixture);
}

static void test_filters(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "300", "--mix", "50:10:10:10:10:10");
    struct asking *asking = &fixture->asking;
    unsigned pages;
    (void)state;
    size_t complete = walk(asking, "/v1/checkout/sessions", 100, "&status=complete", &pages);
    size_t open = walk(asking, "/v1/checkout/sessions", 100, "&status=open", &pages);
    size_t expired = walk(asking, "/v1/checkout/sessions", 100, "&status=expired", &pages);
    assert_int_equal(complete + open + expired, 300);
    assert_true(open > 0 && expired > 0 && complete > open + expired);
    /* Both bounds are moments of sessions: one each 2880 seconds. */
    int64_t from = NOW - 10 * 2880, to = NOW - 5 * 2880;
    const struct {
        const char *lower, *upper;
        size_t expected;
    } cases[] = {{"gte", "lte", 6}, {"gt", "lte", 5}, {"gte", "lt", 5}, {"gt", "lt", 4}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char filter[120];
        snprintf(filter, sizeof(filter), "&created[%s]=%lld&created[%s]=%lld", cases[i].lower,
                 (long long)from, cases[i].upper, (long long)to);
        assert_int_equal(walk(asking, "/v1/checkout/sessions", 2, filter, &pages),
                         cases[i].expected);
    }
    fixture_free(fixture);
}

static void test_backwards(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "20");
    struct asking *asking = &fixture->asking;
    char first[100], third[100];
    (void)state;
    assert_int_equal(ask(asking, "/v1/checkout/sessions?limit=4"), 200);
    snprintf(first, sizeof(first), "%.*s",
             STR_ARG(item_text(answer_item(asking, "data", 0), "id")));
    snprintf(third, sizeof(third), "%.*s",
             STR_ARG(item_text(answer_item(asking, "data", 2), "id")));
    assert_int_equal(ask(asking, "/v1/checkout/sessions?ending_before=%s&limit=10", third), 200);
    assert_int_equal(answer_count(asking, "data"), 2);
    assert_int_equal(answer_int(asking, "has_more"), 0);
    assert_true(str_equal(item_text(answer_item(asking, "data", 0), "id"), str_from(first)));
    fixture_free(fixture);
}

static void test_items(void **state)
{
    static const size_t counts[] = {0, 1, 10, 11, 100, 101};
    struct fixture *fixture = FIXTURE("--generate", "6", "--items", ITEM_COUNTS);
    struct asking *asking = &fixture->asking;
    char id[SESSION_ID_SIZE], path[200];
    unsigned pages;
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        size_t embedded = counts[i] < 10 ? counts[i] : 10, seen = 0;
        session_id(1, i, id);
        assert_int_equal(ask(asking, "/v1/checkout/sessions/%s?expand[]=line_items", id), 200);
        assert_int_equal(answer_count(asking, "line_items.data"), embedded);
        assert_int_equal(answer_int(asking, "line_items.has_more"), counts[i] > 10);
        assert_int_equal(ask(asking, "/v1/checkout/sessions/%s", id), 200);
        assert_null(value_get(asking->answer, "line_items"));
        snprintf(path, sizeof(path), "/v1/checkout/sessions/%s/line_items?limit=50", id);
        char cursor[100] = "";
        for (pages = 0;; pages++) {
            assert_int_equal(ask(asking, "%s%s", path, cursor), 200);
            int count = answer_count(asking, "data");
            seen += (size_t)count;
            if (answer_int(asking, "has_more") == 0)
                break;
            snprintf(cursor, sizeof(cursor), "&starting_after=%.*s",
                     STR_ARG(item_text(answer_item(asking, "data", (size_t)count - 1), "id")));
        }
        assert_int_equal(seen, counts[i]);
    }
    fixture_free(fixture);
}

/* The sums of a session are those of its items. */
static void test_sums(void **state)
{
    struct fixture *fixture =
        FIXTURE("--generate", "60", "--items", "1,3", "--mix", "100:0:0:0:0:0");
    struct asking *asking = &fixture->asking;
    (void)state;
    assert_int_equal(ask(asking, "/v1/checkout/sessions?limit=60&expand[]=data.line_items"), 200);
    for (size_t i = 0; i < 60; i++) {
        const struct value *session = answer_item(asking, "data", i);
        const struct value *items = value_path(session, "line_items.data");
        const struct value *currency = value_get(session, "currency");
        int64_t total = value_path(session, "total_details.amount_shipping")->integer;
        for (size_t k = 0; k < items->array.count; k++)
            total += value_get(&items->array.items[k], "amount_total")->integer;
        assert_int_equal(total, value_get(session, "amount_total")->integer);
        if (str_equal(currency->text, STR("isk")) || str_equal(currency->text, STR("ugx")))
            assert_int_equal(total % 100, 0);
        if (str_equal(currency->text, STR("kwd")))
            assert_int_equal(total % 10, 0);
    }
    fixture_free(fixture);
}

static void test_eras(void **state)
{
    static const struct {
        const char *version, *here, *there;
    } cases[] = {
        {"2020-08-27", "shipping.address.city", "shipping_details"},
        {"2022-11-15", "shipping_details.address.city", "collected_information"},
        {"2025-02-24.acacia", "shipping_details.address.city", "shipping"},
        {"2025-02-24.acacia", "collected_information.shipping_details.name", "shipping"},
        {"2025-03-31.basil", "collected_information.shipping_details.name", "shipping_details"},
        {NULL, "collected_information.shipping_details.name", "shipping_details"},
    };
    struct fixture *fixture = FIXTURE("--generate", "40", "--mix", "100:0:0:0:0:0");
    struct asking *asking = &fixture->asking;
    struct session_plan plan;
    char id[SESSION_ID_SIZE];
    size_t index = 0;
    (void)state;
    do
        session_plan_make(&fixture->store.rules, index++, &plan);
    while (!plan.shipped || !plan.presented);
    session_id(1, plan.index, id);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        asking->version = cases[i].version;
        assert_int_equal(ask(asking, "/v1/checkout/sessions/%s", id), 200);
        assert_string_not_equal(answer_text(asking, cases[i].here), "");
        assert_null(value_get(asking->answer, cases[i].there));
        bool old = cases[i].version != NULL && strcmp(cases[i].version, "2025-03-31") < 0;
        assert_string_equal(answer_text(asking, "currency"),
                            old ? plan.currency->presentment : plan.currency->code);
        assert_int_equal(value_get(asking->answer, "presentment_details") == NULL, old);
    }
    asking->version = "yesterday";
    assert_int_equal(ask(asking, "/v1/checkout/sessions/%s", id), 400);
    fixture_free(fixture);
}

static void test_refunds(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "50", "--mix", "0:0:0:0:0:100");
    struct asking *asking = &fixture->asking;
    char intent[SESSION_ID_SIZE];
    (void)state;
    for (size_t i = 0; i < 50; i++) {
        struct session_plan plan;
        int64_t sum = 0;
        session_plan_make(&fixture->store.rules, i, &plan);
        session_intent_id(1, i, intent);
        assert_int_equal(ask(asking, "/v1/refunds?payment_intent=%s", intent), 200);
        assert_int_equal(answer_count(asking, "data"), plan.refunds);
        for (size_t k = 0; k < plan.refunds; k++) {
            sum += value_get(answer_item(asking, "data", k), "amount")->integer;
            assert_true(value_get(answer_item(asking, "data", k), "created")->integer <= NOW);
        }
        assert_int_equal(sum, plan.refunded);
        assert_true(sum <= plan.total);
    }
    fixture_free(fixture);
}

static void test_errors(void **state)
{
    static const struct {
        const char *path;
        unsigned status;
        const char *code, *param;
    } cases[] = {
        {"/v1/checkout/sessions/cs_gone", 404, "resource_missing", "session"},
        {"/v1/checkout/sessions/cs_gone/line_items", 404, "resource_missing", "session"},
        {"/v1/checkout/sessions?starting_after=cs_gone", 400, "resource_missing", "starting_after"},
        {"/v1/checkout/sessions?limit=101", 400, "parameter_invalid_integer", "limit"},
        {"/v1/checkout/sessions?limit=ten", 400, "parameter_invalid_integer", "limit"},
        {"/v1/checkout/sessions?payment_status=paid", 400, "parameter_unknown", "payment_status"},
        {"/v1/checkout/sessions?expand[]=line_items", 400, "", "expand"},
        {"/v1/customers", 404, "", ""},
    };
    struct fixture *fixture = FIXTURE("--generate", "3");
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(ask(&fixture->asking, "%s", cases[i].path), cases[i].status);
        assert_string_equal(answer_text(&fixture->asking, "error.code"), cases[i].code);
        assert_string_equal(answer_text(&fixture->asking, "error.param"), cases[i].param);
        assert_string_equal(answer_text(&fixture->asking, "error.type"), "invalid_request_error");
    }
    fixture_free(fixture);
}

static void test_admission(void **state)
{
    struct fixture *fixture = FIXTURE("--key", "rk_test_right", "--permissions", "sessions");
    struct asking *asking = &fixture->asking;
    (void)state;
    asking->authorization = NULL;
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 401);
    asking->authorization = "Bearer rk_test_wrong_key_5678";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 401);
    assert_null(strstr(answer_text(asking, "error.message"), "wrong"));
    asking->authorization = "Bearer rk_test_right";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 200);
    assert_int_equal(ask(asking, "/v1/refunds"), 403);
    asking->authorization = "Basic cmtfdGVzdF9yaWdodDo="; /* rk_test_right: */
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 200);
    assert_memory_equal(answer_header(asking, "Request-Id"), "req_", 4);
    asking->method = "POST";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 405);
    fixture_free(fixture);
}

static void test_faults(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "12");
    struct asking *asking = &fixture->asking;
    char id[100];
    (void)state;
    asking->fault = "exhausted:retry_after=2,reason=global-rate";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 429);
    assert_string_equal(answer_header(asking, "Retry-After"), "2");
    assert_string_equal(answer_header(asking, "Stripe-Rate-Limited-Reason"), "global-rate");
    asking->fault = "exhausted";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 429);
    assert_string_equal(answer_header(asking, "Retry-After"), "");
    asking->fault = "legacy";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 400);
    assert_string_equal(answer_text(asking, "error.code"), "rate_limit");
    asking->fault = "lock";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 429);
    assert_string_equal(answer_text(asking, "error.code"), "lock_timeout");
    asking->fault = "status:code=424";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 424);
    asking->fault = "html";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 502);
    assert_null(asking->answer);
    asking->fault = "truncate";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 200);
    assert_null(asking->answer);
    asking->fault = "empty";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 200);
    assert_int_equal(answer_count(asking, "data"), 0);
    assert_int_equal(answer_int(asking, "has_more"), 1);
    asking->fault = "redirect";
    assert_int_equal(ask(asking, "/v1/checkout/sessions"), 302);
    assert_memory_equal(answer_header(asking, "Location"), "http://localhost:", 17);
    asking->fault = "arrive:more=3";
    assert_int_equal(ask(asking, "/v1/checkout/sessions?limit=100"), 200);
    assert_int_equal(answer_count(asking, "data"), 15);
    asking->fault = NULL;
    assert_int_equal(ask(asking, "/v1/checkout/sessions?limit=5"), 200);
    snprintf(id, sizeof(id), "%.*s", STR_ARG(item_text(answer_item(asking, "data", 4), "id")));
    asking->fault = "vanish";
    assert_int_equal(ask(asking, "/v1/checkout/sessions?starting_after=%s", id), 400);
    asking->fault = NULL;
    assert_int_equal(ask(asking, "/v1/checkout/sessions?starting_after=%s", id), 400);
    assert_int_equal(ask(asking, "/v1/checkout/sessions/%s", id), 404);
    fixture_free(fixture);
}

/* A session that is paid late, and one that leaves the filter its cursor was given for. */
static void test_turn(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "4", "--mix", "0:0:100:0:0:0");
    struct asking *asking = &fixture->asking;
    struct error err = {0};
    char id[SESSION_ID_SIZE];
    (void)state;
    session_id(1, 2, id);
    assert_int_equal(ask(asking, "/v1/checkout/sessions?status=open&starting_after=%s", id), 200);
    assert_true(stripe_store_turn(&fixture->store, id, SESSION_UNPAID, &err));
    assert_int_equal(ask(asking, "/v1/checkout/sessions?status=open&starting_after=%s", id), 400);
    assert_int_equal(ask(asking, "/v1/checkout/sessions/%s", id), 200);
    assert_string_equal(answer_text(asking, "status"), "complete");
    assert_string_equal(answer_text(asking, "payment_status"), "unpaid");
    int64_t created = answer_int(asking, "created");
    assert_true(stripe_store_turn(&fixture->store, id, SESSION_PAID, &err));
    assert_int_equal(ask(asking, "/v1/checkout/sessions/%s", id), 200);
    assert_string_equal(answer_text(asking, "payment_status"), "paid");
    assert_int_equal(answer_int(asking, "created"), created);
    assert_false(stripe_store_turn(&fixture->store, "cs_gone", SESSION_PAID, &err));
    fixture_free(fixture);
}

/* Loaded text keeps its digits and its order. */
static void test_load(void **state)
{
    static const char session[] = "{\"object\":\"checkout.session\", \"id\":\"cs_1\",\"created\":5,"
                                  "\"amount_total\":1.50,\"big\":123456789012345678901,"
                                  "\"line_items\":{\"object\":\"list\",\"has_more\":true,"
                                  "\"data\":[{\"id\":\"li_1\"},{\"id\":\"li_2\"}]}}";
    struct fixture *fixture = FIXTURE("--generate", "0");
    struct asking *asking = &fixture->asking;
    (void)state;
    stripe_store_take(&fixture->store, str_from(session));
    stripe_store_take(&fixture->store, STR("{\"object\":\"event\",\"data\":{\"object\":{\"object\":"
                                           "\"refund\",\"id\":\"re_1\",\"created\":9,\"payment_"
                                           "intent\":{\"id\":\"pi_1\"}}}}"));
    stripe_store_take(&fixture->store, STR("{\"object\":\"customer\",\"id\":\"cus_1\"}"));
    assert_int_equal(fixture->store.loaded, 2);
    assert_int_equal(fixture->store.passed, 1);
    assert_int_equal(ask(asking, "/v1/checkout/sessions/cs_1?expand[]=line_items"), 200);
    assert_string_equal(asking->call.body.data, session);
    assert_int_equal(ask(asking, "/v1/checkout/sessions/cs_1/line_items?starting_after=li_1"), 200);
    assert_int_equal(answer_count(asking, "data"), 1);
    assert_int_equal(ask(asking, "/v1/refunds?payment_intent=pi_1"), 200);
    assert_int_equal(answer_count(asking, "data"), 1);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),    cmocka_unit_test(test_filters),
        cmocka_unit_test(test_items),   cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_sums),    cmocka_unit_test(test_eras),
        cmocka_unit_test(test_refunds), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_turn),    cmocka_unit_test(test_admission),
        cmocka_unit_test(test_faults),  cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
