/* The small web server. */
#include "lib/web.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void web_keep(struct web *web, const char *bytes, size_t len)
{
    size_t room = sizeof(web->received) - 1 - web->received_len;
    size_t take = len < room ? len : room;
    memcpy(web->received + web->received_len, bytes, take);
    web->received_len += take;
    web->received[web->received_len] = '\0';
}

static enum MHD_Result web_answer(struct web *web, struct MHD_Connection *connection)
{
    usleep(web->delay_ms * 1000);
    /* A copy: who gives up in the middle of a long answer frees it while this thread still sends.
     */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(web->body), (void *)(uintptr_t)web->body, MHD_RESPMEM_MUST_COPY);
    if (web->location != NULL)
        MHD_add_response_header(response, "Location", web->location);
    web->requests++;
    enum MHD_Result result = MHD_queue_response(connection, web->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result web_handle(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **request)
{
    struct web *web = context;
    (void)version;
    if (*request == NULL) {
        *request = web;
        web->received_len = 0;
        web->received[0] = '\0';
        snprintf(web->method, sizeof(web->method), "%s", method);
        snprintf(web->path, sizeof(web->path), "%s", url);
        const char *flavor =
            MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Metadata-Flavor");
        snprintf(web->flavor, sizeof(web->flavor), "%s", flavor == NULL ? "" : flavor);
        return MHD_YES;
    }
    if (*upload_len > 0) {
        web_keep(web, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    return web_answer(web, connection);
}

void web_start(struct web *web)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *web = (struct web){.status = 200, .body = "{}"};
    web->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, web_handle,
                         web, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        web->daemon == NULL ? NULL : MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (info == NULL)
        abort();
    web->port = info->port;
    snprintf(web->url, sizeof(web->url), "http://127.0.0.1:%d/token", web->port);
}

void web_stop(struct web *web)
{
    MHD_stop_daemon(web->daemon);
}
