/* Who runs this program and from where, kept in one value for as long as an engine or a console
 * borrows it. */
#ifndef ORDERSYNC_CLI_OPERATOR_H
#define ORDERSYNC_CLI_OPERATOR_H

#include "journal/operator.h"

struct operator_identity {
    char name[64];
    char origin[64];
};

static inline struct operator_identity operator_identify(void)
{
    struct operator_identity identity;
    operator_find_name(identity.name, sizeof(identity.name));
    operator_find_origin(identity.origin, sizeof(identity.origin));
    return identity;
}

#endif
