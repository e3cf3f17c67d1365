/* UUIDs: version 5 (SHA-1 by OpenSSL, RFC 9562 5.5) for orders, version 4 for journals. */
#ifndef ORDERSYNC_BASE_UUID_H
#define ORDERSYNC_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct uuid {
    uint8_t bytes[16];
};
#define UUID_TEXT_SIZE 37

extern const struct uuid uuid_namespace_ordersync; /* the namespace of every order id */

struct uuid uuid_v5(const struct uuid *name_space, struct str name);
struct uuid uuid_random(void);
void uuid_format(const struct uuid *uuid, char ret_text[UUID_TEXT_SIZE]); /* lower case */
bool uuid_parse(struct str text, struct uuid *ret_uuid);

#endif
