/* The setting printful_link. */
#include "engine/link.h"

#include <string.h>

#define METADATA_PREFIX "metadata:"

static const struct {
    const char *name;
    enum sale_link link;
} names[] = {
    {"shop_order_id", LINK_SHOP_ORDER_ID},
    {"client_reference_id", LINK_CLIENT_REFERENCE_ID},
    {"payment_intent", LINK_PAYMENT_INTENT},
};

bool link_parse(const struct settings *settings, struct link *ret_link, struct error *err)
{
    const char *text = settings_text(settings, SET_PRINTFUL_LINK);
    size_t prefix = strlen(METADATA_PREFIX);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i].name) == 0) {
            *ret_link = (struct link){.link = names[i].link};
            return true;
        }
    }
    if (strncmp(text, METADATA_PREFIX, prefix) == 0 && text[prefix] != '\0') {
        *ret_link = (struct link){.link = LINK_METADATA, .metadata_key = str_from(text + prefix)};
        return true;
    }
    return error_set(err, ERROR_SETTING_INVALID,
                     "printful_link: \"%.60s\" is none of shop_order_id, client_reference_id, "
                     "payment_intent, metadata:KEY",
                     text);
}

void link_fill(const struct link *link, struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct attachment *attachment = &changes[i].attachment;
        if (!attachment->present)
            continue;
        attachment->link = link->link;
        attachment->metadata_key = link->metadata_key;
    }
}
