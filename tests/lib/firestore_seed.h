/* Writing documents into a Firestore emulator or the simulator: Commit over our own gRPC. Tests
 * only. */
#ifndef ORDERSYNC_TESTS_FIRESTORE_SEED_H
#define ORDERSYNC_TESTS_FIRESTORE_SEED_H

#include <stddef.h>

/* Documents {"n": index, "text": `text`} under these ids of
 * projects/PROJECT/databases/(default)/documents/COLLECTION. `text` NULL deletes them. Aborts when
 * refused. */
void firestore_seed(const char *host, const char *project, const char *collection,
                    const char *const *ids, size_t count, const char *text);

#endif
