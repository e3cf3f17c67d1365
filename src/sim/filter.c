/* Filters. Semantics: Firestore's documentation, "Query data": a missing field matches nothing;
 * inequalities stay within a type; "not equal" and "not in" leave out null. */
#include "sim/filter.h"

#include <string.h>

enum filter_op {
    OP_AND,
    OP_OR,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_CONTAINS,
    OP_IN,
    OP_CONTAINS_ANY,
    OP_NOT_IN,
    OP_IS_NAN,
    OP_IS_NULL,
    OP_IS_NOT_NAN,
    OP_IS_NOT_NULL,
};

struct filter {
    enum filter_op op;
    const char *path;
    struct field_value value;
    const struct filter **children;
    size_t count;
};

typedef Google__Firestore__V1__StructuredQuery__Filter proto_filter;

struct field_value value_compile(struct arena *arena, const Google__Firestore__V1__Value *value)
{
    size_t size = google__firestore__v1__value__get_packed_size(value);
    char *bytes = arena_alloc(arena, size + 1);
    google__firestore__v1__value__pack(value, (uint8_t *)bytes);
    return field_value_decode((struct str){bytes, size});
}

bool document_field(struct str body, struct str name, const char *path,
                    struct field_value *ret_value)
{
    struct str span;
    if (strcmp(path, "__name__") == 0) {
        *ret_value = (struct field_value){.rank = RANK_REFERENCE, .bytes = name};
        return true;
    }
    if (!field_find(body, path, &span))
        return false;
    *ret_value = field_value_decode(span);
    return true;
}

static bool compile_field(struct arena *arena,
                          const Google__Firestore__V1__StructuredQuery__FieldFilter *message,
                          struct filter *filter, struct rpc_status *status)
{
    int op = (int)message->op;
    if (op < 1 || op > 10 || message->field == NULL || message->value == NULL)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Unknown or incomplete field filter");
    filter->op = (enum filter_op)(OP_LESS + op - 1);
    filter->path = message->field->field_path;
    filter->value = value_compile(arena, message->value);
    bool wants_array =
        filter->op == OP_IN || filter->op == OP_NOT_IN || filter->op == OP_CONTAINS_ANY;
    if (wants_array && filter->value.rank != RANK_ARRAY)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "'%s' filter needs an array value",
                        filter->path);
    return true;
}

static bool compile_unary(const Google__Firestore__V1__StructuredQuery__UnaryFilter *message,
                          struct filter *filter, struct rpc_status *status)
{
    int op = (int)message->op;
    if (op < 2 || op > 5 || message->field == NULL)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Unknown or incomplete unary filter");
    filter->op = (enum filter_op)(OP_IS_NAN + op - 2);
    filter->path = message->field->field_path;
    return true;
}

static bool compile_at(struct arena *arena, const proto_filter *message, unsigned depth,
                       size_t *nodes, const struct filter **ret_filter, struct rpc_status *status);

static bool
compile_composite(struct arena *arena,
                  const Google__Firestore__V1__StructuredQuery__CompositeFilter *message,
                  unsigned depth, size_t *nodes, struct filter *filter, struct rpc_status *status)
{
    int op = (int)message->op;
    if ((op != 1 && op != 2) || message->n_filters == 0)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Unknown or empty composite filter");
    filter->op = op == 1 ? OP_AND : OP_OR;
    filter->count = message->n_filters;
    filter->children = arena_zero(arena, message->n_filters * sizeof(*filter->children));
    for (size_t i = 0; i < message->n_filters; i++) {
        if (!compile_at(arena, message->filters[i], depth + 1, nodes, &filter->children[i], status))
            return false;
    }
    return true;
}

