/* The dice of a generated order. Shares follow the census of facts on public orders: test 28 %,
 * refunds 31 %, cancelled 20 % among samples, lowered here to what a shop sees. */
#include "sim/orderplan.h"

#include <string.h>

static const struct currency *plan_currency(struct dice *dice)
{
    int64_t roll = dice_between(dice, 0, 99);
    for (size_t i = 0; i < CATALOGUE_CURRENCIES; i++) {
        roll -= catalogue_currencies[i].weight;
        if (roll < 0)
            return &catalogue_currencies[i];
    }
    return &catalogue_currencies[0];
}

/* A choice by shares of 100; the rest falls to 0. */
static unsigned plan_share(struct dice *dice, const unsigned *shares, unsigned count)
{
    unsigned roll = (unsigned)dice_between(dice, 0, 99);
    for (unsigned i = 0; i < count; i++) {
        if (roll < shares[i])
            return i + 1;
        roll -= shares[i];
    }
    return 0;
}

static void plan_forms(struct order_plan *plan)
{
    struct dice *dice = &plan->dice;
    plan->generation = (enum generation)plan_share(dice, (const unsigned[]){15, 30, 25, 15}, 4);
    plan->customer = (enum customer_form)plan_share(dice, (const unsigned[]){40, 3, 5, 3}, 4);
    plan->email = (enum email_form)plan_share(dice, (const unsigned[]){6, 3, 3, 4}, 4);
    plan->refund = (enum refund_form)plan_share(dice, (const unsigned[]){8, 4, 2, 2, 2}, 5);
    plan->ship = (enum ship_form)plan_share(dice, (const unsigned[]){10, 30, 6, 15, 2}, 5);
    plan->id = (enum id_form)plan_share(dice, (const unsigned[]){3, 3}, 2);
    plan->time = (enum time_form)plan_share(dice, (const unsigned[]){8, 4, 4}, 3);
    plan->addresses = (enum absence)plan_share(dice, (const unsigned[]){6, 0, 4}, 3);
    plan->discounts_absent = (enum absence)plan_share(dice, (const unsigned[]){0, 3, 6}, 3);
    plan->returns = plan->generation == GENERATION_2025 && dice_chance(dice, 30) ? ABSENCE_VALUE
                    : plan->generation >= GENERATION_2024_10 && dice_chance(dice, 60)
                        ? ABSENCE_EMPTY
                        : ABSENCE_MISSING;
}

