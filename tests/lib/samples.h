/* The public bodies of Stripe and Printful, taken apart as a source does: a list into its elements,
 * an event or an envelope into what it holds. */
#ifndef ORDERSYNC_TESTS_SAMPLES_H
#define ORDERSYNC_TESTS_SAMPLES_H

#include "model/document.h"

/* $ORDERSYNC_SHARED/stripe or printful, or NULL when it is not there (said on stderr). */
const char *samples_directory(enum source_kind source);
/* The sorted names of its .json files; the caller frees each and the array. */
char **samples_files(enum source_kind source, size_t *ret_count);
#define SAMPLES_MAX 128
/* The documents in a file, or the body itself when it holds none; their number. Exits the program
 * when the file cannot be read. */
size_t samples_read(enum source_kind source, const char *name, struct arena *arena,
                   struct document ret_documents[SAMPLES_MAX]);

#endif
