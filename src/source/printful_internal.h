/* What the files of the Printful source share; nobody else includes this. */
#ifndef ORDERSYNC_SOURCE_PRINTFUL_INTERNAL_H
#define ORDERSYNC_SOURCE_PRINTFUL_INTERNAL_H

#include "source/lookback.h"
#include "source/page.h"
#include "source/rest.h"

#define PRINTFUL_LIST_MAX 100
/* Orders that two pages have in common: so many may vanish between them without one being skipped.
 */
#define PRINTFUL_OVERLAP 10
#define PRINTFUL_PATH_MAX 4096
/* Raw bytes of one page or fetch. */
#define PRINTFUL_PAGE_BYTES (128u << 20)

struct source {
    struct rest *rest;
    char *identity;
};

/* ---- operations of source_ops and lookback_ops ---- */
void printful_walk(struct source *source, const struct lookback_window *window, const char *cursor,
                   lookback_done_fn *done, void *context);
void printful_fetch(struct source *source, const char *const *ids, size_t count,
                    fetch_done_fn *done, void *context);
bool printful_decode(const struct page *page, size_t i, struct arena *arena,
                     struct document *ret_document, struct error *err);

#endif
