#include "tests/lib/samples.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "model/json.h"

/* What holds documents, from the outside in. */
static const struct value *inside(const struct value *body)
{
    static const char *const ways[] = {"result", "data.object", "data.order", "data"};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        const struct value *value = value_path(body, ways[i]);
        if (value != NULL && (value->kind == VALUE_MAP || value->kind == VALUE_ARRAY))
            return value;
    }
    return body;
}

static struct document document_of(enum source_kind source, const struct value *content,
                                   struct arena *arena)
{
    const struct value *id = value_get(content, "id");
    struct document document = {.source = source,
                                .id = STR("?"),
                                .version = 1,
                                .create_ns = TIME_NONE,
                                .update_ns = TIME_NONE,
                                .content = content};
    if (id != NULL && id->kind == VALUE_STRING)
        document.id = id->text;
    else if (id != NULL && id->kind == VALUE_INT)
        document.id = arena_format(arena, "%lld", (long long)id->integer);
    return document;
}

size_t samples_of(enum source_kind source, struct str text, struct arena *arena,
                  struct document ret_documents[SAMPLES_MAX])
{
    const struct value *body = NULL;
    struct error err = {0};
    if (!json_parse(arena_copy(arena, text), arena, &body, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    const struct value *held = inside(body);
    if (held->kind != VALUE_ARRAY) {
        ret_documents[0] = document_of(source, held, arena);
        return 1;
    }
    size_t count = 0;
    for (; count < held->array.count && count < SAMPLES_MAX; count++)
        ret_documents[count] = document_of(source, &held->array.items[count], arena);
    return count;
}
