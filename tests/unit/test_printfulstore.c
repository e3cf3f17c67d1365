/* What the simulated Printful holds and answers. */
#include "lib/check.h"

#include <stdio.h>

#include "lib/asking.h"
#include "sim/generator.h"
#include "sim/printful.h"
#include "sim/printfulstore.h"

struct fixture {
    struct sim_options options;
    struct printful_store store;
    struct asking asking;
};

static struct fixture *fixture_new(const char *const *argv)
{
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));
    struct error err = {0};
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    if (!sim_options_parse(OPTION_OF_PRINTFUL, argc, (char **)(uintptr_t)argv, &fixture->options,
                           &err) ||
        !printful_store_open(&fixture->options, &fixture->store, &err))
        fail_msg("%s", err.message);
    fixture->asking = (struct asking){.api = &printful_api,
                                      .context = &fixture->store,
                                      .options = &fixture->options,
                                      .authorization = "Bearer token"};
    return fixture;
}

#define FIXTURE(...) fixture_new((const char *const[]){"--now", "1800000000", __VA_ARGS__, NULL})

static void fixture_free(struct fixture *fixture)
{
    asking_end(&fixture->asking);
    printful_store_close(&fixture->store);
    test_free(fixture);
}

static void test_pages(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "205");
    struct asking *asking = &fixture->asking;
    int64_t before = INT64_MAX;
    size_t seen = 0;
    (void)state;
    for (unsigned offset = 0; offset < 300; offset += 100) {
        assert_int_equal(ask(asking, "/orders?limit=100&offset=%u", offset), 200);
        assert_int_equal(answer_int(asking, "paging.total"), 205);
        int count = answer_count(asking, "result");
        for (int i = 0; i < count; i++) {
            int64_t created =
                value_get(answer_item(asking, "result", (size_t)i), "created")->integer;
            assert_true(created <= before);
            before = created;
        }
        seen += (size_t)count;
    }
    assert_int_equal(seen, 205);
    /* One more, and every offset means another order. */
    const struct value *id = value_get(answer_item(asking, "result", 0), "id");
    int64_t was = id->integer;
    printful_store_add(&fixture->store, 1, NULL);
    assert_int_equal(ask(asking, "/orders?limit=100&offset=201"), 200);
    assert_int_equal(value_get(answer_item(asking, "result", 0), "id")->integer, was);
    assert_int_equal(ask(asking, "/orders?limit=101"), 400);
    fixture_free(fixture);
}

static void test_statuses(void **state)
{
    static const char *const statuses[] = {"fulfilled", "partial", "inprocess", "pending", "onhold",
                                           "draft",     "failed",  "canceled",  "archived"};
    struct fixture *fixture = FIXTURE("--generate", "400");
    int64_t sum = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        assert_int_equal(ask(&fixture->asking, "/orders?status=%s", statuses[i]), 200);
        int64_t total = answer_int(&fixture->asking, "paging.total");
        assert_true(total > 0);
        sum += total;
    }
    assert_int_equal(sum, 400);
    fixture_free(fixture);
}

static bool has_number(const struct value *costs)
{
    for (size_t i = 0; i < costs->map.count; i++) {
        if (costs->map.entries[i].value.kind == VALUE_DOUBLE)
            return true;
    }
    return false;
}

/* Numbers and strings stand beside each other, and sale ids are those of the other simulators. */
static void test_moods_and_links(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "300");
    size_t mixed = 0, linked = 0, shipments = 0;
    (void)state;
    for (size_t i = 0; i < 300; i++) {
        const struct record *record = shelf_at(fixture->store.orders, i);
        assert_int_equal(ask(&fixture->asking, "/orders/%s", record->id), 200);
        const struct value *costs = value_path(fixture->asking.answer, "result.costs");
        mixed += has_number(costs) && value_get(costs, "subtotal")->kind == VALUE_STRING;
        int parcels = answer_count(&fixture->asking, "result.shipments");
        shipments += parcels > 1;
        char sale[32];
        snprintf(sale, sizeof(sale), "%lld", (long long)generator_seed_id(1, i));
        linked += record->link != NULL && strcmp(record->link, sale) == 0;
    }
    assert_in_range(mixed, 50, 100);
    assert_in_range(linked, 240, 299);
    assert_true(shipments > 20);
    fixture_free(fixture);
}

static void test_by_external_id(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "30", "--link", "client_reference_id");
    struct session_plan plan;
    size_t found = 0;
    (void)state;
    for (size_t i = 0; i < 30; i++) {
        const struct record *record = shelf_at(fixture->store.orders, i);
        if (record->link == NULL || strncmp(record->link, "cart-", 5) != 0)
            continue;
        assert_int_equal(ask(&fixture->asking, "/orders/@%s", record->link), 200);
        assert_string_equal(answer_text(&fixture->asking, "result.external_id"), record->link);
        session_plan_make(&fixture->store.rules, (size_t)strtoul(record->link + 5, NULL, 10),
                          &plan);
        assert_true(plan.state == SESSION_PAID || plan.state == SESSION_REFUNDED);
        found++;
    }
    assert_true(found > 20);
    assert_int_equal(ask(&fixture->asking, "/orders/@nobody"), 404);
    fixture_free(fixture);
}

static void test_refusals(void **state)
{
    struct fixture *fixture =
        FIXTURE("--key", "right", "--store-needed", "--store", "77", "--permissions", "orders");
    struct asking *asking = &fixture->asking;
    (void)state;
    asking->authorization = "Basic cmlnaHQ6";
    assert_int_equal(ask(asking, "/orders"), 401);
    asking->authorization = "Bearer wrong";
    assert_int_equal(ask(asking, "/orders"), 401);
    asking->authorization = "Bearer right";
    assert_int_equal(ask(asking, "/orders"), 400);
    asking->store = "78";
    assert_int_equal(ask(asking, "/orders"), 403);
    assert_int_equal(answer_int(asking, "error.reason"), 403); /* a number, as theirs */
    asking->store = "77";
    assert_int_equal(ask(asking, "/orders"), 200);
    assert_int_equal(ask(asking, "/stores"), 403);
    asking->fault = "exhausted:retry_after=3";
    assert_int_equal(ask(asking, "/orders"), 429);
    assert_non_null(strstr(answer_text(asking, "error.message"), "after 3 seconds"));
    assert_string_equal(answer_header(asking, "X-Ratelimit-Remaining"), "0");
    assert_string_equal(answer_header(asking, "X-Ratelimit-Reset"), "3");
    asking->fault = "status:code=419";
    assert_int_equal(ask(asking, "/orders"), 419);
    fixture_free(fixture);
}

static void test_turn(void **state)
{
    struct fixture *fixture = FIXTURE("--generate", "9", "--items", "3");
    struct asking *asking = &fixture->asking;
    struct error err = {0};
    char id[32];
    (void)state;
    snprintf(id, sizeof(id), "%s", shelf_at(fixture->store.orders, 4)->id);
    assert_true(printful_store_turn(&fixture->store, id, "partial", &err));
    assert_int_equal(ask(asking, "/orders/%s", id), 200);
    assert_string_equal(answer_text(asking, "result.status"), "partial");
    assert_int_equal(answer_count(asking, "result.shipments"), 1);
    assert_int_equal(answer_int(asking, "result.updated"), 1800000000);
    assert_true(printful_store_turn(&fixture->store, id, "lost_in_space", &err));
    assert_int_equal(ask(asking, "/orders?status=lost_in_space"), 200);
    assert_int_equal(answer_int(asking, "paging.total"), 1);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),           cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_moods_and_links), cmocka_unit_test(test_by_external_id),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
