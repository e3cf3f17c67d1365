/* Rules and the requests they hit. */
#include "sim/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "sim/hash.h"

#define STALL_US (3600ll * 1000000)
#define CONTROL_LINE_SIZE 1024

struct fault_rule {
    enum fault_kind kind;
    int64_t every;   /* each N-th request that the rule sees; 0: all */
    int64_t after;   /* not before that many */
    int64_t count;   /* at most so many hits; 0: no limit */
    int64_t percent; /* 0: every one that fits */
    int64_t delay_ms;
    int64_t reset;
    int64_t messages;
    int64_t bytes;
    int64_t after_ms;
    int64_t current;
    int64_t code;
    int64_t more;
    int64_t fewer;
    int64_t retry_after;
    char method[40]; /* "": all */
    char text[FAULT_MAX_TEXT];
    uint64_t seen;
    uint64_t hits;
    bool from_file;
};

struct fault_set {
    uint64_t seed;
    enum fault_side side;
    char *control_file;
    struct timespec control_time;
    off_t control_size;
    struct fault_rule rules[FAULT_MAX_RULES];
    size_t count;
    fault_command_fn *command;
    void *context;
};

#define FAULT_OF_BOTH (FAULT_OF_FIRESTORE | FAULT_OF_REST)
static const struct {
    const char *name;
    int sides;
} kinds[FAULT_KIND_COUNT] = {
    [FAULT_UNAVAILABLE] = {"unavailable", FAULT_OF_BOTH},
    [FAULT_EXHAUSTED] = {"exhausted", FAULT_OF_BOTH},
    [FAULT_CUT] = {"cut", FAULT_OF_BOTH},
    [FAULT_SLOW] = {"slow", FAULT_OF_BOTH},
    [FAULT_LATENCY] = {"latency", FAULT_OF_BOTH},
    [FAULT_STALL] = {"stall", FAULT_OF_BOTH},
    [FAULT_STALE] = {"stale", FAULT_OF_FIRESTORE},
    [FAULT_INTERNAL] = {"internal", FAULT_OF_BOTH},
    [FAULT_DENIED] = {"denied", FAULT_OF_BOTH},
    [FAULT_UNAUTHENTICATED] = {"unauthenticated", FAULT_OF_BOTH},
    [FAULT_GOAWAY] = {"goaway", FAULT_OF_FIRESTORE},
    [FAULT_RESET] = {"reset", FAULT_OF_FIRESTORE},
    [FAULT_REMOVE] = {"remove", FAULT_OF_FIRESTORE},
    [FAULT_FILTER] = {"filter", FAULT_OF_FIRESTORE},
    [FAULT_DUPLICATE] = {"duplicate", FAULT_OF_FIRESTORE},
    [FAULT_REORDER] = {"reorder", FAULT_OF_FIRESTORE},
    [FAULT_UNSURE] = {"unsure", FAULT_OF_FIRESTORE},
    [FAULT_FORGET] = {"forget", FAULT_OF_FIRESTORE},
    [FAULT_EXPIRE] = {"expire", FAULT_OF_FIRESTORE},
    [FAULT_LEGACY] = {"legacy", FAULT_OF_REST},
    [FAULT_LOCK] = {"lock", FAULT_OF_REST},
    [FAULT_STATUS] = {"status", FAULT_OF_REST},
    [FAULT_HTML] = {"html", FAULT_OF_REST},
    [FAULT_TRUNCATE] = {"truncate", FAULT_OF_REST},
    [FAULT_EMPTY] = {"empty", FAULT_OF_REST},
    [FAULT_BODY] = {"body", FAULT_OF_REST},
    [FAULT_REDIRECT] = {"redirect", FAULT_OF_REST},
    [FAULT_ARRIVE] = {"arrive", FAULT_OF_REST},
    [FAULT_VANISH] = {"vanish", FAULT_OF_REST},
};

struct fault_set *fault_set_new(uint64_t seed, const char *control_file, enum fault_side side)
{
    struct fault_set *set = memory_zero(1, sizeof(*set));
    set->seed = seed;
    set->side = side;
    set->control_file = memory_string(control_file);
    set->control_size = -1;
    return set;
}

