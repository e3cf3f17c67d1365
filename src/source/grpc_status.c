/* Status codes: the table, and the text that comes with one. */
#include "source/grpc_status.h"

#include <stddef.h>

struct code_info {
    const char *name;
    enum error_id error;
};

/* Which are tried again follows from the error's class. Google's clients retry reads on 4, 13, 14,
 * unary ones also on 8, and a Listen on 1, 2, 10 as well; pages are read by cursor, so that
 * repeating one is harmless, and we never give up by ourselves: the Listen list holds for all. */
static const struct code_info codes[GRPC_CODE_COUNT] = {
    [GRPC_OK] = {"OK", ERROR_NONE},
    [GRPC_CANCELLED] = {"CANCELLED", ERROR_SOURCE_UNAVAILABLE},
    [GRPC_UNKNOWN] = {"UNKNOWN", ERROR_SOURCE_UNAVAILABLE},
    [GRPC_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", ERROR_SOURCE_REFUSED},
    [GRPC_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", ERROR_SOURCE_TIMEOUT},
    [GRPC_NOT_FOUND] = {"NOT_FOUND", ERROR_SOURCE_NOT_FOUND},
    [GRPC_ALREADY_EXISTS] = {"ALREADY_EXISTS", ERROR_SOURCE_REFUSED},
    [GRPC_PERMISSION_DENIED] = {"PERMISSION_DENIED", ERROR_SOURCE_DENIED},
    [GRPC_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", ERROR_SOURCE_RATE_LIMITED},
    [GRPC_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", ERROR_SOURCE_REFUSED},
    [GRPC_ABORTED] = {"ABORTED", ERROR_SOURCE_UNAVAILABLE},
    [GRPC_OUT_OF_RANGE] = {"OUT_OF_RANGE", ERROR_SOURCE_REFUSED},
    [GRPC_UNIMPLEMENTED] = {"UNIMPLEMENTED", ERROR_SOURCE_REFUSED},
    [GRPC_INTERNAL] = {"INTERNAL", ERROR_SOURCE_UNAVAILABLE},
    [GRPC_UNAVAILABLE] = {"UNAVAILABLE", ERROR_SOURCE_UNAVAILABLE},
    [GRPC_DATA_LOSS] = {"DATA_LOSS", ERROR_SOURCE_REFUSED},
    [GRPC_UNAUTHENTICATED] = {"UNAUTHENTICATED", ERROR_SOURCE_AUTH},
};

static const struct code_info *code_info(int code)
{
    return &codes[code >= 0 && code < GRPC_CODE_COUNT ? code : GRPC_UNKNOWN];
}

const char *grpc_code_name(int code)
{
    return code_info(code)->name;
}

enum error_id grpc_code_error(int code)
{
    return code_info(code)->error;
}

bool grpc_code_is_retried(int code)
{
    enum error_class class = error_info(grpc_code_error(code))->class;
    return class == CLASS_TRANSIENT || class == CLASS_RATE_LIMITED;
}

enum grpc_code grpc_code_parse(struct str text)
{
    int code = 0;
    if (text.len == 0 || text.len > 2)
        return GRPC_UNKNOWN;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return GRPC_UNKNOWN;
        code = code * 10 + (text.data[i] - '0');
    }
    return code < GRPC_CODE_COUNT ? (enum grpc_code)code : GRPC_UNKNOWN;
}

enum grpc_code grpc_code_from_http(int http_status)
{
    switch (http_status) {
    case 400:
        return GRPC_INTERNAL;
    case 401:
        return GRPC_UNAUTHENTICATED;
    case 403:
        return GRPC_PERMISSION_DENIED;
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 0:
    case 200:
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void grpc_message_decode(struct str encoded, char *ret_text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < encoded.len && used + 1 < size; i++) {
        char c = encoded.data[i];
        int high = c == '%' && i + 2 < encoded.len ? hex_digit(encoded.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(encoded.data[i + 2]) : -1;
        if (low >= 0) {
            c = (char)(high * 16 + low);
            i += 2;
        }
        ret_text[used++] = c == '\0' ? ' ' : c;
    }
    if (size > 0)
        ret_text[used] = '\0';
}