static bool compile_at(struct arena *arena, const proto_filter *message, unsigned depth,
                       size_t *nodes, const struct filter **ret_filter, struct rpc_status *status)
{
    struct filter *filter = arena_zero(arena, sizeof(*filter));
    bool good;
    if (depth > FILTER_MAX_DEPTH || ++*nodes > FILTER_MAX_NODES)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Filter too large");
    switch (message->filter_type_case) {
    case GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE_COMPOSITE_FILTER:
        good = compile_composite(arena, message->composite_filter, depth, nodes, filter, status);
        break;
    case GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE_FIELD_FILTER:
        good = compile_field(arena, message->field_filter, filter, status);
        break;
    case GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE_UNARY_FILTER:
        good = compile_unary(message->unary_filter, filter, status);
        break;
    default:
        good = rpc_fail(status, RPC_INVALID_ARGUMENT, "Empty filter");
    }
    *ret_filter = filter;
    return good;
}

bool filter_compile(struct arena *arena, const proto_filter *message,
                    const struct filter **ret_filter, struct rpc_status *status)
{
    size_t nodes = 0;
    *ret_filter = NULL;
    if (message == NULL ||
        message->filter_type_case ==
            GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE__NOT_SET)
        return true;
    return compile_at(arena, message, 0, &nodes, ret_filter, status);
}

const char *filter_inequality(const struct filter *filter)
{
    const char *path = NULL;
    if (filter == NULL)
        return NULL;
    for (size_t i = 0; i < filter->count && path == NULL; i++)
        path = filter_inequality(filter->children[i]);
    bool inequality = (filter->op >= OP_LESS && filter->op <= OP_GREATER_EQUAL) ||
                      filter->op == OP_NOT_EQUAL || filter->op == OP_NOT_IN ||
                      filter->op == OP_IS_NOT_NAN || filter->op == OP_IS_NOT_NULL;
    return inequality ? filter->path : path;
}

static bool array_has(struct str array, const struct field_value *wanted)
{
    struct field_value element;
    while (field_array_next(&array, &element)) {
        if (field_value_equal(&element, wanted))
            return true;
    }
    return false;
}

static bool arrays_meet(const struct field_value *field, const struct field_value *wanted)
{
    struct str array = wanted->bytes;
    struct field_value element;
    while (field->rank == RANK_ARRAY && field_array_next(&array, &element)) {
        if (array_has(field->bytes, &element))
            return true;
    }
    return false;
}

static bool match_inequality(enum filter_op op, const struct field_value *field,
                             const struct field_value *wanted)
{
    if (field->rank != wanted->rank)
        return false;
    int order = field_value_compare(field, wanted);
    switch (op) {
    case OP_LESS:
        return order < 0;
    case OP_LESS_EQUAL:
        return order <= 0;
    case OP_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool match_field(const struct filter *filter, const struct field_value *field)
{
    const struct field_value *wanted = &filter->value;
    switch (filter->op) {
    case OP_EQUAL:
        return field_value_equal(field, wanted);
    case OP_NOT_EQUAL:
        return field->rank != RANK_NULL && !field_value_equal(field, wanted);
    case OP_CONTAINS:
        return field->rank == RANK_ARRAY && array_has(field->bytes, wanted);
    case OP_IN:
        return array_has(wanted->bytes, field);
    case OP_CONTAINS_ANY:
        return arrays_meet(field, wanted);
    case OP_NOT_IN:
        return field->rank != RANK_NULL && !array_has(wanted->bytes, field);
    case OP_IS_NAN:
        return field_value_is_nan(field);
    case OP_IS_NULL:
        return field->rank == RANK_NULL;
    case OP_IS_NOT_NAN:
        return field->rank != RANK_NULL && !field_value_is_nan(field);
    case OP_IS_NOT_NULL:
        return field->rank != RANK_NULL;
    default:
        return match_inequality(filter->op, field, wanted);
    }
}

bool filter_match(const struct filter *filter, struct str body, struct str name)
{
    struct field_value field;
    if (filter == NULL)
        return true;
    if (filter->op != OP_AND && filter->op != OP_OR)
        return document_field(body, name, filter->path, &field) && match_field(filter, &field);
    for (size_t i = 0; i < filter->count; i++) {
        if (filter_match(filter->children[i], body, name) == (filter->op == OP_OR))
            return filter->op == OP_OR;
    }
    return filter->op == OP_AND;
}
