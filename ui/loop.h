/* The console's one wait: keys, signals, replies, the clock; and when a frame is due. */
#ifndef ORDERSYNC_UI_LOOP_H
#define ORDERSYNC_UI_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/terminal.h"

enum loop_paint {
    PAINT_NONE,
    PAINT_SOON, /* counters moved: at most once a second */
    PAINT_NOW,  /* a key, a message, a resize */
};

struct loop {
    struct terminal *terminal;
    int wake_fd;
    void *context;
    void (*key)(void *context, int key, bool is_key);
    void (*signal)(void *context, int number); /* SIGHUP also when the terminal hung up */
    void (*wake)(void *context);
    void (*tick)(void *context); /* 4 times a second */
    void (*paint)(void *context);
    enum loop_paint wanted;
    bool done; /* set it to leave */
    int64_t painted_us;
    int64_t tick_us;
    unsigned empty_reads;
};

void loop_run(struct loop *loop);

#endif
