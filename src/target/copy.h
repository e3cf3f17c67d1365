/* Rows into COPY ... FROM STDIN, text format, in chunks. */
#ifndef ORDERSYNC_TARGET_COPY_H
#define ORDERSYNC_TARGET_COPY_H

#include "base/memory.h"
#include "target/pg.h"

#define COPY_CHUNK (128u << 10) /* sent when this much has gathered */
#define COPY_MAX (128u << 20)   /* one row at most; more is ERROR_TARGET_DATA */

/* Cells as COPY wants them, tabs between: \N for NULL, backslash, tab, newline and carriage return
 * escaped. */
void copy_append_cells(struct buffer *buffer, const struct str *cells, size_t count);

struct copy {
    struct pg *pg;
    struct buffer buffer; /* kept between COPYs; copy_free() */
    bool row_begun;
};
MUST_CHECK bool copy_start(struct copy *copy, const char *sql, struct error *err);
void copy_cells(struct copy *copy, const struct str *cells, size_t count); /* the next of the row */
MUST_CHECK bool copy_end_row(struct copy *copy, struct error *err);
MUST_CHECK bool copy_finish(struct copy *copy, struct error *err);
void copy_free(struct copy *copy);

#endif