void fault_set_free(struct fault_set *set)
{
    if (set == NULL)
        return;
    free(set->control_file);
    free(set);
}

static enum fault_kind kind_parse(const char *name, size_t len)
{
    for (int i = 1; i < FAULT_KIND_COUNT; i++) {
        if (strlen(kinds[i].name) == len && strncmp(kinds[i].name, name, len) == 0)
            return (enum fault_kind)i;
    }
    return FAULT_NONE;
}

static bool rule_set_text(struct fault_rule *rule, const char *pair, size_t len)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
    } keys[] = {{"method=", rule->method, sizeof(rule->method)},
                {"reason=", rule->text, sizeof(rule->text)},
                {"file=", rule->text, sizeof(rule->text)}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t name = strlen(keys[i].name);
        if (len < name || len - name >= keys[i].size || strncmp(pair, keys[i].name, name) != 0)
            continue;
        snprintf(keys[i].text, keys[i].size, "%.*s", (int)(len - name), pair + name);
        return true;
    }
    return false;
}

static bool rule_set(struct fault_rule *rule, const char *pair, size_t len)
{
    const struct {
        const char *name;
        int64_t *number;
    } keys[] = {{"every=", &rule->every},       {"after=", &rule->after},
                {"count=", &rule->count},       {"percent=", &rule->percent},
                {"delay_ms=", &rule->delay_ms}, {"reset=", &rule->reset},
                {"messages=", &rule->messages}, {"bytes=", &rule->bytes},
                {"ms=", &rule->after_ms},       {"current=", &rule->current},
                {"code=", &rule->code},         {"more=", &rule->more},
                {"fewer=", &rule->fewer},       {"retry_after=", &rule->retry_after}};
    if (rule_set_text(rule, pair, len))
        return true;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t name = strlen(keys[i].name);
        if (len <= name || strncmp(pair, keys[i].name, name) != 0)
            continue;
        char *end;
        long long number = strtoll(pair + name, &end, 10);
        if (end != pair + len || number < 0)
            return false;
        *keys[i].number = number;
        return true;
    }
    return false;
}

static bool rule_parse(const char *spec, struct fault_rule *ret_rule, struct error *err)
{
    struct fault_rule rule = {0};
    size_t len = strcspn(spec, ":");
    const char *at = spec + len;
    rule.kind = kind_parse(spec, len);
    if (rule.kind == FAULT_NONE)
        return error_set(err, ERROR_USAGE, "unknown fault \"%s\"", spec);
    while (*at != '\0') {
        at++;
        size_t pair = strcspn(at, ",");
        if (!rule_set(&rule, at, pair))
            return error_set(err, ERROR_USAGE, "fault \"%s\": bad part \"%.*s\"", spec, (int)pair,
                             at);
        at += pair;
    }
    *ret_rule = rule;
    return true;
}

bool fault_add(struct fault_set *set, const char *spec, struct error *err)
{
    if (set->count == FAULT_MAX_RULES)
        return error_set(err, ERROR_USAGE, "more than %d faults", FAULT_MAX_RULES);
    if (!rule_parse(spec, &set->rules[set->count], err))
        return false;
    if ((kinds[set->rules[set->count].kind].sides & (int)set->side) == 0)
        return error_set(err, ERROR_USAGE, "fault \"%s\": not one of this source's", spec);
    set->count++;
    return true;
}

#define REMOVE_CODE 13 /* INTERNAL, when none is said */

static struct fault_effect rule_effect(const struct fault_rule *rule)
{
    struct fault_effect effect = {
        .kind = rule->kind,
        .delay_us = rule->delay_ms * 1000,
        .reset = rule->reset != 0,
        .current = rule->current != 0,
        .messages = rule->messages,
        .bytes = rule->bytes,
        .after_us = rule->after_ms * 1000,
        .code = rule->code == 0 && rule->kind == FAULT_REMOVE ? REMOVE_CODE : (int)rule->code,
        .more = rule->more - rule->fewer,
        .retry_after = rule->retry_after,
    };
    STR_FILL(effect.text, rule->text);
    if (rule->kind == FAULT_STALL && effect.delay_us == 0)
        effect.delay_us = STALL_US;
    return effect;
}

