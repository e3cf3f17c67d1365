/* Asking for what a command needs (a length of time, a reason), then sending it: by prompts, or by
 * a dialog in PROD and where it is wanted. UI thread. */
#ifndef ORDERSYNC_UI_ASK_H
#define ORDERSYNC_UI_ASK_H

#include "ui/screen.h"

struct ask {
    char kind[24];      /* of the command */
    char title[64];     /* of the dialog and its button: "Silence" */
    char facts[2][160]; /* what it is about in full, above the effect; "" none */
    char effect[160];   /* what it does, in the dialog */
    char label[64];     /* what it is about: "lag firestore" */
    char members[512];  /* JSON members of its arguments */
    bool until;         /* asks for a length of time; its end becomes the member "until" */
    bool dialog;        /* always by dialog */
    char length[32];    /* as typed */
};

void ask_begin(struct console *console, const struct ask *ask);

#endif
