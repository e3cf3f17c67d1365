/* Customers of a batch: matched by e-mail, then the source's customer id, then phone; missing ones
 * are made. Recomputing what is known of a customer is another's work: here they are only found,
 * made and noted as dirty.
 *
 * Whoever inserts a key holds up all others who want it until the transaction ends, and two pages
 * of a backfill nearly always share a customer. So the rows of those who are made are written last,
 * after the orders that name them; the foreign key is checked at the commit. Had another engine
 * made one meanwhile, as the same person, its row serves as well; else the batch runs again.
 *
 * A customer's id is derived from the strongest key it was made by, so that engines that make the
 * same one at the same time collide on it, and a customer whose e-mail changed since is still found
 * by the old one. Not by whom the source calls another person: an address that was given up may be
 * another's now, who is made by the next key, and a person is asked about the two.
 *
 * An order keeps its customer while its documents name the same person: keys move on between
 * customers, and reading a document again must not change whose order it is. An order of an erased
 * customer stays with it, whatever its document says, and what is personal in it is not written:
 * the person must not come back under another row. */
#include "target/work.h"

#include <stdlib.h>
#include <string.h>

#include "model/redact.h"
#include "target/arrays.h"
#include "target/sql.h"

#define ROUNDS_MAX 4 /* keys first, then the ids that each key of a missing one makes */

/* Strategies, strongest first; OWN is the derived id, LINK the customer that an order keeps,
 * ANOTHER one who has the derived id and is not meant, ASKED says that the target was asked for a
 * derived id. */
enum strategy { BY_EMAIL, BY_SOURCE_ID, BY_PHONE, BY_OWN, BY_LINK, ANOTHER, ASKED, STRATEGY_COUNT };

struct match {
    enum strategy strategy;
    struct str key; /* data NULL: free slot */
    struct str customer;
    bool erased;
};
struct matches {
    struct match *slots;
    size_t mask;
};

struct linking {
    struct work *work;
    struct matches found;   /* what the target answered */
    struct matches matches; /* that, and who is to be made */
};

static const char *const key_names[BY_OWN] = {"email", "id", "phone"};

static struct str candidate_key(const struct customer_candidate *candidate, enum strategy strategy)
{
    switch (strategy) {
    case BY_EMAIL:
        return candidate->email_match;
    case BY_SOURCE_ID:
        return candidate->source_id;
    case BY_PHONE:
        return candidate->phone_match;
    case BY_OWN:
    case BY_LINK:
    case ANOTHER:
    case ASKED:
    case STRATEGY_COUNT:
        break;
    }
    return STR_NULL;
}

/* ---- the table of matches ---- */

static size_t hash_key(enum strategy strategy, struct str key)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ strategy;
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 29);
}

static struct match *match_slot(const struct matches *matches, enum strategy strategy,
                                struct str key)
{
    size_t at = hash_key(strategy, key) & matches->mask;
    while (matches->slots[at].key.data != NULL &&
           (matches->slots[at].strategy != strategy || !str_equal(matches->slots[at].key, key)))
        at = (at + 1) & matches->mask;
    return &matches->slots[at];
}

/* A match without a customer: none. */
static struct match match_find(const struct matches *matches, enum strategy strategy,
                               struct str key)
{
    return key.data == NULL ? (struct match){0} : *match_slot(matches, strategy, key);
}

/* The first one stays: the oldest customer of a phone, the first order of a batch. */
static void match_add(struct matches *matches, enum strategy strategy, struct str key,
                      struct str customer, bool erased)
{
    struct match *slot = key.data == NULL ? NULL : match_slot(matches, strategy, key);
    if (slot != NULL && slot->key.data == NULL)
        *slot = (struct match){strategy, key, customer, erased};
}

/* Room for what the batch asks and adds, and for the owners of its phones. */
static void matches_init(struct matches *matches, size_t items, struct arena *arena)
{
    size_t size = 16;
    while (size < 16 * items)
        size *= 2;
    matches->slots = arena_zero(arena, size * sizeof(*matches->slots));
    matches->mask = size - 1;
}

static void linking_init(struct linking *linking, struct work *work)
{
    linking->work = work;
    matches_init(&linking->found, work->count, work->arena);
    matches_init(&linking->matches, work->count, work->arena);
}

/* ---- finding ---- */

static bool wants_customer(const struct item *item)
{
    return item_makes_order(item);
}

static bool any_wants_customer(const struct work *work)
{
    for (size_t i = 0; i < work->count; i++)
        if (wants_customer(&work->items[i]))
            return true;
    return false;
}

