/* Commands of the simulated Firestore. */
#include "sim/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool dump_lines(struct store *store, struct store_collection *collection, FILE *file,
                       size_t *ret_count)
{
    struct store_cursor cursor;
    struct store_view view;
    int64_t now = store_now(store);
    size_t count = 0;
    store_cursor_open(&cursor, collection, STR_NULL, true, false);
    for (; store_cursor_next(&cursor, now, &view); count++)
        fprintf(file, "%.*s\t%" PRId64 "\n", STR_ARG(view.id), view.update_us * 1000);
    *ret_count = count;
    return ferror(file) == 0;
}

bool verbs_dump(struct store *store, struct store_collection *collection, const char *path,
                size_t *ret_count, struct error *err)
{
    char *temporary AUTO_FREE = memory_format("%s.new", path);
    size_t count;
    FILE *file = fopen(temporary, "we");
    if (file == NULL)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", temporary);
    bool written = dump_lines(store, collection, file, &count);
    if (fclose(file) != 0 || !written || rename(temporary, path) != 0)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
    *ret_count = count;
    return true;
}

static bool command_dump(void *context, const char *text, struct error *err)
{
    const struct verbs *verbs = context;
    size_t count;
    if (!verbs_dump(verbs->store, verbs->collection, text, &count, err))
        return false;
    printf("dumped %zu documents to %s\n", count, text);
    fflush(stdout);
    return true;
}

static bool command_changes(void *context, const char *text, struct error *err)
{
    const struct verbs *verbs = context;
    struct changes_plan plan = CHANGES_PLAN_DEFAULT;
    if (!changes_parse(text, &plan, err))
        return false;
    changes_start(verbs->changes, &plan);
    return true;
}

static bool command_now(void *context, const char *text, struct error *err)
{
    const struct verbs *verbs = context;
    struct fault_effect effect;
    if (!fault_parse(text, &effect, err))
        return false;
    call_strike_streams(verbs->service, &effect);
    return true;
}

const struct control_verb verbs_firestore[VERBS_FIRESTORE] = {
    {"dump", command_dump}, {"changes", command_changes}, {"now", command_now}};
