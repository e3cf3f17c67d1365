/* What a screen shows, to a new file: asks for its name, has the lookup thread write it, says what
 * came of it. UI thread only. */
#ifndef ORDERSYNC_UI_EXPORT_PROMPT_H
#define ORDERSYNC_UI_EXPORT_PROMPT_H

#include "ui/screen.h"

/* A screen's own, zeroed at first. */
struct export_prompt {
    struct lookup_request request; /* asked once the name is there */
    uint64_t ticket;               /* of the file under way; 0: none */
};

/* `request` is of an export's kind; its source_id takes the name. "STEM-TIME.csv" is proposed. One
 * file at a time: while one is under way that is said instead. */
void export_prompt_open(struct export_prompt *prompt, struct console *console,
                        const struct lookup_request *request, const char *stem);
/* Says what became of the file and frees the reply; false: the reply is another's. */
bool export_prompt_take(struct export_prompt *prompt, struct console *console,
                        struct lookup_reply *reply);

#endif
