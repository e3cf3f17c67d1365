/* JSON output with cJSON. A struct node is a cJSON value under another name, so that cJSON stays in
 * this file. */
#include "cli/output.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

static cJSON *as_json(struct node *node)
{
    return (cJSON *)(void *)node;
}

static struct node *as_node(cJSON *json)
{
    if (json == NULL)
        abort(); /* cJSON knows one reason: no memory */
    return (struct node *)(void *)json;
}

static void put(struct node *object, const char *key, cJSON *json)
{
    cJSON_AddItemToObject(as_json(object), key, as_json(as_node(json)));
}

struct node *node_new(void)
{
    return as_node(cJSON_CreateObject());
}

void node_free(struct node *root)
{
    cJSON_Delete(as_json(root));
}

static cJSON *string_json(struct str text)
{
    if (text.data == NULL)
        return cJSON_CreateNull();
    struct arena arena = {.block_size = 1024};
    bool changed;
    char *copy AUTO_FREE = memory_string_str(text_repair(text, &arena, &changed));
    arena_free(&arena);
    return cJSON_CreateString(copy);
}

void node_str(struct node *object, const char *key, struct str text)
{
    put(object, key, string_json(text));
}

void node_text(struct node *object, const char *key, const char *text)
{
    node_str(object, key, str_from(text));
}

/* cJSON keeps numbers as doubles; raw digits keep them whole. */
void node_integer(struct node *object, const char *key, int64_t number)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%" PRId64, number);
    put(object, key, cJSON_CreateRaw(digits));
}

void node_unsigned(struct node *object, const char *key, uint64_t number)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    put(object, key, cJSON_CreateRaw(digits));
}

void node_real(struct node *object, const char *key, double number)
{
    put(object, key, isfinite(number) ? cJSON_CreateNumber(number) : cJSON_CreateNull());
}

void node_boolean(struct node *object, const char *key, bool truth)
{
    put(object, key, cJSON_CreateBool(truth));
}

void node_time(struct node *object, const char *key, int64_t wall_us)
{
    struct arena arena = {.block_size = 256};
    node_str(object, key, wall_us == TIME_NONE ? STR_NULL : clock_format_utc(&arena, wall_us));
    arena_free(&arena);
}

void node_raw(struct node *object, const char *key, struct str json)
{
    char *copy AUTO_FREE = memory_string_str(json);
    put(object, key, copy == NULL ? cJSON_CreateNull() : cJSON_CreateRaw(copy));
}

struct node *node_object(struct node *object, const char *key)
{
    cJSON *made = cJSON_CreateObject();
    put(object, key, made);
    return as_node(made);
}

struct node *node_list(struct node *object, const char *key)
{
    cJSON *made = cJSON_CreateArray();
    put(object, key, made);
    return as_node(made);
}

struct node *node_add(struct node *list)
{
    struct node *made = node_new();
    cJSON_AddItemToArray(as_json(list), as_json(made));
    return made;
}

void node_add_integer(struct node *list, int64_t number)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%" PRId64, number);
    cJSON_AddItemToArray(as_json(list), as_json(as_node(cJSON_CreateRaw(digits))));
}

void node_add_text(struct node *list, const char *text)
{
    cJSON_AddItemToArray(as_json(list), as_json(as_node(string_json(str_from(text)))));
}

void node_add_raw(struct node *list, struct str json)
{
    char *copy AUTO_FREE = memory_string_str(json);
    cJSON_AddItemToArray(as_json(list), as_json(as_node(cJSON_CreateRaw(copy))));
}

void node_error(struct node *object, const char *key, const struct error *err)
{
    const struct error_info *info = error_info(err->id);
    struct node *made = node_object(object, key);
    node_text(made, "code", info->code);
    node_text(made, "class", error_class_name(info->class));
    node_text(made, "message", err->message);
    node_text(made, "remedy", info->remedy);
    if (err->sqlstate[0] != '\0')
        node_text(made, "sqlstate", err->sqlstate);
    if (err->http_status != 0)
        node_integer(made, "http_status", err->http_status);
    if (err->request_id[0] != '\0')
        node_text(made, "request_id", err->request_id);
}

char *node_line(const struct node *root)
{
    char *line = cJSON_PrintUnformatted((const cJSON *)(const void *)root);
    if (line == NULL)
        abort();
    return line;
}

void node_print(struct node *take_root)
{
    char *line AUTO_FREE = node_line(take_root);
    puts(line);
    fflush(stdout);
    node_free(take_root);
}
