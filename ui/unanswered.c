/* Errors in place of rows. */
#include "ui/unanswered.h"

#include <stdio.h>

const char *unanswered_first(const struct error *error)
{
    return error->id != ERROR_JOURNAL_MISSING
               ? NULL
               : "No engine has run here yet, so there is nothing to show. `ordersync backfill` "
                 "reads every order once, `ordersync listen` keeps up with changes; `ordersync "
                 "doctor` checks what they need. Does an engine run already? Then give this "
                 "console its state_dir.";
}

int unanswered_paint(struct paint *paint, struct rect area, const struct error *error)
{
    char text[sizeof(error->message) + 32];
    const char *first = unanswered_first(error);
    if (first != NULL)
        return paint_wrapped(paint, area, ROLE_TEXT, str_from(first));
    snprintf(text, sizeof(text), "%s %s", error_info(error->id)->code, error->message);
    int used = paint_wrapped(paint, area, ROLE_ERROR, str_from(text));
    struct rect rest = {area.y + used, area.x, area.height - used, area.width};
    return used + paint_wrapped(paint, rest, ROLE_TEXT, str_from(error_info(error->id)->remedy));
}
