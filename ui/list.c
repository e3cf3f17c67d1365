/* Selection and window of a list. */
#include "ui/list.h"

static void list_show_selected(struct list *list)
{
    uint64_t height = list->height > 0 ? list->height : 1;
    if (list->selected < list->top)
        list->top = list->selected;
    if (list->selected >= list->top + height)
        list->top = list->selected - height + 1;
    if (list->top + height > list->count)
        list->top = list->count > height ? list->count - height : 0;
}

void list_select(struct list *list, uint64_t row)
{
    list->selected = row < list->count ? row : list->count > 0 ? list->count - 1 : 0;
    list_show_selected(list);
}

void list_fit(struct list *list, uint64_t count, unsigned height)
{
    list->count = count;
    list->height = height;
    list_select(list, list->selected);
}

bool list_request(struct list *list, enum request request)
{
    uint64_t page = list->height > 1 ? list->height - 1 : 1;
    uint64_t last = list->count > 0 ? list->count - 1 : 0;
    uint64_t at = list->selected;
    switch (request) {
    case REQUEST_UP:
        list_select(list, at > 0 ? at - 1 : 0);
        return true;
    case REQUEST_DOWN:
        list_select(list, at + 1);
        return true;
    case REQUEST_PAGE_UP:
        list_select(list, at > page ? at - page : 0);
        return true;
    case REQUEST_PAGE_DOWN:
        list_select(list, at + page);
        return true;
    case REQUEST_FIRST:
        list_select(list, 0);
        return true;
    case REQUEST_LAST:
        list_select(list, last);
        return true;
    default:
        return false;
    }
}
