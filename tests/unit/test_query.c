/* Structured queries over a store: filters, orders, cursors, limits, projections, collection
 * groups. */
#include "lib/check.h"

#include "model/json.h"
#include "sim/encoder.h"
#include "sim/query.h"

#define ROOT "projects/p/databases/(default)/documents"

typedef Google__Firestore__V1__StructuredQuery proto_query;
typedef Google__Firestore__V1__Value proto_value;
typedef Google__Firestore__V1__StructuredQuery__Filter proto_filter;

struct fixture {
    struct store *store;
    struct arena arena;
};

static void add(struct fixture *f, const char *collection, const char *id, const char *json)
{
    const struct value *value;
    struct error err;
    struct encoder encoder;
    assert_true(json_parse(str_from(json), &f->arena, &value, &err));
    encoder_init(&encoder);
    encoder_document(&encoder, value);
    store_write(f->store, store_collection(f->store, str_from(collection), true), str_from(id),
                buffer_str(&encoder.out), store_commit_time(f->store));
    encoder_free(&encoder);
}

static int setup(void **state)
{
    struct fixture *f = memory_zero(1, sizeof(*f));
    f->store = store_new(STR("projects/p/databases/(default)"), 0);
    add(f, "c", "a", "{\"n\":3,\"s\":\"x\",\"t\":[1,2],\"m\":{\"k\":1}}");
    add(f, "c", "b", "{\"n\":1,\"s\":\"y\",\"t\":[2,3]}");
    add(f, "c", "c", "{\"n\":2.5,\"s\":\"x\",\"z\":null}");
    add(f, "c", "d", "{\"n\":\"text\",\"s\":\"y\",\"t\":[]}");
    add(f, "c", "e", "{\"s\":\"z\",\"n\":null}");
    add(f, "c", "f", "{\"s\":\"x\"}");
    add(f, "c/a/sub", "s1", "{\"n\":1}");
    add(f, "c/b/sub", "s2", "{\"n\":2}");
    add(f, "sub", "s0", "{\"n\":0}");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_free(f->store);
    arena_free(&f->arena);
    free(f);
    return 0;
}

/* ---- building requests ---- */

static void *make(struct fixture *f, size_t size)
{
    return arena_zero(&f->arena, size);
}

static proto_value *value_int(struct fixture *f, int64_t number)
{
    proto_value *value = make(f, sizeof(*value));
    google__firestore__v1__value__init(value);
    value->value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_INTEGER_VALUE;
    value->integer_value = number;
    return value;
}

