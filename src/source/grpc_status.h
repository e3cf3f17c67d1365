/* gRPC status codes and what they mean here: one table. Pure; any thread. */
#ifndef ORDERSYNC_SOURCE_GRPC_STATUS_H
#define ORDERSYNC_SOURCE_GRPC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum grpc_code {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_UNKNOWN = 2,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_ALREADY_EXISTS = 6,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_ABORTED = 10,
    GRPC_OUT_OF_RANGE = 11,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
    GRPC_DATA_LOSS = 15,
    GRPC_UNAUTHENTICATED = 16,
    GRPC_CODE_COUNT
};

/* "UNAVAILABLE"; "UNKNOWN" for a number outside the table. */
const char *grpc_code_name(int code);
/* "14" -> GRPC_UNAVAILABLE. Text that is no number, or one outside the table, is GRPC_UNKNOWN. */
enum grpc_code grpc_code_parse(struct str text);
/* What a response without grpc-status means, by its HTTP status (gRPC's
 * http-grpc-status-mapping.md); 200 and 0, a connection that broke off, give GRPC_UNAVAILABLE. */
enum grpc_code grpc_code_from_http(int http_status);
/* The error a status stands for; ERROR_NONE for GRPC_OK. Its class decides whether it is retried:
 * transient and rate_limited are, every other is final. */
enum error_id grpc_code_error(int code);
bool grpc_code_is_retried(int code);

/* Undoes grpc-message's percent-encoding into `ret_text` (NUL-terminated, cut at `size`); a '%'
 * that begins no escape stays as it is. */
void grpc_message_decode(struct str encoded, char *ret_text, size_t size);

#endif