/* What find_customers.sql is given: the keys of each strategy, of known orders whom their documents
 * name, and of derived ids the source's. */
#define FIND_ARRAYS (BY_LINK + 5)

struct question {
    struct arrays arrays[FIND_ARRAYS];
};

static void question_init(struct question *question)
{
    for (size_t i = 0; i < FIND_ARRAYS; i++)
        arrays_init(&question->arrays[i], 1);
}

static void ask_keys(struct question *question, const struct customer_candidate *candidate)
{
    for (enum strategy s = 0; s < BY_OWN; s++) {
        struct str key = candidate_key(candidate, s);
        if (key.data != NULL)
            arrays_add(&question->arrays[s], key);
    }
}

static void ask_item(struct question *question, const struct item *item)
{
    const struct customer_candidate *candidate = &item->change->customer;
    ask_keys(question, candidate);
    if (!item->header.known)
        return;
    arrays_add(&question->arrays[BY_LINK], str_from(item->change->order.order_id_text));
    arrays_add(&question->arrays[BY_LINK + 1], candidate->email);
    arrays_add(&question->arrays[BY_LINK + 2], candidate->phone);
    arrays_add(&question->arrays[BY_LINK + 3], candidate->source_id);
}

static void ask_own(struct question *question, const struct newcomer *newcomer)
{
    arrays_add(&question->arrays[BY_OWN], newcomer->id);
    arrays_add(&question->arrays[BY_LINK + 4], newcomer->candidate->source_id);
}

static void take_matches(struct linking *linking, const struct pg_rows *rows)
{
    struct arena *arena = linking->work->arena;
    for (int row = 0; row < rows->count; row++)
        match_add(&linking->found, (enum strategy)pg_cell_int(rows, row, 0),
                  arena_copy(arena, pg_cell(rows, row, 1)),
                  arena_copy(arena, pg_cell(rows, row, 2)), pg_cell_bool(rows, row, 3));
}

/* Asks, and ends the question. */
static bool find_customers(struct linking *linking, struct question *question, struct error *err)
{
    const char *values[FIND_ARRAYS];
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    for (size_t i = 0; i < FIND_ARRAYS; i++)
        values[i] = arrays_values(&question->arrays[i])[0];
    bool ok = pg_call(linking->work->target->pg, "find_customers", sql_text("find_customers"),
                      values, FIND_ARRAYS, &rows, err);
    take_matches(linking, &rows);
    for (size_t i = 0; i < FIND_ARRAYS; i++)
        arrays_free(&question->arrays[i]);
    return ok;
}

static bool find_by_keys(struct linking *linking, struct error *err)
{
    const struct work *work = linking->work;
    struct question question;
    question_init(&question);
    for (size_t i = 0; i < work->count; i++)
        if (wants_customer(&work->items[i]))
            ask_item(&question, &work->items[i]);
    return find_customers(linking, &question, err);
}

/* ---- deciding ---- */

/* By one key; NULL without it. */
static struct str derive_id(const struct customer_candidate *candidate, enum strategy strategy,
                            struct arena *arena)
{
    char id[UUID_TEXT_SIZE];
    struct str key = candidate_key(candidate, strategy);
    if (key.data == NULL)
        return STR_NULL;
    char *name AUTO_FREE = memory_format("customer/%s/%.*s", key_names[strategy], STR_ARG(key));
    struct uuid uuid = uuid_v5(&uuid_namespace_ordersync, str_from(name));
    uuid_format(&uuid, id);
    return arena_copy(arena, str_from(id));
}

static void add_review(struct work *work, const struct item *item, struct str customer,
                       struct str other, const char *reason)
{
    if (other.data != NULL && !str_equal(customer, other) &&
        work->review_count < 2 * work->batch->count)
        work->reviews[work->review_count++] = (struct review){item, customer, other, reason};
}

/* The customer by the strongest strategy; the weaker ones that name another open a review. */
static struct match decide(struct linking *linking, const struct item *item)
{
    static const char *const reasons[BY_OWN] = {
        "", "e-mail and customer id name different customers",
        "phone names another customer than the stronger match"};
    const struct customer_candidate *candidate = &item->change->customer;
    struct str other = STR_NULL;
    struct match found =
        match_find(&linking->matches, BY_LINK, str_from(item->change->order.order_id_text));
    if (found.customer.data != NULL)
        return found;
    for (enum strategy s = 0; s < BY_OWN; s++) {
        struct match match = match_find(&linking->matches, s, candidate_key(candidate, s));
        if (found.customer.data == NULL)
            found = match;
        else if (match.customer.data != NULL && !str_equal(match.customer, other)) {
            add_review(linking->work, item, found.customer, match.customer, reasons[s]);
            other = match.customer;
        }
    }
    return found;
}

