/* One line a request. */
#include "sim/requestlog.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

static void text_put(FILE *log, const char *text, const char *token)
{
    size_t len = strlen(token);
    for (; *text != '\0'; text++) {
        if (len > 0 && strncmp(text, token, len) == 0) {
            fputs("[key]", log);
            text += len - 1;
            continue;
        }
        fputc((unsigned char)*text < 0x20 ? '?' : *text, log);
    }
}

static const char *manner(const struct rest_call *call)
{
    if (call->authorization == NULL)
        return "none";
    return strncmp(call->authorization, "Basic ", 6) == 0 ? "basic" : "bearer";
}

void requestlog_write(FILE *log, const struct rest_call *call, unsigned under_way,
                      uint64_t connection)
{
    char token[256];
    if (log == NULL)
        return;
    rest_token(call, token, sizeof(token));
    fprintf(log, "%" PRId64 "\t%s\t", clock_wall_us(), call->method);
    text_put(log, call->path, token);
    for (size_t i = 0; i < call->param_count; i++) {
        fputc(i == 0 ? '?' : '&', log);
        text_put(log, call->params[i].name, token);
        fputc('=', log);
        text_put(log, call->params[i].value, token);
    }
    fprintf(log, "\t%u\t%u\t%" PRIu64 "\t%s\n", call->status, under_way, connection, manner(call));
    fflush(log);
}
