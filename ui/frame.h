/* The four bands around a screen's body: title, tabs, message or prompt, hints. */
#ifndef ORDERSYNC_UI_FRAME_H
#define ORDERSYNC_UI_FRAME_H

#include "ui/screen.h"

/* Everything the title says, already decided; so that painting is only painting. */
struct frame_title {
    const char *environment; /* "prod" */
    bool read_only;
    char engine[32]; /* "LIVE", "STALE 14s" */
    enum role engine_role;
    uint64_t unresolved;
    int64_t lag_us; /* worst; -1 none */
    int alerts;     /* firing; -1: nobody has looked */
    const char *operator_name;
    char clock[24];
    bool unmasked;
    bool frozen;
};

void frame_paint_title(struct paint *paint, const struct frame_title *title);
/* `screens` ends with NULL. */
void frame_paint_tabs(struct paint *paint, int y, const struct screen_ops *const *screens,
                      const struct screen_ops *front, const char *crumb);
/* What the keys of the moment are: only requests that would do something now. */
struct frame_hints {
    const struct screen_ops *front;
    void *state;
    bool read_only;
    bool frozen; /* the key that ends it comes first */
    bool below;  /* Esc goes back to a screen below this one */
};
void frame_paint_hints(struct console *console, int y, const struct frame_hints *hints);
/* The hints while a prompt or a dialog (NULL: a prompt) has the keys. */
void frame_paint_editing(struct paint *paint, int y, const struct dialog *dialog, bool completes);
/* Under 40x10 there is one line. */
void frame_paint_small(struct paint *paint, const struct frame_title *title);
/* Where the body is; height 0 when the screen is too small for a frame. */
struct rect frame_body(const struct paint *paint);

#endif
