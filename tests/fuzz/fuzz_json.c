/* Fuzz target: any bytes as JSON. What parses must come back the same from its jsonb text and loss
 * record, and the text must be a fixed point: reading it and writing it again changes no byte. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/digest.h"
#include "model/json.h"
#include "model/loss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct str write_tree(const struct value *value, struct arena *arena, struct str *ret_loss)
{
    struct buffer out = {.max = 64u << 20};
    struct loss loss;
    loss_init(&loss);
    json_append_jsonb(&out, value, &loss);
    require(buffer_ok(&out));
    struct str text = arena_copy(arena, buffer_str(&out));
    *ret_loss = loss_finish(&loss, arena);
    loss_free(&loss);
    buffer_free(&out);
    return text;
}

static void check(const struct value *tree, struct arena *arena)
{
    struct error err;
    struct str loss, loss_again;
    const struct value *stored, *again;
    struct str text = write_tree(tree, arena, &loss);
    require(json_parse(text, arena, &stored, &err));
    require(str_equal(write_tree(stored, arena, &loss_again), text));
    require(loss_again.data == NULL);
    require(loss_restore(stored, loss, arena, &again, &err));
    struct digest before = digest_value(tree), after = digest_value(again);
    require(value_equal(tree, again));
    require(digest_equal(&before, &after));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error err = {0};
    const struct value *tree;
    if (json_parse((struct str){(const char *)data, size}, &arena, &tree, &err))
        check(tree, &arena);
    else
        require(err.id == ERROR_JSON_SYNTAX || err.id == ERROR_JSON_DEPTH);
    arena_free(&arena);
    return 0;
}
