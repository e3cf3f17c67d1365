/* Which lines are new, and whose they are. */
#include "sim/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/memory.h"

#define POLL_NS 50000000
#define LINES_MAX 4096

struct control {
    struct fault_set *faults;
    const struct control_verb *verbs;
    size_t verb_count;
    void *context;
    int timer;
    char *lines[LINES_MAX]; /* as carried out */
    size_t count;
};

struct control *control_new(struct fault_set *faults, const struct control_verb *verbs,
                            size_t count, void *context)
{
    struct control *control = memory_zero(1, sizeof(*control));
    struct itimerspec times = {.it_interval = {0, POLL_NS}, .it_value = {0, POLL_NS}};
    control->faults = faults;
    control->verbs = verbs;
    control->verb_count = count;
    control->context = context;
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
        fault_poll(control->faults);
}

/* ---- commands ---- */

static void command_run(struct control *control, const char *line)
{
    struct error err = {0};
    char *copy AUTO_FREE = memory_string(line);
    char *mark = strstr(copy, " #"); /* what follows makes a line new */
    if (mark != NULL)
        *mark = '\0';
    size_t name = strcspn(copy, " ");
    const char *text = copy + name + strspn(copy + name, " ");
    for (size_t i = 0; i < control->verb_count; i++) {
        const struct control_verb *verb = &control->verbs[i];
        if (strlen(verb->name) != name || strncmp(verb->name, copy, name) != 0)
            continue;
        if (!verb->run(control->context, text, &err))
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