/* Later orders of the batch find it; matches of the target were added before and stay. */
static void add_newcomer(struct linking *linking, const struct customer_candidate *candidate,
                         struct str id, struct str asked)
{
    struct work *work = linking->work;
    work->newcomers[work->newcomer_count++] = (struct newcomer){candidate, id, asked};
    for (enum strategy s = 0; s < BY_OWN; s++)
        match_add(&linking->matches, s, candidate_key(candidate, s), id, false);
}

static void item_take(struct item *item, struct match match)
{
    item->customer = match.customer;
    item->erased = match.erased;
    item->made = false;
}

/* By the id that this key makes, who is made when there is nobody; false: without the key, or
 * another person has that id. */
static bool take_own(struct linking *linking, struct item *item, enum strategy strategy,
                     struct str *ret_another)
{
    const struct customer_candidate *candidate = &item->change->customer;
    struct arena *arena = linking->work->arena;
    struct str id = derive_id(candidate, strategy, arena);
    if (id.data == NULL)
        return false;
    struct str asked = candidate->source_id.data == NULL
                           ? id
                           : arena_format(arena, "%s %.*s", id.data, STR_ARG(candidate->source_id));
    struct match another = match_find(&linking->matches, ANOTHER, asked);
    if (another.customer.data != NULL) {
        *ret_another = another.customer;
        return false;
    }
    item_take(item, match_find(&linking->matches, BY_OWN, asked));
    if (item->customer.data == NULL) {
        add_newcomer(linking, candidate, id, asked);
        item->customer = id;
        item->made = true;
    }
    return true;
}

static void link_item(struct linking *linking, struct item *item)
{
    struct str another = STR_NULL;
    item_take(item, decide(linking, item));
    if (item->customer.data != NULL || item->change->customer.existing_only)
        return;
    for (enum strategy s = 0; s < BY_OWN; s++)
        if (take_own(linking, item, s, &another)) {
            add_review(linking->work, item, item->customer, another,
                       "a key was another customer's before");
            return;
        }
}

/* From the beginning, with what the target has answered so far. */
static void link_items(struct linking *linking)
{
    struct work *work = linking->work;
    memcpy(linking->matches.slots, linking->found.slots,
           (linking->found.mask + 1) * sizeof(*linking->found.slots));
    work->newcomer_count = 0;
    work->review_count = 0;
    for (size_t i = 0; i < work->count; i++)
        if (wants_customer(&work->items[i]))
            link_item(linking, &work->items[i]);
}

static bool was_asked(const struct linking *linking, const struct newcomer *newcomer)
{
    return match_find(&linking->found, ASKED, newcomer->asked).customer.data != NULL;
}

static bool all_were_asked(const struct linking *linking)
{
    const struct work *work = linking->work;
    for (size_t i = 0; i < work->newcomer_count; i++)
        if (!was_asked(linking, &work->newcomers[i]))
            return false;
    return true;
}

/* Whether somebody has the id of one to be made: whoever's keys changed since. */
static bool find_own(struct linking *linking, struct error *err)
{
    const struct work *work = linking->work;
    struct question question;
    question_init(&question);
    for (size_t i = 0; i < work->newcomer_count; i++) {
        const struct newcomer *newcomer = &work->newcomers[i];
        if (was_asked(linking, newcomer))
            continue;
        match_add(&linking->found, ASKED, newcomer->asked, newcomer->id, false);
        ask_own(&question, newcomer);
    }
    return find_customers(linking, &question, err);
}

bool customers_link(struct work *work, struct error *err)
{
    struct linking linking;
    if (!any_wants_customer(work))
        return true;
    linking_init(&linking, work);
    work->newcomers = arena_alloc(work->arena, work->count * sizeof(*work->newcomers));
    if (!find_by_keys(&linking, err))
        return false;
    link_items(&linking);
    for (int round = 0; round < ROUNDS_MAX && !all_were_asked(&linking); round++) {
        if (!find_own(&linking, err))
            return false;
        link_items(&linking);
    }
    return work->newcomer_count == 0 ||
           pg_script(work->target->pg, "set constraints ordersync.orders_customer_id_fkey deferred",
                     err);
}

/* ---- making them ---- */

/* In one order everywhere, so that engines that insert the same customers wait for, not on, each
 * other. */
