/* SPDX-License-Identifier: MIT */
/* The HTTP library by itself: one file and fixed headers, nothing else. What it answers a second is the most that a
 * server on it can reach.
 *
 * usage: bench_http PORT LISTENERS FILE */

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20 };

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **slot)
{
    static int begun;
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (!*slot) {
        *slot = &begun;
        return MHD_YES;
    }
    return MHD_queue_response(connection, 200, context);
}

/* The headers of a tile of ours. */
static struct MHD_Response *make_response(const char *path)
{
    static unsigned char bytes[FILE_BYTES_MAX];
    static const char *const headers[][2] = {
        {"ETag", "\"0123456789abcdef\""},
        {"Content-Type", "image/png"},
        {"Cache-Control", "public, max-age=300, stale-while-revalidate=86400"},
        {"Access-Control-Allow-Origin", "*"},
        {"Access-Control-Expose-Headers", "ETag, Link, Retry-After"},
        {"X-Content-Type-Options", "nosniff"},
        {"Cross-Origin-Resource-Policy", "cross-origin"},
        {"Timing-Allow-Origin", "*"},
        {"Referrer-Policy", "strict-origin-when-cross-origin"},
    };
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct MHD_Response *response = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_PERSISTENT);
    for (size_t i = 0; response && i < sizeof headers / sizeof headers[0]; i++) {
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    }
    return response;
}

static bool start(uint16_t port, struct MHD_Response *response)
{
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1024) != 0) {
        return false;
    }
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, 0, NULL, NULL, answer, response,
                            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(16 * 1024),
                            MHD_OPTION_CONNECTION_TIMEOUT, 15U, MHD_OPTION_END) != NULL;
}

int main(int argc, char **argv)
{
    struct MHD_Response *response = argc == 4 ? make_response(argv[3]) : NULL;
    if (!response) {
        fprintf(stderr, "usage: bench_http PORT LISTENERS FILE\n");
        return 3;
    }
    for (long i = 0; i < strtol(argv[2], NULL, 10); i++) {
        if (!start((uint16_t)strtol(argv[1], NULL, 10), response)) {
            fprintf(stderr, "could not listen on port %s\n", argv[1]);
            return 4;
        }
    }
    pause();
    return 0;
}
