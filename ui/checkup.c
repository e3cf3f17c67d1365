/* One thread, one list under a mutex. */
#include "ui/checkup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

struct checkup {
    pthread_t thread;
    pthread_mutex_t mutex; /* the list and `over` */
    struct console_finding findings[CHECKUP_MAX];
    size_t count;
    bool over;
    atomic_bool stop;
    doctor_fn *doctor;
    void *context;
};

static bool checkup_add(void *context, const struct console_finding *finding)
{
    struct checkup *checkup = context;
    pthread_mutex_lock(&checkup->mutex);
    if (checkup->count < CHECKUP_MAX)
        checkup->findings[checkup->count++] = *finding;
    pthread_mutex_unlock(&checkup->mutex);
    return !atomic_load(&checkup->stop);
}

static void *checkup_run(void *context)
{
    struct checkup *checkup = context;
    checkup->doctor(checkup->context, checkup_add, checkup);
    pthread_mutex_lock(&checkup->mutex);
    checkup->over = true;
    pthread_mutex_unlock(&checkup->mutex);
    return NULL;
}

struct checkup *checkup_start(doctor_fn *doctor, void *context)
{
    struct checkup *checkup = memory_zero(1, sizeof(*checkup));
    checkup->doctor = doctor;
    checkup->context = context;
    pthread_mutex_init(&checkup->mutex, NULL);
    if (pthread_create(&checkup->thread, NULL, checkup_run, checkup) == 0)
        return checkup;
    pthread_mutex_destroy(&checkup->mutex);
    free(checkup);
    return NULL;
}

void checkup_free(struct checkup *checkup)
{
    if (checkup == NULL)
        return;
    atomic_store(&checkup->stop, true);
    pthread_join(checkup->thread, NULL);
    pthread_mutex_destroy(&checkup->mutex);
    free(checkup);
}

size_t checkup_count(struct checkup *checkup, bool *ret_over)
{
    pthread_mutex_lock(&checkup->mutex);
    size_t count = checkup->count;
    *ret_over = checkup->over;
    pthread_mutex_unlock(&checkup->mutex);
    return count;
}

static int paint_finding(struct paint *paint, struct rect area, const struct console_finding *found)
{
    static const enum role roles[] = {
        [CHECK_OK] = ROLE_OK, [CHECK_WARNING] = ROLE_WARNING, [CHECK_FAILED] = ROLE_ERROR};
    enum role role = roles[found->level];
    char text[480];
    snprintf(text, sizeof(text), "%s%s: %s", theme_mark(role), found->check, found->text);
    int used = paint_wrapped(paint, area, role, str_from(text));
    struct rect rest = {area.y + used, area.x + 3, area.height - used, area.width - 3};
    return used + paint_wrapped(paint, rest, ROLE_TEXT, str_from(found->remedy));
}

int checkup_paint(struct checkup *checkup, struct paint *paint, struct rect area)
{
    int y = 0;
    unsigned fine = 0;
    if (checkup == NULL || area.height < 1)
        return 0;
    pthread_mutex_lock(&checkup->mutex);
    for (int level = CHECK_FAILED; level > CHECK_OK; level--)
        for (size_t i = 0; i < checkup->count && y < area.height - 1; i++) {
            struct rect rest = {area.y + y, area.x, area.height - 1 - y, area.width};
            if ((int)checkup->findings[i].level == level)
                y += paint_finding(paint, rest, &checkup->findings[i]);
        }
    for (size_t i = 0; i < checkup->count; i++)
        fine += checkup->findings[i].level == CHECK_OK;
    paint_format(paint, area.y + y, area.x, area.width, ROLE_DIM, "doctor: %u checks are fine%s",
                 fine, checkup->over ? "" : ", still looking");
    pthread_mutex_unlock(&checkup->mutex);
    return y + 1;
}
