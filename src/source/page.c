/* Pages: what every source hands to the engine. */
#include <stdlib.h>

#include "source/source.h"

void page_free(struct page *page)
{
    if (page == NULL)
        return;
    buffer_free(&page->raw);
    free(page->offsets);
    free(page->last_id);
    free(page);
}
