/* Cutting a collection by PartitionQuery, which answers for every collection of the same id: pages
 * in no order, points of other parents and points twice. The server is the test's. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/fake_settings.h"
#include "lib/puppet.h"
#include "source/firestore.pb-c.h"
#include "source/source.h"

#define ROOT "projects/shop-1/databases/(default)/documents/"

struct world {
    struct puppet *puppet;
    struct source *source;
    bool done;
    char **points;
    size_t count;
    struct error error;
};

static void on_split(void *context, char **take_points, size_t count, const struct error *err)
{
    struct world *world = context;
    world->done = true;
    world->points = take_points;
    world->count = count;
    if (err != NULL)
        world->error = *err;
}

static void world_open(struct world *world, const char *collection, size_t want)
{
    char host[32];
    struct error err;
    *world = (struct world){.puppet = puppet_new(host)};
    struct setting_override overrides[] = {{"firestore_emulator_host", host},
                                           {"project", "shop-1"},
                                           {"collection", collection},
                                           {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    assert_true(source_firestore.open(settings, &world->source, &err));
    settings_free(settings);
    source_firestore.split(world->source, want, on_split, world);
}

static void world_close(struct world *world)
{
    for (size_t i = 0; i < world->count; i++)
        free(world->points[i]);
    free(world->points);
    source_firestore.close(world->source);
    puppet_free(world->puppet);
}

static void step(struct world *world)
{
    puppet_step(world->puppet);
    source_firestore.step(world->source, 1000);
}

static struct puppet_stream *request(struct world *world, size_t index, const char *method)
{
    for (int i = 0; i < 5000 && (puppet_count(world->puppet) <= index ||
                                 !puppet_stream(world->puppet, index)->half_closed);
         i++)
        step(world);
    struct puppet_stream *stream = puppet_stream(world->puppet, index);
    assert_non_null(strstr(stream->path, method));
    return stream;
}

static void wait_done(struct world *world)
{
    for (int i = 0; i < 5000 && !world->done; i++)
        step(world);
    assert_true(world->done);
    assert_int_equal(world->error.id, ERROR_NONE);
}

/* The first id is known; the last one needs an index that is not there. */
static void answer_edges(struct world *world, const char *collection)
{
    char name[256];
    char message[320];
    struct puppet_stream *first = request(world, 0, "/RunQuery");
    int len = snprintf(name, sizeof(name), ROOT "%s/100", collection);
    /* RunQueryResponse {document {name}, read_time {}} */
    int total = snprintf(message, sizeof(message), "%c%c%c%c%s%c%c", 0x0a, len + 2, 0x0a, len, name,
                         0x1a, 0);
    puppet_message(first, (struct str){message, (size_t)total});
    puppet_end(first, "0", "");
    puppet_end(request(world, 1, "/RunQuery"), "9", "The query requires an index");
}

static void answer_partitions(struct puppet_stream *stream, const char *const *names, size_t count,
                              const char *token)
{
    typedef Google__Firestore__V1__Cursor pb_cursor;
    Google__Firestore__V1__PartitionQueryResponse response =
        GOOGLE__FIRESTORE__V1__PARTITION_QUERY_RESPONSE__INIT;
    struct arena arena = {.block_size = 0};
    pb_cursor **cursors = arena_alloc(&arena, (count + 1) * sizeof(*cursors));
    for (size_t i = 0; i < count; i++) {
        Google__Firestore__V1__Value *value = arena_alloc(&arena, sizeof(*value));
        Google__Firestore__V1__Value **values = arena_alloc(&arena, sizeof(*values));
        google__firestore__v1__value__init(value);
        value->value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_REFERENCE_VALUE;
        value->reference_value = (char *)(uintptr_t)names[i];
        values[0] = value;
        cursors[i] = arena_alloc(&arena, sizeof(**cursors));
        google__firestore__v1__cursor__init(cursors[i]);
        cursors[i]->values = values;
        cursors[i]->n_values = 1;
    }
    response.partitions = cursors;
    response.n_partitions = count;
    response.next_page_token = (char *)(uintptr_t)token;
    size_t len = google__firestore__v1__partition_query_response__get_packed_size(&response);
    uint8_t *bytes = arena_alloc(&arena, len);
    google__firestore__v1__partition_query_response__pack(&response, bytes);
    puppet_message(stream, (struct str){(const char *)bytes, len});
    puppet_end(stream, "0", "");
    arena_free(&arena);
}

static void test_partitions(void **state)
{
    static const char *const page1[] = {ROOT "shops/acme/Orders/700", ROOT "Orders/500",
                                        ROOT "shops/acme/Orders/300",
                                        ROOT "shops/acme/Orders/300/deep/Orders"};
    static const char *const page2[] = {ROOT "shops/acme/Orders/300", ROOT "shops/acme/Orders/200",
                                        ROOT "shops/acme2/Orders/250"};
    struct world world;
    (void)state;
    world_open(&world, "shops/acme/Orders", 8);
    answer_edges(&world, "shops/acme/Orders");
    struct puppet_stream *s = request(&world, 2, "/PartitionQuery");
    Google__Firestore__V1__PartitionQueryRequest *asked =
        google__firestore__v1__partition_query_request__unpack(
            NULL, s->request.len - 5, (const uint8_t *)s->request.data + 5);
    assert_string_equal(asked->parent, "projects/shop-1/databases/(default)/documents");
    assert_int_equal(asked->partition_count, 7);
    assert_true(asked->structured_query->from[0]->all_descendants);
    google__firestore__v1__partition_query_request__free_unpacked(asked, NULL);
    answer_partitions(s, page1, 4, "more");
    answer_partitions(request(&world, 3, "/PartitionQuery"), page2, 3, "");
    wait_done(&world);
    assert_int_equal(world.count, 3);
    assert_string_equal(world.points[0], "200");
    assert_string_equal(world.points[1], "300");
    assert_string_equal(world.points[2], "700");
    world_close(&world);
}

/* Refused as well, as by Google's emulator, or with no point of ours: one range. */
static void test_no_partitions(void **state)
{
    static const char *const foreign[] = {ROOT "shops/acme/Orders/700"};
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        struct world world;
        world_open(&world, "Orders", 4);
        answer_edges(&world, "Orders");
        struct puppet_stream *s = request(&world, 2, "/PartitionQuery");
        if (refused)
            puppet_end(s, "12", "not implemented");
        else
            answer_partitions(s, foreign, 1, "");
        wait_done(&world);
        assert_int_equal(world.count, 0);
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_no_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
