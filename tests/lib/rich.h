/* A session and a Printful order with everything filled that the mapping reads. */
#ifndef ORDERSYNC_TESTS_RICH_H
#define ORDERSYNC_TESTS_RICH_H

extern const char rich_session[]; /* cs_rich */
extern const char rich_parcel[];  /* 4711, of the session's client_reference_id */

#endif
