/* Documents read in part. */
#include "source/partial.h"

#include "base/text.h"

#define MEMBER "ordersync_partial"

bool partial_concerns_one(const struct error *err)
{
    enum error_class class = error_class(err);
    if (class == CLASS_AUTH || class == CLASS_RATE_LIMITED)
        return false;
    return err->http_status > 0 || class == CLASS_INVALID_DATA;
}

static void append_text(struct buffer *text, const char *string)
{
    struct arena arena = {.block_size = 1024};
    bool changed;
    text_append_json(text, text_repair(str_from(string), &arena, &changed));
    arena_free(&arena);
}

void partial_append(struct buffer *text, const struct error *err)
{
    char *why AUTO_FREE = err->request_id[0] == '\0'
                              ? memory_format("%s: %s", error_info(err->id)->code, err->message)
                              : memory_format("%s: %s (request %s)", error_info(err->id)->code,
                                              err->message, err->request_id);
    buffer_append_text(text, "\"" MEMBER "\":");
    append_text(text, why);
}

void partial_append_document(struct buffer *text, const char *id, const struct error *err)
{
    buffer_append_text(text, "{\"id\":");
    append_text(text, id);
    buffer_append_char(text, ',');
    partial_append(text, err);
    buffer_append_char(text, '}');
}

bool partial_check(const struct value *content, struct error *err)
{
    const struct value *why = value_get(content, MEMBER);
    if (why == NULL || why->kind != VALUE_STRING)
        return true;
    return error_set(err, ERROR_DOCUMENT_PARTIAL, "%.*s", STR_ARG(why->text));
}
