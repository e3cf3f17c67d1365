/* How Printful orders find their sale: the setting printful_link. */
#ifndef ORDERSYNC_ENGINE_LINK_H
#define ORDERSYNC_ENGINE_LINK_H

#include "base/settings.h"
#include "model/order.h"
#include "model/sale.h"

struct link {
    enum sale_link link;
    struct str metadata_key; /* LINK_METADATA; points into the settings */
};
/* Errors: ERROR_SETTING_INVALID. */
MUST_CHECK bool link_parse(const struct settings *settings, struct link *ret_link,
                           struct error *err);
/* Fills the attachments among the changes. Any thread. */
void link_fill(const struct link *link, struct change *changes, size_t count);

#endif
