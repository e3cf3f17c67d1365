/* What the files of the Firestore source share; nobody else includes this. */
#ifndef ORDERSYNC_SOURCE_FIRESTORE_INTERNAL_H
#define ORDERSYNC_SOURCE_FIRESTORE_INTERNAL_H

#include "source/firestore_listen.h"
#include "source/firestore_request.h"
#include "source/operation.h"
#include "source/page.h"
#include "source/source.h"

/* Raw bytes of a page: at it the page ends early, and the next one goes on behind it. Above the
 * largest message. */
#define FIRESTORE_MAX_PAGE (32u << 20)
/* Raw bytes of one fetch: 128 documents of the largest size, or any thousand real orders. */
#define FIRESTORE_MAX_FETCH (128u << 20)

struct source {
    struct client client;
    struct firestore_place place;
    char *identity;
    struct listen *listen;
};

#define SECONDS_US(seconds) ((int64_t)(seconds)*1000000)

/* The operations of source_ops; see source.h. */
void firestore_count(struct source *source, count_done_fn *done, void *context);
void firestore_split(struct source *source, size_t want, split_done_fn *done, void *context);
void firestore_page(struct source *source, const struct range *range, size_t limit,
                    page_done_fn *done, void *context);
void firestore_names(struct source *source, const struct range *range, size_t limit,
                     page_done_fn *done, void *context);
void firestore_fetch(struct source *source, const char *const *ids, size_t count,
                     fetch_done_fn *done, void *context);

#endif
