/* The simulated Firestore: its table of methods. */
#ifndef ORDERSYNC_SIM_FIRESTORE_H
#define ORDERSYNC_SIM_FIRESTORE_H

#include "sim/call.h"

extern const struct call_method firestore_methods[];
extern const size_t firestore_method_count;
#define FIRESTORE_PREFIX "/google.firestore.v1.Firestore/"

#endif
