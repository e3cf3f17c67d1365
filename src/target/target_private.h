/* What the files of target/ share of a target; nobody outside includes this. */
#ifndef ORDERSYNC_TARGET_TARGET_PRIVATE_H
#define ORDERSYNC_TARGET_TARGET_PRIVATE_H

#include "target/pg.h"
#include "target/statements.h"
#include "target/target.h"

struct drift_memory;

struct target {
    struct pg *pg;
    struct target_actor actor;     /* strings borrowed, never NULL */
    struct statements *statements; /* texts made from model/table.h, for this connection's life */
    struct drift_memory *drift;    /* NULL until the first drift */
    bool read_only;
    bool tuned; /* this session has the planner settings of apply */
};

/* Once a session, before the statements of apply and plan. They are all lookups by key, but a
 * statement that was first planned while its table was empty would keep its sequential scan for as
 * long as the connection lives (foreign key checks inside the server too). So nothing else is left
 * to choose, and a plan is made once: planning a lone change's statements anew took a third of its
 * time. */
MUST_CHECK bool target_tune(struct target *target, struct error *err);

#endif