bool fault_parse(const char *spec, struct fault_effect *ret_effect, struct error *err)
{
    struct fault_rule rule;
    if (!rule_parse(spec, &rule, err))
        return false;
    *ret_effect = rule_effect(&rule);
    ret_effect->now = true;
    return true;
}

bool fault_strikes(enum fault_kind kind)
{
    switch (kind) {
    case FAULT_NONE:
    case FAULT_SLOW:
    case FAULT_LATENCY:
    case FAULT_DUPLICATE:
    case FAULT_REORDER:
    case FAULT_UNSURE:
    case FAULT_FORGET:
    case FAULT_EXPIRE:
        return false;
    default:
        return true;
    }
}

bool fault_is_of_streams(enum fault_kind kind)
{
    return kind >= FAULT_RESET;
}

bool fault_waits(const struct fault_effect *effect)
{
    return effect->now || effect->current || effect->messages > 0 || effect->bytes > 0 ||
           effect->after_us > 0;
}

void fault_set_commands(struct fault_set *set, fault_command_fn *command, void *context)
{
    set->command = command;
    set->context = context;
}

static void control_drop(struct fault_set *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (!set->rules[i].from_file)
            set->rules[kept++] = set->rules[i];
    }
    set->count = kept;
}

/* Faults are one word; whatever has a second one is a command. */
static void control_line(struct fault_set *set, char *line, size_t *commands)
{
    struct error err = {0};
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0' || line[0] == '#')
        return;
    if (strchr(line, ' ') != NULL && set->command != NULL) {
        set->command(set->context, (*commands)++, line);
        return;
    }
    if (fault_add(set, line, &err))
        set->rules[set->count - 1].from_file = true;
    else
        fprintf(stderr, "ordersync-sim: control file: %s\n", err.message);
}

void fault_poll(struct fault_set *set)
{
    struct stat info;
    char line[CONTROL_LINE_SIZE];
    size_t commands = 0;
    if (set->control_file == NULL)
        return;
    if (stat(set->control_file, &info) != 0) {
        info.st_size = -1;
        memset(&info.st_mtim, 0, sizeof(info.st_mtim));
    }
    if (info.st_size == set->control_size &&
        memcmp(&info.st_mtim, &set->control_time, sizeof(info.st_mtim)) == 0)
        return;
    set->control_size = info.st_size;
    set->control_time = info.st_mtim;
    control_drop(set);
    FILE *file = fopen(set->control_file, "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL)
        control_line(set, line, &commands);
    fclose(file);
    if (set->command != NULL)
        set->command(set->context, commands, NULL);
}

static bool rule_fits(struct fault_rule *rule, uint64_t seed, const char *method)
{
    if (rule->method[0] != '\0' && strcmp(rule->method, method) != 0)
        return false;
    uint64_t number = ++rule->seen;
    if (number <= (uint64_t)rule->after)
        return false;
    if (rule->count > 0 && rule->hits >= (uint64_t)rule->count)
        return false;
    if (rule->every > 0 && (number - (uint64_t)rule->after) % (uint64_t)rule->every != 0)
        return false;
    if (rule->percent > 0 &&
        hash_pair(seed, (uint64_t)rule->kind, number) % 100 >= (uint64_t)rule->percent)
        return false;
    rule->hits++;
    return true;
}

struct fault_effect fault_next(struct fault_set *set, const char *method)
{
    struct fault_effect effect = {.kind = FAULT_NONE};
    if (set == NULL)
        return effect;
    fault_poll(set);
    for (size_t i = 0; i < set->count; i++) {
        struct fault_rule *rule = &set->rules[i];
        bool fits = rule_fits(rule, set->seed, method); /* every rule counts every request */
        if (!fits || effect.kind != FAULT_NONE)
            continue;
        effect = rule_effect(rule);
    }
    return effect;
}
