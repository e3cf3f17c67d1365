/* The console over a made-up journal: its own boundary in place of src/engine/lookup.c, no engine,
 * a clock that stands still. What the screen tests run. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "screen/fixture.h"
#include "ui/console.h"

#define QUEUE_MAX 64

struct lookup {
    int wake_fd;
    uint64_t tickets;
    struct lookup_reply *replies[QUEUE_MAX];
    size_t count;
};

bool lookup_open(const struct settings *settings, struct local_engine *local,
                 struct lookup **ret_lookup, struct error *err)
{
    (void)settings;
    (void)local;
    (void)err;
    *ret_lookup = memory_zero(1, sizeof(**ret_lookup));
    (*ret_lookup)->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return true;
}

void lookup_reply_free(struct lookup_reply *reply)
{
    if (reply == NULL)
        return;
    arena_free(&reply->arena);
    free(reply);
}

void lookup_close(struct lookup *lookup)
{
    if (lookup == NULL)
        return;
    while (lookup->count > 0)
        lookup_reply_free(lookup->replies[--lookup->count]);
    close(lookup->wake_fd);
    free(lookup);
}

int lookup_fd(const struct lookup *lookup)
{
    return lookup->wake_fd;
}

uint64_t lookup_ask(struct lookup *lookup, const struct lookup_request *request)
{
    uint64_t one = 1;
    if (lookup->count == QUEUE_MAX)
        return 0;
    struct lookup_reply *reply = memory_zero(1, sizeof(*reply));
    reply->kind = request->kind;
    reply->request = *request;
    reply->ticket = ++lookup->tickets;
    fixture_answer(request, reply);
    reply->request.arguments = reply->request.reason = NULL;
    lookup->replies[lookup->count++] = reply;
    ssize_t ignored = write(lookup->wake_fd, &one, sizeof(one));
    (void)ignored;
    return reply->ticket;
}

struct lookup_reply *lookup_take(struct lookup *lookup)
{
    uint64_t count;
    if (lookup->count == 0) {
        ssize_t ignored = read(lookup->wake_fd, &count, sizeof(count));
        (void)ignored;
        return NULL;
    }
    struct lookup_reply *reply = lookup->replies[0];
    memmove(lookup->replies, lookup->replies + 1, --lookup->count * sizeof(reply));
    return reply;
}

/* No engine is ever started here. */
struct local_engine *local_engine_start(const struct settings *settings,
                                        const struct engine_options *options)
{
    (void)settings;
    (void)options;
    return NULL;
}
enum local_state local_engine_state(struct local_engine *local, struct error *ret_error)
{
    (void)local;
    (void)ret_error;
    return LOCAL_ENDED;
}
bool local_engine_status(struct local_engine *local, struct engine_status *ret_status)
{
    (void)local;
    (void)ret_status;
    return false;
}
void local_engine_stop(struct local_engine *local)
{
    (void)local;
}
void local_engine_free(struct local_engine *local)
{
    (void)local;
}

static void fake_doctor(void *context, finding_fn *add, void *add_context)
{
    static const struct console_finding findings[] = {
        {CHECK_OK, "settings", "environment dev", ""},
        {CHECK_OK, "state", "the state directory can be written", ""},
        {CHECK_WARNING, "journal", "no journal yet", "It is made by the first engine."},
        {CHECK_FAILED, "target", "OS-4001: connection refused",
         "Start PostgreSQL, or correct database_url."},
    };
    (void)context;
    for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
        if (!add(add_context, &findings[i]))
            return;
}

static const struct option options[] = {
    {"empty", no_argument, NULL, 'e'},       {"hostile", no_argument, NULL, 'h'},
    {"idle", no_argument, NULL, 'i'},        {"down", no_argument, NULL, 'd'},
    {"bulk", no_argument, NULL, 'b'},        {"held", no_argument, NULL, 'H'},
    {"sales", no_argument, NULL, 'S'},       {"read-budget", required_argument, NULL, 'B'},
    {"many", required_argument, NULL, 'm'},  {"answers", no_argument, NULL, 'A'},
    {"sends", required_argument, NULL, 's'}, {"environment", required_argument, NULL, 'E'},
    {"read-only", no_argument, NULL, 'r'},   {"ascii", no_argument, NULL, 'a'},
    {"moving", no_argument, NULL, 'M'},      {"dying", no_argument, NULL, 'D'},
    {"inspected", no_argument, NULL, 'I'},   {"plain", no_argument, NULL, 'p'},
    {"attached", no_argument, NULL, 'T'},    {NULL, 0, NULL, 0},
};

static void take_option(int option, struct console_options *console,
                        struct setting_override *overrides)
{
    switch (option) {
    case 'e':
        fixture_options.empty = true;
        break;
    case 'A':
        fixture_options.answers = true;
        break;
    case 'h':
        fixture_options.hostile = true;
        break;
    case 'i':
        fixture_options.idle = true;
        break;
    case 'd':
        fixture_options.target_down = true;
        break;
    case 'b':
        fixture_options.bulk = true;
        break;
    case 'S':
        fixture_options.sales = true;
        break;
    case 'H':
        fixture_options.held = true;
        break;
    case 'B':
        overrides[1].value = optarg;
        break;
    case 'm':
        fixture_options.many = strtoull(optarg, NULL, 10);
        break;
    case 's':
        fixture_options.sends = optarg;
        break;
    case 'E':
        overrides[0].value = optarg;
        break;
    case 'r':
        console->read_only = true;
        break;
    case 'a':
        console->ascii = true;
        break;
    case 'M':
        fixture_options.moving = true;
        console->fixed_now_us = 0;
        break;
    case 'D':
        fixture_options.dying = true;
        break;
    case 'I':
        fixture_options.inspected = true;
        break;
    case 'T':
        fixture_options.attached = true;
        break;
    case 'p':
        console->plain = true;
        break;
    default:
        exit(64);
    }
}

int main(int argc, char **argv)
{
    struct setting_override overrides[] = {
        {"environment", "dev"}, {"read_budget", "0"}, {NULL, NULL}};
    struct console_options console = {
        .operator_name = "kim", .fixed_now_us = FIXTURE_NOW, .doctor = fake_doctor};
    struct settings *settings = NULL;
    struct error err = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        take_option(option, &console, overrides);
    log_open(&(struct log_options){.level = LOG_LEVEL_INFO, .quiet = true});
    bool ok = settings_load("/dev/null", overrides, &settings, &err) &&
              console_run(settings, &console, &err);
    if (!ok)
        fprintf(stderr, "%s\n", err.message);
    if (settings != NULL)
        settings_free(settings);
    log_close();
    return ok ? 0 : 1;
}
