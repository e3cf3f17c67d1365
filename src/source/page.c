/* Pages: what every source hands to the engine. */
#include "source/page.h"

#include <stdlib.h>

#include "base/clock.h"

void page_free(struct page *page)
{
    if (page == NULL)
        return;
    buffer_free(&page->raw);
    free(page->offsets);
    free(page->last_id);
    free(page);
}

void page_builder_begin(struct page_builder *builder, size_t max_bytes)
{
    struct page *page = memory_zero(1, sizeof(*page));
    page_builder_free(builder);
    page->raw.max = max_bytes;
    page->read_time_ns = TIME_NONE;
    page->offsets = memory_zero(1, sizeof(*page->offsets));
    builder->page = page;
    builder->offsets_cap = 1;
}

bool page_builder_add(struct page_builder *builder, struct str document)
{
    struct page *page = builder->page;
    if (document.len > page->raw.max - page->raw.len)
        return false;
    if (page->count + 2 > builder->offsets_cap) {
        builder->offsets_cap = builder->offsets_cap < 64 ? 256 : builder->offsets_cap * 2;
        page->offsets = memory_resize(page->offsets, builder->offsets_cap * sizeof(*page->offsets));
    }
    buffer_append_str(&page->raw, document);
    page->offsets[++page->count] = page->raw.len;
    return true;
}

struct page *page_builder_take(struct page_builder *builder)
{
    struct page *page = builder->page;
    builder->page = NULL;
    return page;
}

void page_builder_free(struct page_builder *builder)
{
    page_free(builder->page);
    builder->page = NULL;
}
