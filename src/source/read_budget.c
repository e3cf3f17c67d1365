/* Counting reads by the day. */
#include "source/read_budget.h"

#include <inttypes.h>

#define DAY_US (INT64_C(86400) * 1000000)
#define DAY_BEGINS_US (INT64_C(8) * 3600 * 1000000)

static void budget_turn(struct read_budget *budget, int64_t wall_us)
{
    int64_t day = (wall_us - DAY_BEGINS_US) / DAY_US;
    if (day <= budget->day)
        return;
    budget->day = day;
    budget->reads = 0;
}

void read_budget_add(struct read_budget *budget, uint64_t reads, int64_t wall_us)
{
    budget_turn(budget, wall_us);
    budget->reads += reads;
}

bool read_budget_check(struct read_budget *budget, int64_t wall_us, struct error *err)
{
    budget_turn(budget, wall_us);
    if (budget->limit == 0 || budget->reads < budget->limit)
        return true;
    int64_t next_us = (budget->day + 1) * DAY_US + DAY_BEGINS_US;
    error_set(err, ERROR_READ_BUDGET,
              "%" PRIu64 " documents read today, read_budget allows %" PRIu64
              "; it goes on at 08:00 UTC",
              budget->reads, budget->limit);
    if (err != NULL)
        err->retry_after_us = next_us > wall_us ? next_us - wall_us : 0;
    return false;
}
