/* Which database this is. */
#include "target/identity.h"

#include <stdio.h>

#include "target/sql.h"
#include "target/target_private.h"

bool target_identity(struct target *target, char ret_identity[TARGET_IDENTITY_SIZE],
                     struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!pg_call(target->pg, "read_identity", sql_text("read_identity"), NULL, 0, &rows, err))
        return false;
    snprintf(ret_identity, TARGET_IDENTITY_SIZE, "%.*s", STR_ARG(pg_cell(&rows, 0, 0)));
    return true;
}
