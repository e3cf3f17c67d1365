/* Which database this is, for plans: a plan is applied to the one it was made against. */
#ifndef ORDERSYNC_TARGET_IDENTITY_H
#define ORDERSYNC_TARGET_IDENTITY_H

#include "target/target.h"

#define TARGET_IDENTITY_SIZE 160

/* The database's name and when its schema was made, in one text; SELECT rights do. */
MUST_CHECK bool target_identity(struct target *target, char ret_identity[TARGET_IDENTITY_SIZE],
                                struct error *err);

#endif
