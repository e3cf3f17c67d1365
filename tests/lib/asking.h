/* Requests to a simulated REST source without a socket. */
#ifndef ORDERSYNC_TESTS_LIB_ASKING_H
#define ORDERSYNC_TESTS_LIB_ASKING_H

#include "model/value.h"
#include "sim/rest.h"

struct asking {
    const struct rest_api *api;
    void *context;
    const struct sim_options *options;
    const char *authorization, *version, *store, *method;
    const char *fault; /* as --fault has it; NULL: none */
    /* Of the last request. */
    struct rest_call call;
    char text[2048]; /* path and parameters */
    struct arena arena;
    const struct value *answer; /* NULL: no JSON */
};

/* "/v1/refunds?limit=3&created[gte]=5"; returns the status. */
unsigned ask(struct asking *asking, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Of the last answer: text by its dotted path, "" when there is none. */
const char *answer_text(struct asking *asking, const char *path);
int64_t answer_int(struct asking *asking, const char *path);
/* Elements of an array; -1 when there is none. */
int answer_count(struct asking *asking, const char *path);
const struct value *answer_item(struct asking *asking, const char *path, size_t i);
const char *answer_header(struct asking *asking, const char *name);
void asking_end(struct asking *asking);

#endif