static void plan_flags(struct order_plan *plan)
{
    const struct {
        bool *flag;
        unsigned percent;
    } flags[] = {
        {&plan->taxes_included, 25},
        {&plan->test, 6},
        {&plan->cancelled, 5},
        {&plan->closed, 20},
        {&plan->paid, 85},
        {&plan->edited, 6},
        {&plan->pos, 6},
        {&plan->draft, 5},
        {&plan->b2b, 3},
        {&plan->duties, 4},
        {&plan->note, 18},
        {&plan->note_attributes, 35},
        {&plan->tags, 30},
        {&plan->digital, 6},
        {&plan->two_shipping_lines, 4},
        {&plan->discount_percent, 60},
        {&plan->presentment, 20},
        {&plan->lean, 32},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        *flags[i].flag = dice_chance(&plan->dice, flags[i].percent);
    plan->discount_count = plan_share(&plan->dice, (const unsigned[]){22, 6}, 2);
    if (plan->currency->presentment == NULL)
        plan->presentment = false;
    if (plan->discounts_absent != ABSENCE_VALUE)
        plan->discount_count = 0;
}

static int64_t plan_round(int64_t amount, double rate)
{
    return (int64_t)((double)amount * rate + 0.5);
}

static void plan_line(struct order_plan *plan, size_t i)
{
    struct plan_line *line = &plan->lines[i];
    struct dice *dice = &plan->dice;
    int64_t unit = plan->currency->scale == 3 ? 10 : 1; /* three decimals: keep the amounts alike */
    line->product = &catalogue_products[dice_next(dice) % CATALOGUE_PRODUCTS];
    line->kind = LINE_PRODUCT;
    if (i > 0)
        line->kind = (enum line_kind)plan_share(dice, (const unsigned[]){8, 3, 3}, 3);
    line->price = (struct amount){dice_between(dice, 2000, 6400) * unit, i == 0};
    line->quantity = i == 0 || line->kind == LINE_TIP ? 1 : dice_between(dice, 1, 4);
    line->current = line->quantity;
    line->no_id = i > 0 && dice_chance(dice, 1);
    int64_t whole = line->price.minor * line->quantity;
    if (plan->discount_count > 0)
        line->discount = plan_round(whole, plan->discount_percent ? 0.10 : 0.05);
    if (line->kind != LINE_TIP && line->kind != LINE_GIFT_CARD) {
        line->tax = plan_round(whole - line->discount, plan->tax_rate);
        line->tax2 =
            strcmp(catalogue_personas[plan->persona % PERSONA_ROWS].country_code, "CA") == 0
                ? plan_round(whole - line->discount, 0.09975)
                : 0;
    }
}

static void plan_lines(struct order_plan *plan)
{
    plan->line_count = 1 + plan_share(&plan->dice, (const unsigned[]){30, 14, 6, 3}, 4);
    plan->tax_rate =
        plan->currency->scale == 0 ? 0.10 : (double)dice_between(&plan->dice, 0, 24) / 100;
    for (size_t i = 0; i < plan->line_count; i++)
        plan_line(plan, i);
    size_t last = plan->line_count - 1;
    if (plan->edited && last > 0)
        plan->lines[last].current = 0;
    if (plan->refund == REFUND_LINE && last > 0)
        plan->lines[last].refunded = true;
    if (plan->refund == REFUND_FULL) {
        for (size_t i = 0; i <= last; i++)
            plan->lines[i].refunded = true;
    }
}

static void plan_totals(struct order_plan *plan)
{
    for (size_t i = 0; i < plan->line_count; i++) {
        const struct plan_line *line = &plan->lines[i];
        plan->lines_total.minor += line->price.minor * line->quantity;
        plan->discount += line->discount;
        plan->tax += line->tax + line->tax2;
        if (line->kind == LINE_TIP)
            plan->tip += line->price.minor;
        if (line->refunded)
            plan->refunded.minor += line->price.minor * line->quantity - line->discount + line->tax;
    }
    int64_t unit = plan->currency->scale == 3 ? 10 : 1;
    plan->shipping = plan->digital || plan->pos ? 0 : dice_between(&plan->dice, 300, 900) * unit;
    plan->shipping_tax = plan_round(plan->shipping, plan->tax_rate);
    plan->duty = plan->duties ? 450 * unit : 0;
    plan->tax += plan->shipping_tax;
    plan->lines_total.moves = true;
    plan->subtotal = (struct amount){plan->lines_total.minor - plan->discount, true};
    plan->total = (struct amount){plan->subtotal.minor + plan->shipping + plan->duty, true};
    if (!plan->taxes_included)
        plan->total.minor += plan->tax;
    plan->refunded.moves = plan->refund == REFUND_FULL;
    plan->current_subtotal =
        plan->refund == REFUND_FULL ? (struct amount){0, false} : plan->subtotal;
    plan->current_total = plan->refund == REFUND_FULL ? (struct amount){0, false} : plan->total;
}

void order_plan_make(uint64_t seed, unsigned persona, unsigned variant, enum breakage breakage,
                     unsigned attempt, struct order_plan *ret_plan)
{
    struct order_plan plan = {.persona = persona, .breakage = breakage};
    plan.dice.state = hash_pair(seed, 1000 + variant + 10000 * (uint64_t)attempt, persona);
    plan.currency = plan_currency(&plan.dice);
    plan_forms(&plan);
    plan_flags(&plan);
    if (breakage != BREAKAGE_NONE) {
        plan.id = ID_INTEGER;
        plan.time = TIME_OFFSET;
    }
    if (breakage == BREAKAGE_REFUND_AMOUNT)
        plan.refund = REFUND_FULL;
    plan_lines(&plan);
    plan_totals(&plan);
    *ret_plan = plan;
}
