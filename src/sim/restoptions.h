/* What `ordersync-sim stripe` and `printful` are told on the command line. */
#ifndef ORDERSYNC_SIM_RESTOPTIONS_H
#define ORDERSYNC_SIM_RESTOPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Texts are argv's; NULL: not said. */
struct rest_options {
    const char *key;         /* the one key that is good; else any */
    const char *permissions; /* words with commas: what the key may read; else everything */
    const char *api_version; /* of the account, when a request names none */
    const char *account;
    const char *request_log;
    const char *items; /* counts with commas, taken in turn */
    const char *mix;   /* shares of session states, sessionplan.h */
    const char *link;  /* what a Printful order's external_id is */
    int64_t store;     /* Printful's store id */
    bool store_needed; /* a token of a whole account: X-PF-Store-Id must come */
    bool restamp;      /* loaded objects get `created` within the days, too */
    int64_t days;      /* generated objects are spread over so many before now */
    int64_t now_s;     /* 0: the clock */
    int64_t latency_us;
    int64_t rate; /* requests in `rate_seconds`, then 429; 0: any */
    int64_t rate_seconds;
    int64_t concurrency; /* requests at a time, then 429; 0: any */
};

#endif
