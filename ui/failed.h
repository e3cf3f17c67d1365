/* What other screens may do with the Failed screen and the Inspector. */
#ifndef ORDERSYNC_UI_FAILED_H
#define ORDERSYNC_UI_FAILED_H

#include "ui/screen.h"

/* Opens Failed with one group unfolded and selected. */
void failed_show(struct console *console, const char *fingerprint);
/* Opens the Inspector on a failure. */
void inspector_show(struct console *console, const struct failure_row *row);
/* The same, at what the source's newest document would change. */
void inspector_show_diff(struct console *console, const struct failure_row *row);
/* On a document, which may have failed or not. `label`: "#1042", or "". */
void inspector_show_document(struct console *console, enum source_kind source,
                             const char *source_id, const char *label);
/* Lists keep the beginning of a long id: false when `source_id`, kept in `size` bytes, may be no
 * more than that. */
bool inspector_can_name(const char *source_id, size_t size);

#endif
