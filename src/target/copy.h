/* Rows into COPY ... FROM STDIN, text format, in chunks. */
#ifndef ORDERSYNC_TARGET_COPY_H
#define ORDERSYNC_TARGET_COPY_H

#include "base/memory.h"
#include "target/pg.h"

#define COPY_CHUNK (128u << 10) /* sent when this much has gathered */
#define COPY_MAX (128u << 20)   /* one row at most; more is ERROR_TARGET_DATA */

/* One cell as COPY wants it: \N for NULL, backslash, tab, newline and carriage return escaped.
 * Appends no separator. */
void copy_append_cell(struct buffer *buffer, struct str cell);

struct copy {
    struct pg *pg;
    struct buffer buffer; /* kept between COPYs; copy_free() */
    bool row_begun;
};
MUST_CHECK bool copy_start(struct copy *copy, const char *sql, struct error *err);
void copy_cell(struct copy *copy, struct str cell); /* tabs between cells come by themselves */
MUST_CHECK bool copy_end_row(struct copy *copy, struct error *err);
MUST_CHECK bool copy_finish(struct copy *copy, struct error *err);
void copy_free(struct copy *copy);

#endif
