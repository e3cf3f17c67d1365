/* The part of the fixture for the screens Alerts, Audit and Customers. */
#ifndef ORDERSYNC_TESTS_FIXTURE_MORE_H
#define ORDERSYNC_TESTS_FIXTURE_MORE_H

#include "engine/boundary.h"

/* False: this request is none of theirs. */
bool fixture_answer_more(const struct lookup_request *request, struct lookup_reply *reply);

#endif
