/* A one-line text field, with the keys a shell has. Knows nothing of the screen but how to paint
 * itself. */
#ifndef ORDERSYNC_UI_LINE_EDIT_H
#define ORDERSYNC_UI_LINE_EDIT_H

#include "ui/paint.h"

#define LINE_MAX_BYTES 255

struct line_edit {
    char text[LINE_MAX_BYTES + 1]; /* UTF-8 */
    size_t len;
    size_t cursor; /* byte offset, at a character's start */
};

void line_edit_set(struct line_edit *edit, const char *text); /* cursor at the end */
/* At the cursor; false: no room, nothing was taken. */
bool line_edit_insert(struct line_edit *edit, const char *text, size_t len);
/* True when the key belonged to the field. `is_key`: a KEY_* code, else a character. */
bool line_edit_key(struct line_edit *edit, int key, bool is_key);
void line_edit_paint(const struct line_edit *edit, struct paint *paint, int y, int x, int width,
                     bool focus);

#endif
