/* The tables behind sale.h: what Stripe's and Printful's words mean for a sale, and how many minor
 * units make one of a currency. */
#include "model/sale.h"

/* --- Stripe --- */

/* The first row that fits counts; payment_status NULL fits any word. Sessions made before late 2021
 * have no status: one that is paid is complete. A free session says no_payment_required from the
 * moment it is opened, so that word settles only a complete one. */
static const struct {
    const char *status; /* NULL: the session has none */
    const char *payment_status;
    int64_t rank;
} session_ranks[] = {
    {"complete", "paid", SESSION_RANK_SETTLED},
    {"complete", "no_payment_required", SESSION_RANK_SETTLED},
    {"complete", NULL, 1},
    {"expired", NULL, 1},
    {NULL, "paid", SESSION_RANK_SETTLED},
};

int64_t session_rank(struct str status, struct str payment_status)
{
    for (size_t i = 0; i < sizeof(session_ranks) / sizeof(session_ranks[0]); i++) {
        const char *payment = session_ranks[i].payment_status;
        if (str_equal(status, str_from(session_ranks[i].status)) &&
            (payment == NULL || str_equal(payment_status, str_from(payment))))
            return session_ranks[i].rank;
    }
    return 0;
}

/* The same for what a session is to us: from the top, the first row that fits. */
#define ANY_WORD "*"
static const struct {
    const char *mode;
    const char *status;
    const char *payment_status;
    enum error_id refusal;
} session_refusals[] = {
    {ANY_WORD, "open", ANY_WORD, ERROR_SESSION_OPEN},
    {ANY_WORD, "expired", ANY_WORD, ERROR_SESSION_EXPIRED},
    {"setup", ANY_WORD, ANY_WORD, ERROR_SESSION_SETUP},
    {ANY_WORD, "complete", ANY_WORD, ERROR_NONE},
    {ANY_WORD, ANY_WORD, "paid", ERROR_NONE}, /* no status, or a word of tomorrow */
    {ANY_WORD, ANY_WORD, ANY_WORD, ERROR_SESSION_OPEN},
};

static bool word_fits(struct str word, const char *row)
{
    return strcmp(row, ANY_WORD) == 0 || str_equal(word, str_from(row));
}

enum error_id session_refusal(struct str mode, struct str status, struct str payment_status)
{
    size_t i = 0;
    while (!word_fits(mode, session_refusals[i].mode) ||
           !word_fits(status, session_refusals[i].status) ||
           !word_fits(payment_status, session_refusals[i].payment_status))
        i++;
    return session_refusals[i].refusal;
}

static bool one_of(struct str word, const char *const *words)
{
    while (*words != NULL && !str_equal(word, str_from(*words)))
        words++;
    return *words != NULL;
}

bool session_mode_known(struct str mode)
{
    static const char *const modes[] = {"payment", "setup", "subscription", NULL};
    return one_of(mode, modes);
}

bool session_status_known(struct str status)
{
    static const char *const statuses[] = {"open", "complete", "expired", NULL};
    return one_of(status, statuses);
}

bool payment_status_known(struct str status)
{
    static const char *const statuses[] = {"paid", "unpaid", "no_payment_required", NULL};
    return one_of(status, statuses);
}

static const struct {
    const char *word;
    const char *ours;
} refund_statuses[] = {
    {"succeeded", "success"}, {"pending", "pending"},   {"requires_action", "pending"},
    {"failed", "failure"},    {"canceled", "canceled"},
};
#define REFUND_STATUSES (sizeof(refund_statuses) / sizeof(refund_statuses[0]))

static size_t refund_find(struct str status)
{
    size_t i = 0;
    while (i < REFUND_STATUSES && !str_equal(status, str_from(refund_statuses[i].word)))
        i++;
    return i;
}

bool stripe_refund_known(struct str status)
{
    return refund_find(status) < REFUND_STATUSES;
}

struct str stripe_refund_status(struct str status)
{
    size_t found = refund_find(status);
    return found < REFUND_STATUSES ? str_from(refund_statuses[found].ours) : status;
}

/* https://docs.stripe.com/currencies. What is not listed has two digits: so have huf and twd (whole
 * only in payouts), and isk and ugx, which are whole amounts that Stripe writes with two zeros. */
