/* Commands as a table. */
#include "sim/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define POLL_NS 50000000
#define LINES_MAX 4096

struct control {
    struct call_service *service;
    struct store *store;
    struct store_collection *collection;
    struct changes *changes;
    int timer;
    char *lines[LINES_MAX]; /* as carried out */
    size_t count;
};

struct control *control_new(struct call_service *service, struct store *store,
                            struct store_collection *collection, struct changes *changes)
{
    struct control *control = memory_zero(1, sizeof(*control));
    struct itimerspec times = {.it_interval = {0, POLL_NS}, .it_value = {0, POLL_NS}};
    control->service = service;
    control->store = store;
    control->collection = collection;
    control->changes = changes;
    control->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    timerfd_settime(control->timer, 0, &times, NULL);
    return control;
}

static void lines_cut(struct control *control, size_t count)
{
    while (control->count > count)
        free(control->lines[--control->count]);
}

void control_free(struct control *control)
{
    if (control == NULL)
        return;
    lines_cut(control, 0);
    if (control->timer >= 0)
        close(control->timer);
    free(control);
}

int control_fd(const struct control *control)
{
    return control->timer;
}

void control_ready(void *context)
{
    struct control *control = context;
    uint64_t ticks;
    if (read(control->timer, &ticks, sizeof(ticks)) == sizeof(ticks))
        fault_poll(control->service->faults);
}

/* ---- commands ---- */

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

bool control_dump(struct store *store, struct store_collection *collection, const char *path,
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

static bool command_dump(struct control *control, const char *text, struct error *err)
{
    size_t count;
    if (!control_dump(control->store, control->collection, text, &count, err))
        return false;
    printf("dumped %zu documents to %s\n", count, text);
    fflush(stdout);
    return true;
}

static bool command_changes(struct control *control, const char *text, struct error *err)
{
    struct changes_plan plan = CHANGES_PLAN_DEFAULT;
    if (!changes_parse(text, &plan, err))
        return false;
    changes_start(control->changes, &plan);
    return true;
}

static bool command_now(struct control *control, const char *text, struct error *err)
{
    struct fault_effect effect;
    if (!fault_parse(text, &effect, err))
        return false;
    call_strike_streams(control->service, &effect);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct control *control, const char *text, struct error *err);
} commands[] = {{"dump", command_dump}, {"changes", command_changes}, {"now", command_now}};

static void command_run(struct control *control, const char *line)
{
    struct error err = {0};
    char *copy AUTO_FREE = memory_string(line);
    char *mark = strstr(copy, " #"); /* what follows makes a line new */
    if (mark != NULL)
        *mark = '\0';
    size_t name = strcspn(copy, " ");
    const char *text = copy + name + strspn(copy + name, " ");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strlen(commands[i].name) != name || strncmp(commands[i].name, copy, name) != 0)
            continue;
        if (!commands[i].run(control, text, &err))
            fprintf(stderr, "ordersync-sim: control file: %s\n", err.message);
        return;
    }
    fprintf(stderr, "ordersync-sim: control file: unknown command \"%s\"\n", line);
}

void control_command(void *context, size_t place, const char *line)
{
    struct control *control = context;
    if (line == NULL) {
        lines_cut(control, place);
        return;
    }
    if (place < control->count && strcmp(control->lines[place], line) == 0)
        return;
    lines_cut(control, place);
    if (place == LINES_MAX) {
        fprintf(stderr, "ordersync-sim: control file: more than %d commands\n", LINES_MAX);
        return;
    }
    if (place == control->count)
        control->lines[control->count++] = memory_string(line);
    command_run(control, line);
}
