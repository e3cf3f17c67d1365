/* How the rows of the mapping's tables are written; only mapping*.c include this. */
#ifndef ORDERSYNC_MODEL_MAPPING_FIELDS_H
#define ORDERSYNC_MODEL_MAPPING_FIELDS_H

#include "model/mapping.h"

#define FIELD(key, rule, column)                                                                   \
    {                                                                                              \
        key, rule, column, NULL, SCOPE_COUNT, NULL, 0, NULL                                        \
    }
#define MARKED(key, rule, column, flags)                                                           \
    {                                                                                              \
        key, rule, column, NULL, SCOPE_COUNT, NULL, flags, NULL                                    \
    }
/* {shop_money, presentment_money}: the second has a column beside the first. */
#define SET(key, column)                                                                           \
    {                                                                                              \
        key, RULE_MONEY_SET, column, "presentment_" column, SCOPE_COUNT, NULL, 0, NULL             \
    }
#define OPENS(key, rule, scope, argument, flags)                                                   \
    {                                                                                              \
        key, rule, NULL, NULL, scope, argument, flags, NULL                                        \
    }
#define KNOWN(key)                                                                                 \
    {                                                                                              \
        key, RULE_KNOWN, NULL, NULL, SCOPE_COUNT, NULL, 0, NULL                                    \
    }
/* Known, and personal; only the stored document has it. */
#define PRIVATE(key)                                                                               \
    {                                                                                              \
        key, RULE_KNOWN, NULL, NULL, SCOPE_COUNT, NULL, FIELD_PERSONAL, NULL                       \
    }
#define KEPT(key, flags)                                                                           \
    {                                                                                              \
        key, RULE_KEPT, NULL, NULL, SCOPE_COUNT, NULL, flags, NULL                                 \
    }
/* Minor units that are the buyer's where a session's amounts are. */
#define MINOR(key, column, flags)                                                                  \
    {                                                                                              \
        key, RULE_MINOR, column, "presentment_" column, SCOPE_COUNT, NULL, flags, NULL             \
    }
/* Minor units of the currency that stands beside them under a key of its own. */
#define MINOR_OF(key, column, currency, flags)                                                     \
    {                                                                                              \
        key, RULE_MINOR, column, NULL, SCOPE_COUNT, currency, flags, NULL                          \
    }
#define WORD(key, rule, column, flags, knows)                                                      \
    {                                                                                              \
        key, rule, column, NULL, SCOPE_COUNT, NULL, flags, knows                                   \
    }
#define SCOPE(source, id, fields, path, table, open, gid)                                          \
    {                                                                                              \
        source, id, path, table, open, gid, fields, sizeof(fields) / sizeof((fields)[0])           \
    }

/* Indexed from the first scope of each. */
extern const struct mapping_scope mapping_stripe_scopes[];
extern const struct mapping_scope mapping_printful_scopes[];

#endif
