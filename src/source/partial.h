/* Documents of which a part could not be read: one broken order must not stop the others, so it
 * goes on as a document that says why, and decode refuses it with ERROR_DOCUMENT_PARTIAL: then it
 * is a failure of its own, and read again as a whole. Pure; any thread. */
#ifndef ORDERSYNC_SOURCE_PARTIAL_H
#define ORDERSYNC_SOURCE_PARTIAL_H

#include "base/error.h"
#include "base/memory.h"
#include "model/value.h"

/* Whether an error is the matter of the one order that was asked for; otherwise (key, network,
 * rate, nonsense from everywhere) it concerns all of them. */
bool partial_concerns_one(const struct error *err);
/* The member that says it, without braces or comma. */
void partial_append(struct buffer *text, const struct error *err);
/* A whole document of which nothing is known but its id. */
void partial_append_document(struct buffer *text, const char *id, const struct error *err);
/* Errors: ERROR_DOCUMENT_PARTIAL when `content` says so. */
MUST_CHECK bool partial_check(const struct value *content, struct error *err);

#endif
