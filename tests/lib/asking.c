/* A call by hand. */
#include "lib/asking.h"

#include "lib/check.h"

#include <stdio.h>

#include "model/json.h"
#include "sim/fault.h"

static void params_split(struct rest_call *call, char *query)
{
    while (query != NULL && *query != '\0') {
        char *next = strchr(query, '&');
        if (next != NULL)
            *next++ = '\0';
        char *value = strchr(query, '=');
        if (value != NULL)
            *value++ = '\0';
        call->params[call->param_count++] = (struct rest_param){query, value == NULL ? "" : value};
        query = next;
    }
}

unsigned ask(struct asking *asking, const char *format, ...)
{
    struct error err = {0};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(asking->text, sizeof(asking->text), format, arguments);
    va_end(arguments);
    asking_end(asking);
    char *query = strchr(asking->text, '?');
    if (query != NULL)
        *query++ = '\0';
    asking->call = (struct rest_call){.api = asking->api,
                                      .context = asking->context,
                                      .options = &asking->options->rest,
                                      .method = asking->method == NULL ? "GET" : asking->method,
                                      .path = asking->text,
                                      .authorization = asking->authorization,
                                      .version = asking->version,
                                      .store = asking->store,
                                      .number = 1};
    params_split(&asking->call, query);
    if (asking->fault != NULL && !fault_parse(asking->fault, &asking->call.fault, &err))
        fail_msg("%s", err.message);
    rest_route(&asking->call);
    rest_answer(&asking->call);
    if (!json_parse(buffer_str(&asking->call.body), &asking->arena, &asking->answer, &err))
        asking->answer = NULL;
    return asking->call.status;
}

const char *answer_text(struct asking *asking, const char *path)
{
    const struct value *value = value_path(asking->answer, path);
    if (value == NULL || value->kind != VALUE_STRING)
        return "";
    return arena_copy(&asking->arena, value->text).data;
}

int64_t answer_int(struct asking *asking, const char *path)
{
    const struct value *value = value_path(asking->answer, path);
    if (value != NULL && value->kind == VALUE_BOOL)
        return value->boolean;
    return value == NULL || value->kind != VALUE_INT ? INT64_MIN : value->integer;
}

int answer_count(struct asking *asking, const char *path)
{
    const struct value *value = value_path(asking->answer, path);
    return value == NULL || value->kind != VALUE_ARRAY ? -1 : (int)value->array.count;
}

const struct value *answer_item(struct asking *asking, const char *path, size_t i)
{
    const struct value *value = value_path(asking->answer, path);
    if (value == NULL || value->kind != VALUE_ARRAY || i >= value->array.count)
        fail_msg("%s has no element %zu", path, i);
    return &value->array.items[i];
}

const char *answer_header(struct asking *asking, const char *name)
{
    for (size_t i = 0; i < asking->call.header_count; i++) {
        if (strcmp(asking->call.headers[i].name, name) == 0)
            return asking->call.headers[i].value;
    }
    return "";
}

void asking_end(struct asking *asking)
{
    buffer_free(&asking->call.body);
    asking->call = (struct rest_call){.status = 0};
    arena_free(&asking->arena);
    asking->answer = NULL;
}
