/* A public body of Stripe or Printful, taken apart as a source does: a list into its elements, an
 * event or an envelope into what it holds. */
#ifndef ORDERSYNC_TESTS_SAMPLES_H
#define ORDERSYNC_TESTS_SAMPLES_H

#include "model/document.h"

#define SAMPLES_MAX 128
/* The documents in a body, or the body itself when it holds none; their number. Exits the program
 * when it is no JSON. */
size_t samples_of(enum source_kind source, struct str text, struct arena *arena,
                  struct document ret_documents[SAMPLES_MAX]);

#endif
