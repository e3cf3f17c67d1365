/* Look-backs: what both sources share. */
#include "source/lookback.h"

#include <stdlib.h>

const char *lookback_walk_name(enum lookback_walk walk)
{
    static const char *const names[LOOKBACK_COUNT] = {
        [LOOKBACK_SALES] = "sales", [LOOKBACK_REFUNDS] = "refunds", [LOOKBACK_ORDERS] = "orders"};
    return names[walk];
}

void lookback_page_free(struct lookback_page *page)
{
    if (page == NULL)
        return;
    for (size_t i = 0; i < page->reference_count; i++)
        free(page->references[i]);
    free(page->references);
    page_free(page->page);
    free(page->cursor);
    free(page);
}