static const struct {
    char currency[4];
    unsigned scale;
} scales[] = {
    {"bif", 0}, {"clp", 0}, {"djf", 0}, {"gnf", 0}, {"jpy", 0}, {"kmf", 0}, {"krw", 0},
    {"mga", 0}, {"pyg", 0}, {"rwf", 0}, {"vnd", 0}, {"vuv", 0}, {"xaf", 0}, {"xof", 0},
    {"xpf", 0}, {"bhd", 3}, {"jod", 3}, {"kwd", 3}, {"omr", 3}, {"tnd", 3},
};
#define SCALE_USUAL 2

unsigned stripe_currency_scale(struct str currency)
{
    if (currency.len != 3)
        return SCALE_USUAL;
    char lower[3];
    for (size_t i = 0; i < sizeof(lower); i++) {
        char c = currency.data[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
        if (memcmp(lower, scales[i].currency, sizeof(lower)) == 0)
            return scales[i].scale;
    }
    return SCALE_USUAL;
}

/* --- the sale --- */

static const char *const sale_status_names[SALE_STATUS_COUNT] = {
    [SALE_PROCESSING] = "processing", [SALE_SHIPPED] = "shipped",
    [SALE_DELIVERED] = "delivered",   [SALE_FAILED] = "failed",
    [SALE_CANCELLED] = "cancelled",
};

const char *sale_status_name(enum sale_status status)
{
    return sale_status_names[status];
}

bool sale_status_parse(struct str name, enum sale_status *ret_status)
{
    for (size_t i = 0; i < SALE_STATUS_COUNT; i++) {
        if (str_equal(name, str_from(sale_status_names[i]))) {
            *ret_status = (enum sale_status)i;
            return true;
        }
    }
    return false;
}

/* --- Printful --- */

static const struct {
    const char *word;
    enum sale_status sale;
    bool is_final;
} printful_statuses[] = {
    {"draft", SALE_PROCESSING, false},  {"pending", SALE_PROCESSING, false},
    {"onhold", SALE_PROCESSING, false}, {"inprocess", SALE_PROCESSING, false},
    {"partial", SALE_SHIPPED, false},   {"fulfilled", SALE_DELIVERED, true},
    {"failed", SALE_FAILED, false},     {"canceled", SALE_CANCELLED, true},
    {"archived", SALE_DELIVERED, true},
};
#define PRINTFUL_STATUSES (sizeof(printful_statuses) / sizeof(printful_statuses[0]))

/* PRINTFUL_STATUSES: a word the table lacks. */
static size_t printful_find(struct str status)
{
    size_t i = 0;
    while (i < PRINTFUL_STATUSES && !str_equal(status, str_from(printful_statuses[i].word)))
        i++;
    return i;
}

enum sale_status printful_status(struct str status, bool *ret_known)
{
    size_t found = printful_find(status);
    *ret_known = found < PRINTFUL_STATUSES;
    return *ret_known ? printful_statuses[found].sale : SALE_PROCESSING;
}

bool printful_status_known(struct str status)
{
    return printful_find(status) < PRINTFUL_STATUSES;
}

bool printful_status_is_final(struct str status)
{
    size_t found = printful_find(status);
    return found < PRINTFUL_STATUSES && printful_statuses[found].is_final;
}

/* The rows of the table in ordersync-internals(7), top down: the first whose `some` occurs, and
 * beside which nothing stands but `only`, gives the sale's status. Bits are enum sale_status. */
#define BIT(status) (1u << (status))
#define ANY (BIT(SALE_STATUS_COUNT) - 1)
static const struct {
    unsigned some;
    unsigned only;
    enum sale_status sale;
} folds[] = {
    {BIT(SALE_CANCELLED), BIT(SALE_CANCELLED), SALE_CANCELLED},
    {BIT(SALE_FAILED), ANY, SALE_FAILED},
    {BIT(SALE_DELIVERED), BIT(SALE_DELIVERED) | BIT(SALE_CANCELLED), SALE_DELIVERED},
    {BIT(SALE_DELIVERED) | BIT(SALE_SHIPPED), ANY, SALE_SHIPPED},
    {BIT(SALE_PROCESSING), ANY, SALE_PROCESSING},
};

enum sale_status sale_fold(const enum sale_status *statuses, size_t count)
{
    unsigned seen = 0;
    for (size_t i = 0; i < count; i++)
        seen |= BIT(statuses[i]);
    for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
        if ((seen & folds[i].some) != 0 && (seen & ~folds[i].only) == 0)
            return folds[i].sale;
    }
    return SALE_PROCESSING;
}
