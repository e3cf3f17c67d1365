/* The dice of a session. */
#include "sim/sessionplan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/generator.h"
#include "sim/hash.h"

enum salt { SALT_SESSION = 500, SALT_ID, SALT_INTENT, SALT_MOMENT };

static const struct session_currency currencies[] = {
    {"usd", 1, 500, 8000, 42, "eur", 92},    {"eur", 1, 500, 8000, 20, "gbp", 86},
    {"gbp", 1, 500, 8000, 10, NULL, 100},    {"jpy", 1, 300, 12000, 8, NULL, 100},
    {"kwd", 10, 150, 2500, 6, NULL, 100},    {"isk", 100, 500, 20000, 5, NULL, 100},
    {"ugx", 100, 5000, 90000, 4, NULL, 100}, {"cad", 1, 500, 8000, 5, "jpy", 110},
};
#define CURRENCY_COUNT (sizeof(currencies) / sizeof(currencies[0]))

bool session_state_parse(const char *name, enum session_state *ret_state)
{
    static const char *const names[SESSION_STATE_COUNT] = {
        [SESSION_PAID] = "paid", [SESSION_UNPAID] = "unpaid",
        [SESSION_OPEN] = "open", [SESSION_EXPIRED] = "expired",
        [SESSION_FREE] = "free", [SESSION_REFUNDED] = "refunded"};
    for (size_t i = 0; i < SESSION_STATE_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_state = (enum session_state)i;
            return true;
        }
    }
    return false;
}

/* ---- rules ---- */

/* Numbers up to `high` with `separator` between them. */
static bool numbers_parse(const char *text, char separator, unsigned high, unsigned *ret_numbers,
                          size_t max, size_t *ret_count)
{
    size_t count = 0;
    for (;;) {
        char *end;
        errno = 0;
        unsigned long number = strtoul(text, &end, 10);
        if (end == text || errno != 0 || number > high || count == max)
            return false;
        ret_numbers[count++] = (unsigned)number;
        if (*end == '\0')
            break;
        if (*end != separator)
            return false;
        text = end + 1;
    }
    *ret_count = count;
    return true;
}

bool session_rules_make(const struct rest_options *options, uint64_t seed, size_t sessions,
                        struct session_rules *ret_rules, struct error *err)
{
    struct session_rules rules = {.seed = seed, .days = options->days, .sessions = sessions};
    size_t shares;
    unsigned sum = 0;
    bool good = numbers_parse(options->mix, ':', 100, rules.shares, SESSION_STATE_COUNT, &shares);
    for (size_t i = 0; good && i < shares; i++)
        sum += rules.shares[i];
    if (!good || shares != SESSION_STATE_COUNT || sum != 100)
        return error_set(err, ERROR_USAGE, "--mix %s: not six percentages that make 100",
                         options->mix);
    if (!numbers_parse(options->items, ',', SESSION_MAX_ITEMS, rules.counts, SESSION_MAX_COUNTS,
                       &rules.count_count))
        return error_set(err, ERROR_USAGE, "--items %s: not up to %d numbers below %d",
                         options->items, SESSION_MAX_COUNTS, SESSION_MAX_ITEMS + 1);
    rules.now_s = options->now_s != 0 ? options->now_s : (int64_t)time(NULL);
    *ret_rules = rules;
    return true;
}

int64_t session_rules_created(const struct session_rules *rules, size_t index)
{
    int64_t span = rules->days * 86400;
    size_t sessions = rules->sessions == 0 ? 1 : rules->sessions;
    if (index >= rules->sessions) /* one that came later */
        return rules->now_s;
    return rules->now_s - span + (int64_t)((index + 1) * (uint64_t)span / sessions);
}

int64_t session_rules_restamped(const struct session_rules *rules, size_t number)
{
    int64_t span = rules->days > 0 ? rules->days * 86400 : 86400;
    return rules->now_s - (int64_t)((number + 1) * 3607 % (uint64_t)span);
}

/* ---- ids ---- */

void session_object_id(char *ret_id, size_t size, const char *prefix, uint64_t seed, uint64_t salt,
                       size_t index, unsigned letters)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct dice dice = {hash_pair(seed, salt, index)};
    uint64_t roll = 0;
    size_t at = strlen(prefix);
    str_fill(ret_id, size, prefix);
    for (unsigned i = 0; i < letters && at + 1 < size; i++) {
        if (i % 10 == 0)
            roll = dice_next(&dice);
        ret_id[at++] = alphabet[roll % 62];
        roll /= 62;
    }
    ret_id[at] = '\0';
}

void session_id(uint64_t seed, size_t index, char ret_id[SESSION_ID_SIZE])
{
    session_object_id(ret_id, SESSION_ID_SIZE, "cs_test_a1", seed, SALT_ID, index, 56);
}

