/* The table of sources. */
#include "source/source.h"

const struct source_ops *const sources[SOURCE_COUNT] = {
    [SOURCE_FIRESTORE] = &source_firestore,
    [SOURCE_STRIPE] = &source_stripe,
    [SOURCE_PRINTFUL] = &source_printful,
};
