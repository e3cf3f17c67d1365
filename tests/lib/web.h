/* A small web server on loopback for tests: answers every request with what was set, and keeps the
 * last request. Its thread is libmicrohttpd's; fields are read and set only while no request is
 * under way. */
#ifndef ORDERSYNC_TESTS_WEB_H
#define ORDERSYNC_TESTS_WEB_H

#include <stddef.h>

struct web {
    void *daemon;
    int port;
    char url[64]; /* "http://127.0.0.1:PORT/token" */
    /* the answer */
    unsigned status;
    const char *body;
    const char *location; /* NULL: none */
    unsigned delay_ms;
    /* the last request */
    _Atomic int requests;
    char method[8];
    char path[128];
    char flavor[32]; /* header Metadata-Flavor */
    char received[16384];
    size_t received_len;
};

void web_start(struct web *web); /* aborts when it cannot */
void web_stop(struct web *web);

#endif
