/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "server/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS = 2, CLIENTS = 64 };

static int sockets[SOCKETS];
static struct sockaddr_in address = {.sin_family = AF_INET};

static int set_up(void **state)
{
    (void)state;
    char text[LISTEN_ADDRESS_BYTES];
    struct error err;
    assert_true(listen_open("127.0.0.1:0", SOCKETS, sockets, text, &err));
    address.sin_port = htons((uint16_t)strtol(strrchr(text, ':') + 1, NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < SOCKETS; i++) {
        close(sockets[i]);
    }
    return 0;
}

static unsigned take_all(int socket)
{
    unsigned count = 0;
    int fd = accept(socket, NULL, NULL);
    while (fd >= 0) {
        close(fd);
        count++;
        fd = accept(socket, NULL, NULL);
    }
    return count;
}

/* Connects CLIENTS times and tells how many came to each socket. */
static void visit(unsigned out_counts[SOCKETS])
{
    int clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(clients[i], (const struct sockaddr *)&address, sizeof address), 0);
    }
    for (size_t i = 0; i < SOCKETS; i++) {
        out_counts[i] = take_all(sockets[i]);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        close(clients[i]);
    }
}

static void test_steered_to_the_first_and_back(void **state)
{
    (void)state;
    unsigned counts[SOCKETS];
    if (!listen_steer(sockets[0], false)) {
        skip();
    }
    visit(counts);
    assert_int_equal(counts[0], CLIENTS);
    assert_int_equal(counts[1], 0);
    assert_true(listen_steer(sockets[0], true));
    visit(counts);
    assert_true(counts[0] > 0 && counts[1] > 0);
    assert_int_equal(counts[0] + counts[1], CLIENTS);
    assert_true(listen_steer(sockets[0], false));
    visit(counts);
    assert_int_equal(counts[0], CLIENTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_steered_to_the_first_and_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
