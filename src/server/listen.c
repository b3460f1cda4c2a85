/* SPDX-License-Identifier: MIT */
#include "server/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, FIRST_INHERITED = 3 };

static bool refuse(const char *address, const char *reason, struct error *err)
{
    error_tell(err, ERROR_INVALID, "SRV-101", "could not listen on \"%s\": %s; write ADDRESS:PORT, e.g. 127.0.0.1:8080",
               "no se pudo escuchar en «%s»: %s; escriba DIRECCIÓN:PUERTO, p. ej. 127.0.0.1:8080", address, reason);
    return false;
}

/* Splits "host:port"; the host of "[::1]:80" comes without brackets. */
static bool split(const char *address, char *out_host, size_t size, const char **out_port, struct error *err)
{
    const char *colon = strrchr(address, ':');
    if (!colon || colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1) || strlen(colon + 1) > 5) {
        return refuse(address, "no port", err);
    }
    size_t length = (size_t)(colon - address);
    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    if (length >= size) {
        return refuse(address, "the name is too long", err);
    }
    memcpy(out_host, address, length);
    out_host[length] = '\0';
    *out_port = colon + 1;
    return true;
}

static int open_socket(const struct addrinfo *info, bool shares_port)
{
    int one = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (shares_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) {
        close(fd);
        return -1;
    }
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || (shares_port && listen(fd, BACKLOG) != 0)) {
        int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

/* Sockets that share a port would join another program's silently: first one that does not share tries it. It also
 * finds the free port when 0 is asked for, and writes it into `info`. */
static bool probe(const struct addrinfo *info)
{
    int fd = open_socket(info, false);
    if (fd < 0) {
        return false;
    }
    /* Without SO_REUSEPORT a listening socket of another program shows only in listen(). */
    bool ok = listen(fd, 1) == 0;
    int reason = errno;
    socklen_t size = info->ai_addrlen;
    getsockname(fd, info->ai_addr, &size);
    close(fd);
    errno = reason;
    return ok;
}

static void describe(const struct addrinfo *info, char out[LISTEN_ADDRESS_BYTES])
{
    char host[200] = "";
    char port[8] = "";
    getnameinfo(info->ai_addr, info->ai_addrlen, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(out, LISTEN_ADDRESS_BYTES, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

int listen_inherited(void)
{
    const char *process = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    if (!process || !count || strtol(process, NULL, 10) != (long)getpid() || strtol(count, NULL, 10) < 1) {
        return -1;
    }
    return FIRST_INHERITED;
}

bool listen_share(int socket, size_t count, int *out_sockets, char out_address[LISTEN_ADDRESS_BYTES], struct error *err)
{
    struct sockaddr_storage address;
    struct addrinfo info = {.ai_addr = (struct sockaddr *)&address, .ai_addrlen = sizeof address};
    int listens = 0;
    socklen_t size = sizeof listens;
    size_t opened = 0;
    bool ok = getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
              getsockname(socket, info.ai_addr, &info.ai_addrlen) == 0 &&
              fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) == 0;
    while (ok && opened < count) {
        int fd = fcntl(socket, F_DUPFD_CLOEXEC, FIRST_INHERITED);
        ok = fd >= 0;
        if (ok) {
            out_sockets[opened++] = fd;
        }
    }
    if (!ok) {
        error_tell(err, ERROR_UNAVAILABLE, "SRV-104",
                   "the socket handed over (LISTEN_FDS) cannot be used: it must be a listening TCP socket",
                   "el socket recibido (LISTEN_FDS) no sirve: debe ser un socket TCP que escucha");
        while (opened > 0) {
            close(out_sockets[--opened]);
        }
        return false;
    }
    describe(&info, out_address);
    close(socket);
    return true;
}

bool listen_open(const char *address, size_t count, int *out_sockets, char out_address[LISTEN_ADDRESS_BYTES],
                 struct error *err)
{
    char host[256];
    const char *port;
    if (!split(address, host, sizeof host, &port, err)) {
        return false;
    }
    struct addrinfo *info = NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    int failure = getaddrinfo(host[0] ? host : NULL, port, &hints, &info);
    if (failure != 0) {
        return refuse(address, gai_strerror(failure), err);
    }
    size_t opened = 0;
    bool ok = probe(info);
    while (ok && opened < count) {
        int fd = open_socket(info, true);
        ok = fd >= 0;
        if (ok) {
            out_sockets[opened++] = fd;
        }
    }
    if (!ok) {
        error_tell(err, ERROR_UNAVAILABLE, "SRV-102",
                   "could not listen on \"%s\": %s; stop the other program or choose another port with --listen",
                   "no se pudo escuchar en «%s»: %s; detenga el otro programa o elija otro puerto con --listen",
                   address, strerror(errno));
        while (opened > 0) {
            close(out_sockets[--opened]);
        }
    } else {
        describe(info, out_address);
    }
    freeaddrinfo(info);
    return ok;
}

bool listen_steer(int socket, bool spreads)
{
    int ignored = 0;
    struct sock_filter first[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const struct sock_fprog program = {.len = 1, .filter = first};
    return spreads ? setsockopt(socket, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &ignored, sizeof ignored) == 0
                   : setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}