static int compare_newcomer(const void *left, const void *right)
{
    const struct newcomer *a = left;
    const struct newcomer *b = right;
    for (enum strategy s = 0; s < BY_OWN; s++) {
        int order = str_compare(candidate_key(a->candidate, s), candidate_key(b->candidate, s));
        if (order != 0)
            return order;
    }
    return str_compare(a->id, b->id);
}

static void add_cells(struct arrays *arrays, const struct newcomer *newcomer)
{
    const struct customer_candidate *c = newcomer->candidate;
    const struct str cells[] = {newcomer->id,      c->source_id,       c->email,
                                c->email_match,    c->phone,           c->phone_match,
                                c->first_name,     c->last_name,       c->state,
                                c->verified_email, c->tax_exempt,      c->tags,
                                c->note,           c->currency,        c->email_consent,
                                c->sms_consent,    c->default_address, c->created_at,
                                c->updated_at};
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
        arrays_add(arrays, cells[i]);
}

#define CUSTOMER_CELLS 19

static bool was_inserted(const struct pg_rows *rows, struct str id)
{
    for (int row = 0; row < rows->count; row++)
        if (str_equal(pg_cell(rows, row, 0), id))
            return true;
    return false;
}

/* The newcomers that another engine has made become the first of work->newcomers, *ret_lost. */
static bool insert_newcomers(struct work *work, size_t *ret_lost, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    qsort(work->newcomers, work->newcomer_count, sizeof(*work->newcomers), compare_newcomer);
    arrays_init(&arrays, CUSTOMER_CELLS);
    for (size_t i = 0; i < work->newcomer_count; i++)
        add_cells(&arrays, &work->newcomers[i]);
    if (!pg_call(work->target->pg, "insert_customers", sql_text("insert_customers"),
                 arrays_values(&arrays), CUSTOMER_CELLS, &rows, err))
        return false;
    *ret_lost = 0;
    bool all = (size_t)rows.count == work->newcomer_count;
    for (size_t i = 0; i < work->newcomer_count && !all; i++)
        if (!was_inserted(&rows, work->newcomers[i].id))
            work->newcomers[(*ret_lost)++] = work->newcomers[i];
    return true;
}

/* Whether whoever was made meanwhile is the same person by every key, and has an id that the orders
 * may go on naming. */
static bool is_same_person(const struct linking *linking, const struct newcomer *newcomer)
{
    bool known = false;
    for (enum strategy s = 0; s < BY_OWN; s++) {
        struct match match = match_find(&linking->found, s, candidate_key(newcomer->candidate, s));
        if (match.customer.data == NULL)
            continue;
        if (match.erased || !str_equal(match.customer, newcomer->id))
            return false;
        known = true;
    }
    return known;
}

/* Its own document is then one of several. */
static void unmake(struct work *work, const struct newcomer *newcomer)
{
    for (size_t i = 0; i < work->count; i++)
        if (str_equal(work->items[i].customer, newcomer->id))
            work->items[i].made = false;
}

bool customers_insert(struct work *work, struct error *err)
{
    struct linking linking;
    struct question question;
    size_t lost = 0;
    if (work->newcomer_count == 0)
        return true;
    if (!insert_newcomers(work, &lost, err))
        return false;
    if (lost == 0)
        return true;
    linking_init(&linking, work);
    question_init(&question);
    for (size_t i = 0; i < lost; i++)
        ask_keys(&question, work->newcomers[i].candidate);
    if (!find_customers(&linking, &question, err))
        return false;
    for (size_t i = 0; i < lost; i++) {
        work->overtaken = !is_same_person(&linking, &work->newcomers[i]);
        if (work->overtaken)
            return error_set(err, ERROR_TARGET_DEADLOCK,
                             "customers of the batch are being changed by another session");
        unmake(work, &work->newcomers[i]);
    }
    return true;
}

bool customers_recognise(struct work *work, struct error *err)
{
    struct linking linking;
    if (!any_wants_customer(work))
        return true;
    linking_init(&linking, work);
    if (!find_by_keys(&linking, err))
        return false;
    linking.matches = linking.found;
    for (size_t i = 0; i < work->count; i++)
        if (wants_customer(&work->items[i]))
            item_take(&work->items[i], decide(&linking, &work->items[i]));
    return true;
}

void customers_redact(struct work *work)
{
    for (size_t i = 0; i < work->count; i++)
        if (work->items[i].erased && wants_customer(&work->items[i]))
            redact_change(work->items[i].change, work->arena);
}