static proto_value *value_text(struct fixture *f, const char *text)
{
    proto_value *value = value_int(f, 0);
    value->value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_STRING_VALUE;
    value->string_value = (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
    return value;
}

static proto_value *value_name(struct fixture *f, const char *path)
{
    proto_value *value = value_int(f, 0);
    value->value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_REFERENCE_VALUE;
    value->reference_value = (char *)(uintptr_t)arena_format(&f->arena, "%s/%s", ROOT, path).data;
    return value;
}

static proto_value *value_array(struct fixture *f, size_t count, proto_value **items)
{
    proto_value *value = value_int(f, 0);
    Google__Firestore__V1__ArrayValue *array = make(f, sizeof(*array));
    google__firestore__v1__array_value__init(array);
    array->n_values = count;
    array->values = make(f, count * sizeof(*items));
    memcpy(array->values, items, count * sizeof(*items));
    value->value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_ARRAY_VALUE;
    value->array_value = array;
    return value;
}

static Google__Firestore__V1__StructuredQuery__FieldReference *field(struct fixture *f,
                                                                     const char *path)
{
    Google__Firestore__V1__StructuredQuery__FieldReference *reference = make(f, sizeof(*reference));
    google__firestore__v1__structured_query__field_reference__init(reference);
    reference->field_path = (char *)(uintptr_t)path;
    return reference;
}

static proto_filter *where(struct fixture *f, const char *path, int op, proto_value *value)
{
    proto_filter *filter = make(f, sizeof(*filter));
    Google__Firestore__V1__StructuredQuery__FieldFilter *inner = make(f, sizeof(*inner));
    google__firestore__v1__structured_query__filter__init(filter);
    google__firestore__v1__structured_query__field_filter__init(inner);
    inner->field = field(f, path);
    inner->op = (Google__Firestore__V1__StructuredQuery__FieldFilter__Operator)op;
    inner->value = value;
    filter->filter_type_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE_FIELD_FILTER;
    filter->field_filter = inner;
    return filter;
}

static proto_filter *where_unary(struct fixture *f, const char *path, int op)
{
    proto_filter *filter = where(f, path, 1, NULL);
    Google__Firestore__V1__StructuredQuery__UnaryFilter *inner = make(f, sizeof(*inner));
    google__firestore__v1__structured_query__unary_filter__init(inner);
    inner->op = (Google__Firestore__V1__StructuredQuery__UnaryFilter__Operator)op;
    inner->operand_type_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__UNARY_FILTER__OPERAND_TYPE_FIELD;
    inner->field = field(f, path);
    filter->filter_type_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE_UNARY_FILTER;
    filter->unary_filter = inner;
    return filter;
}

static proto_filter *where_both(struct fixture *f, int op, proto_filter *a, proto_filter *b)
{
    proto_filter *filter = where(f, "x", 1, NULL);
    Google__Firestore__V1__StructuredQuery__CompositeFilter *inner = make(f, sizeof(*inner));
    google__firestore__v1__structured_query__composite_filter__init(inner);
    inner->op = (Google__Firestore__V1__StructuredQuery__CompositeFilter__Operator)op;
    inner->n_filters = 2;
    inner->filters = make(f, 2 * sizeof(a));
    inner->filters[0] = a;
    inner->filters[1] = b;
    filter->filter_type_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE_COMPOSITE_FILTER;
    filter->composite_filter = inner;
    return filter;
}

static proto_query *query_of(struct fixture *f, const char *collection)
{
    proto_query *query = make(f, sizeof(*query));
    google__firestore__v1__structured_query__init(query);
    query->n_from = 1;
    query->from = make(f, sizeof(*query->from));
    query->from[0] = make(f, sizeof(**query->from));
    google__firestore__v1__structured_query__collection_selector__init(query->from[0]);
    query->from[0]->collection_id = (char *)(uintptr_t)collection;
    return query;
}

static proto_query *order_by(struct fixture *f, proto_query *query, const char *path,
                             bool descending)
{
    Google__Firestore__V1__StructuredQuery__Order *order = make(f, sizeof(*order));
    google__firestore__v1__structured_query__order__init(order);
    order->field = field(f, path);
    order->direction = descending ? 2 : 1;
    if (query->order_by == NULL)
        query->order_by = make(f, 4 * sizeof(order));
    query->order_by[query->n_order_by++] = order;
    return query;
}

static Google__Firestore__V1__Cursor *cursor(struct fixture *f, proto_value *value, bool before)
{
    Google__Firestore__V1__Cursor *made = make(f, sizeof(*made));
    google__firestore__v1__cursor__init(made);
    made->n_values = 1;
    made->values = make(f, sizeof(value));
    made->values[0] = value;
    made->before = before;
    return made;
}

static void limit(struct fixture *f, proto_query *query, int count)
{
    query->limit = make(f, sizeof(*query->limit));
    google__firestore__v1__int32_value__init(query->limit);
    query->limit->value = count;
}

/* ---- running ---- */

static void expect_at(struct fixture *f, const char *parent, proto_query *query, const char *ids)
{
    struct query_run *run;
    struct query_result result;
    struct rpc_status status = {.code = RPC_OK};
    struct buffer out = {.max = 1000};
    enum query_next next;
    if (!query_open(f->store, parent, query, store_now(f->store), &run, &status))
        fail_msg("%s", status.message);
    while ((next = query_next(run, &result, &status)) != QUERY_END) {
        assert_int_not_equal(next, QUERY_FAILED);
        if (next == QUERY_RESULT)
            buffer_append_format(&out, "%.*s ", STR_ARG(result.view.id));
    }
    assert_str(buffer_str(&out), ids);
    buffer_free(&out);
    query_close(run);
}

static void expect(struct fixture *f, proto_query *query, const char *ids)
{
    expect_at(f, ROOT, query, ids);
}

static void expect_where(struct fixture *f, proto_filter *filter, const char *ids)
{
    proto_query *query = order_by(f, query_of(f, "c"), "__name__", false);
    query->where = filter;
    expect(f, query, ids);
}

static void test_orders(void **state)
{
    struct fixture *f = *state;
    expect(f, query_of(f, "c"), "a b c d e f ");
    expect(f, query_of(f, "none"), "");
    expect(f, order_by(f, query_of(f, "c"), "__name__", true), "f e d c b a ");
    expect(f, order_by(f, query_of(f, "c"), "n", false),
           "e b c a d "); /* null, numbers, text; f has none */
    expect(f, order_by(f, query_of(f, "c"), "n", true), "d a c b e ");
    expect(f, order_by(f, query_of(f, "c"), "s", true),
           "e d b f c a "); /* ties by name, same direction */
    expect(f, order_by(f, order_by(f, query_of(f, "c"), "s", false), "__name__", true),
           "f c a d b e ");
    expect(f, order_by(f, query_of(f, "c"), "m.k", false), "a ");
}

static void test_filters(void **state)
{
    struct fixture *f = *state;
    proto_value *two[] = {value_int(f, 1), value_int(f, 3)};
    proto_value *names[] = {value_name(f, "c/b"), value_name(f, "c/e")};
    expect_where(f, where(f, "s", 5, value_text(f, "x")), "a c f ");
    expect_where(f, where(f, "s", 6, value_text(f, "x")), "b d e ");
    expect_where(f, where(f, "n", 1, value_int(f, 3)), "b c ");
    expect_where(f, where(f, "n", 2, value_int(f, 3)), "a b c ");
    expect_where(f, where(f, "n", 3, value_int(f, 1)), "a c ");
    expect_where(f, where(f, "n", 4, value_text(f, "a")), "d ");
    expect_where(f, where(f, "t", 7, value_int(f, 2)), "a b ");
    expect_where(f, where(f, "n", 8, value_array(f, 2, two)), "a b ");
    expect_where(f, where(f, "t", 9, value_array(f, 2, two)), "a b ");
    expect_where(f, where(f, "n", 10, value_array(f, 2, two)), "c d ");
    expect_where(f, where(f, "n", 6, value_int(f, 1)), "a c d "); /* neither null nor missing */
    expect_where(f, where_unary(f, "n", 3), "e ");
    expect_where(f, where_unary(f, "n", 5), "a b c d ");
    expect_where(f, where(f, "m.k", 5, value_int(f, 1)), "a ");
    expect_where(f, where(f, "__name__", 5, value_name(f, "c/d")), "d ");
    expect_where(f, where(f, "__name__", 4, value_name(f, "c/d")), "d e f ");
    expect_where(f, where(f, "__name__", 8, value_array(f, 2, names)), "b e ");
    proto_filter *x = where(f, "s", 5, value_text(f, "x")), *n = where(f, "n", 3, value_int(f, 2));
    expect_where(f, where_both(f, 1, x, n), "a c ");
    expect_where(f, where_both(f, 2, x, where(f, "s", 5, value_text(f, "z"))), "a c e f ");
}

static void test_inequality_orders(void **state)
{
    struct fixture *f = *state;
    proto_query *query = query_of(f, "c");
    query->where = where(f, "n", 4, value_int(f, 0));
    expect(f, query, "b c a ");
}

static void test_cursors(void **state)
{
    struct fixture *f = *state;
    proto_query *query = order_by(f, query_of(f, "c"), "__name__", false);
    query->start_at = cursor(f, value_name(f, "c/c"), false);
    expect(f, query, "d e f ");
    query->start_at->before = true;
    expect(f, query, "c d e f ");
    query->end_at = cursor(f, value_name(f, "c/e"), true);
    expect(f, query, "c d ");
    query->end_at->before = false;
    expect(f, query, "c d e ");
    query->start_at = cursor(f, value_name(f, "c/bb"), false); /* no such document */
    expect(f, query, "c d e ");
    query = order_by(f, query_of(f, "c"), "__name__", true);
    query->start_at = cursor(f, value_name(f, "c/c"), false);
    expect(f, query, "b a ");
    query->end_at = cursor(f, value_name(f, "c/b"), true);
    expect(f, query, "");
    query = order_by(f, query_of(f, "c"), "n", false);
    query->start_at = cursor(f, value_int(f, 1), false);
    expect(f, query, "c a d ");
    query->end_at = cursor(f, value_int(f, 3), false);
    expect(f, query, "c a ");
    query = order_by(f, query_of(f, "c"), "n", true);
    query->start_at = cursor(f, value_int(f, 3), true);
    expect(f, query, "a c b e ");
}

static void test_limit_and_offset(void **state)
{
    struct fixture *f = *state;
    proto_query *query = query_of(f, "c");
    limit(f, query, 2);
    expect(f, query, "a b ");
    query->offset = 3;
    expect(f, query, "d e ");
    query->offset = 100;
    expect(f, query, "");
    limit(f, query, 0);
    expect(f, query, "");
    query = order_by(f, query_of(f, "c"), "n", false);
    query->offset = 1;
    limit(f, query, 3);
    expect(f, query, "b c a ");
}

static void test_subcollections(void **state)
{
    struct fixture *f = *state;
    proto_query *query = query_of(f, "sub");
    expect(f, query, "s0 ");
    expect_at(f, ROOT "/c/a", query, "s1 ");
    query->from[0]->all_descendants = true;
    expect(f, query, "s1 s2 s0 ");
    expect_at(f, ROOT "/c/b", query, "s2 ");
    expect(f, order_by(f, query, "n", false), "s0 s1 s2 ");
}

static void test_select(void **state)
{
    struct fixture *f = *state;
    proto_query *query = query_of(f, "c");
    struct query_run *run;
    struct query_result result;
    struct rpc_status status;
    struct str span;
    query->select = make(f, sizeof(*query->select));
    google__firestore__v1__structured_query__projection__init(query->select);
    query->select->fields = make(f, 2 * sizeof(*query->select->fields));
    query->select->n_fields = 1;
    query->select->fields[0] = field(f, "__name__");
    assert_true(query_open(f->store, ROOT, query, store_now(f->store), &run, &status));
    assert_int_equal(query_next(run, &result, &status), QUERY_RESULT);
    assert_true(result.projected);
    assert_int_equal(result.body.len, 0);
    query_close(run);
    query->select->fields[0] = field(f, "m.k");
    query->select->n_fields = 2;
    query->select->fields[1] = field(f, "s");
    assert_true(query_open(f->store, ROOT, query, store_now(f->store), &run, &status));
    assert_int_equal(query_next(run, &result, &status), QUERY_RESULT);
    assert_true(field_find(result.body, "m.k", &span) && field_find(result.body, "s", &span));
    assert_false(field_find(result.body, "n", &span));
    query_close(run);
}

static void refused(struct fixture *f, const char *parent, proto_query *query)
{
    struct query_run *run;
    struct rpc_status status = {.code = RPC_OK};
    assert_false(query_open(f->store, parent, query, store_now(f->store), &run, &status));
    assert_int_equal(status.code, RPC_INVALID_ARGUMENT);
    assert_true(status.message[0] != '\0');
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    proto_query *query = query_of(f, "c");
    refused(f, "projects/other/databases/(default)/documents", query);
    query->n_from = 0;
    refused(f, ROOT, query);
    query = query_of(f, "c");
    query->where = where(f, "n", 99, value_int(f, 1));
    refused(f, ROOT, query);
    query->where = where(f, "n", 8, value_int(f, 1)); /* "in" without an array */
    refused(f, ROOT, query);
    query = query_of(f, "c");
    query->start_at = cursor(f, value_int(f, 1), false); /* names are references */
    refused(f, ROOT, query);
    query = query_of(f, "c");
    query->offset = -1;
    refused(f, ROOT, query);
}

/* A read of the past sees it whole; one of too long ago is refused in the middle, too. */
static void test_read_time(void **state)
{
    struct fixture *f = *state;
    struct query_run *run;
    struct query_result result;
    struct rpc_status status = {.code = RPC_OK};
    proto_query *query = query_of(f, "c");
    assert_true(query_open(f->store, ROOT, query, store_now(f->store), &run, &status));
    assert_int_equal(query_next(run, &result, &status), QUERY_RESULT);
    add(f, "c", "aa", "{}");
    assert_int_equal(query_next(run, &result, &status), QUERY_RESULT);
    assert_str(result.view.id, "b");
    for (int i = 0; i <= STORE_HISTORY_CHANGES; i++)
        store_write(f->store, store_collection(f->store, STR("other"), true), STR("x"), STR(""),
                    store_commit_time(f->store));
    assert_int_equal(query_next(run, &result, &status), QUERY_FAILED);
    assert_int_equal(status.code, RPC_FAILED_PRECONDITION);
    query_close(run);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_orders),  TEST(test_filters),          TEST(test_inequality_orders),
        TEST(test_cursors), TEST(test_limit_and_offset), TEST(test_subcollections),
        TEST(test_select),  TEST(test_refused),          TEST(test_read_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