void session_intent_id(uint64_t seed, size_t index, char ret_id[SESSION_ID_SIZE])
{
    session_object_id(ret_id, SESSION_ID_SIZE, "pi_3", seed, SALT_INTENT, index, 23);
}

void session_reference(size_t index, char ret_id[SESSION_ID_SIZE])
{
    snprintf(ret_id, SESSION_ID_SIZE, "cart-%07zu", index);
}

void session_order_ref(size_t index, char ret_id[SESSION_ID_SIZE])
{
    snprintf(ret_id, SESSION_ID_SIZE, "R%08zu", index);
}

/* ---- plans ---- */

static size_t share_roll(struct dice *dice, const unsigned *shares, size_t count)
{
    unsigned roll = (unsigned)(dice_next(dice) % 100);
    for (size_t i = 0; i < count; i++) {
        if (roll < shares[i])
            return i;
        roll -= shares[i];
    }
    return 0;
}

static const struct session_currency *currency_roll(struct dice *dice)
{
    unsigned shares[CURRENCY_COUNT];
    for (size_t i = 0; i < CURRENCY_COUNT; i++)
        shares[i] = currencies[i].share;
    return &currencies[share_roll(dice, shares, CURRENCY_COUNT)];
}

static int64_t percent_of(int64_t amount, int64_t percent, int64_t step)
{
    return amount * percent / 100 / step * step;
}

static void item_make(struct session_plan *plan, struct dice *dice, int64_t tax, int64_t discount)
{
    const struct session_currency *currency = plan->currency;
    struct session_item *item = &plan->items[plan->item_count++];
    item->product = &catalogue_products[dice_next(dice) % CATALOGUE_PRODUCTS];
    item->unit = dice_between(dice, currency->low, currency->high) * currency->step;
    item->quantity = dice_between(dice, 1, 3);
    item->subtotal = item->unit * item->quantity;
    item->discount = percent_of(item->subtotal, discount, currency->step);
    item->tax = percent_of(item->subtotal - item->discount, tax, currency->step);
    item->total = item->subtotal - item->discount + item->tax;
    plan->subtotal += item->subtotal;
    plan->discount += item->discount;
    plan->tax += item->tax;
}

static void plan_refund(struct session_plan *plan, struct dice *dice)
{
    bool whole = dice_chance(dice, 50);
    plan->refunds = whole || plan->total < 4 * plan->currency->step ? 1 : 1 + dice_next(dice) % 2;
    plan->refunded = whole ? plan->total : percent_of(plan->total, 40, plan->currency->step);
    plan->refund_after_s = dice_between(dice, 3600, 20 * 86400);
}

static void plan_people(const struct session_rules *rules, struct session_plan *plan,
                        struct dice *dice)
{
    plan->customer = generator_seed_customer(rules->seed, plan->index);
    unsigned persona = generator_seed_persona(plan->customer);
    plan->persona = &catalogue_personas[persona % PERSONA_ROWS];
    plan->first_name = plan->persona->first[persona / PERSONA_ROWS % 3];
    plan->guest = dice_chance(dice, 35);
    plan->shipped = dice_chance(dice, 80);
}

void session_plan_make(const struct session_rules *rules, size_t index,
                       struct session_plan *ret_plan)
{
    struct session_plan *plan = ret_plan;
    struct dice dice = {hash_pair(rules->seed, SALT_SESSION, index)};
    memset(plan, 0, offsetof(struct session_plan, items));
    plan->index = index;
    plan->created_s = session_rules_created(rules, index);
    plan->state = (enum session_state)share_roll(&dice, rules->shares, SESSION_STATE_COUNT);
    plan->currency = currency_roll(&dice);
    plan->presented = plan->currency->presentment != NULL && dice_chance(&dice, 15);
    plan_people(rules, plan, &dice);
    int64_t tax = dice_chance(&dice, 30) ? 0 : dice_between(&dice, 5, 25);
    int64_t discount = dice_chance(&dice, 15) ? 10 : 0;
    plan->subtotal = plan->discount = plan->tax = 0;
    unsigned count = rules->counts[index % rules->count_count];
    while (plan->item_count < count)
        item_make(plan, &dice, tax, plan->state == SESSION_FREE ? 100 : discount);
    plan->shipping = plan->shipped && plan->state != SESSION_FREE
                         ? dice_between(&dice, plan->currency->low / 4, plan->currency->low) *
                               plan->currency->step
                         : 0;
    plan->total = plan->subtotal - plan->discount + plan->tax + plan->shipping;
    plan->refunds = 0;
    plan->refunded = 0;
    if (plan->state == SESSION_REFUNDED)
        plan_refund(plan, &dice);
}

void session_plan_turn(struct session_plan *plan, enum session_state state)
{
    struct dice dice = {plan->index};
    plan->state = state;
    if (state == SESSION_REFUNDED)
        plan_refund(plan, &dice);
}
