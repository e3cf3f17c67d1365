/* A page under way: every source builds its pages with these. Owned by whoever owns the source. */
#ifndef ORDERSYNC_SOURCE_PAGE_H
#define ORDERSYNC_SOURCE_PAGE_H

#include "source/source.h"

/* Collects documents as they arrive. */
struct page_builder {
    struct page *page;
    size_t offsets_cap;
};
void page_builder_begin(struct page_builder *builder, size_t max_bytes); /* an empty page */
/* false: it does not fit any more; the page is as before. */
bool page_builder_add(struct page_builder *builder, struct str document);
struct page *page_builder_take(struct page_builder *builder);
void page_builder_free(struct page_builder *builder);

#endif
