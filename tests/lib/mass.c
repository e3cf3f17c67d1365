/* Many failures: see mass.h. */
#include "lib/mass.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/check.h"

#define BATCH 500
#define SHAPES 40

static void mass_batch(struct ledger *ledger, size_t first, size_t count)
{
    static const char *const fields[] = {"total_price", "created_at", "currency", "email",
                                         "line_items"};
    struct settled_change changes[BATCH];
    struct error errors[BATCH];
    char ids[BATCH][16], labels[BATCH][16];
    for (size_t i = 0; i < count; i++) {
        size_t number = first + i;
        char message[160];
        snprintf(ids[i], sizeof(ids[i]), "id-%08zu", number % 100000000);
        snprintf(labels[i], sizeof(labels[i]), "#%zu", number % 100000000);
        snprintf(message, sizeof(message), "%s of kind %c: \"%zu,90\" is not a decimal number",
                 fields[number % 5], (char)('a' + number % SHAPES / 5), number);
        changes[i] = ledger_failed(ids[i], 1, &errors[i], message);
        changes[i].label = labels[i];
        changes[i].permanent = number % 7 == 0;
        changes[i].retry_at_us = clock_wall_us() + (int64_t)(number % 1000) * 1000000;
    }
    LEDGER_OK(ledger, ledger_settle(ledger, changes, count));
}

void mass_fail(struct ledger *ledger, size_t count)
{
    for (size_t first = 0; first < count; first += BATCH)
        mass_batch(ledger, first, count - first < BATCH ? count - first : BATCH);
}
