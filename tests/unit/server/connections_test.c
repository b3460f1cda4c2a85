/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "server/connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in address_of(uint32_t host)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
    return address;
}

static const struct sockaddr *general(const struct sockaddr_in *address)
{
    return (const struct sockaddr *)(const void *)address;
}

struct pair {
    int ours;
    int theirs;
    struct connection *connection;
};

static struct pair open_pair(struct connections *connections, uint32_t host)
{
    int fds[2];
    struct sockaddr_in address = address_of(host);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct pair pair = {fds[0], fds[1], connections_add(connections, fds[0], general(&address))};
    assert_non_null(pair.connection);
    return pair;
}

static void close_pair(struct connections *connections, struct pair *pair)
{
    connections_remove(connections, pair->connection);
    close(pair->ours);
    close(pair->theirs);
}

static bool is_cut(const struct pair *pair)
{
    char byte;
    return recv(pair->theirs, &byte, 1, MSG_DONTWAIT) == 0;
}

static void test_per_address(void **state)
{
    const struct connections_limits limits = {.count_max = 100, .per_address_max = 2};
    struct connections *connections = connections_create(&limits);
    struct sockaddr_in one = address_of(0x7f000001);
    struct sockaddr_in other = address_of(0x7f000002);
    (void)state;
    assert_true(connections_admit(connections, general(&one)));
    struct pair a = open_pair(connections, 0x7f000001);
    struct pair b = open_pair(connections, 0x7f000001);
    assert_int_equal(connections_count(connections), 2);
    assert_false(connections_admit(connections, general(&one)));
    assert_true(connections_admit(connections, general(&other)));
    close_pair(connections, &a);
    assert_true(connections_admit(connections, general(&one)));
    close_pair(connections, &b);
    assert_int_equal(connections_count(connections), 0);
    connections_destroy(connections);
}

static void pause_ms(long ms)
{
    const struct timespec pause = {.tv_nsec = ms * 1000000};
    nanosleep(&pause, NULL);
}

static void test_oldest_idle_makes_room(void **state)
{
    const struct connections_limits limits = {.count_max = 3, .per_address_max = 100};
    struct connections *connections = connections_create(&limits);
    struct sockaddr_in next = address_of(9);
    struct pair pairs[3];
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        pairs[i] = open_pair(connections, i);
        pause_ms(2);
    }
    connections_set_phase(pairs[0].connection, CONNECTION_BUSY);
    connections_set_phase(pairs[2].connection, CONNECTION_IDLE);
    assert_true(connections_admit(connections, general(&next)));
    assert_false(is_cut(&pairs[0]));
    assert_true(is_cut(&pairs[1]));
    assert_false(is_cut(&pairs[2]));
    assert_true(connections_admit(connections, general(&next)));
    assert_true(is_cut(&pairs[2]));
    assert_false(connections_admit(connections, general(&next))); /* all others are at work */
    for (int i = 0; i < 3; i++) {
        close_pair(connections, &pairs[i]);
    }
    connections_destroy(connections);
}

static void test_young_are_left_alone(void **state)
{
    const struct connections_limits limits = {.count_max = 10, .per_address_max = 10};
    struct connections *connections = connections_create(&limits);
    (void)state;
    for (int phase = CONNECTION_NEW; phase <= CONNECTION_SENDING; phase++) {
        struct pair pair = open_pair(connections, 1);
        connections_set_phase(pair.connection, (enum connection_phase)phase);
        assert_int_equal(connections_cut_off(connections), 0);
        close_pair(connections, &pair);
    }
    connections_set_phase(NULL, CONNECTION_BUSY);
    connections_remove(connections, NULL);
    connections_destroy(connections);
    connections_destroy(NULL);
}

static void *come_and_go(void *context)
{
    struct connections *connections = context;
    struct sockaddr_in address = address_of(7);
    for (int i = 0; i < 2000; i++) {
        if (connections_admit(connections, general(&address))) {
            struct connection *one = connections_add(connections, -1, general(&address));
            connections_set_phase(one, CONNECTION_BUSY);
            connections_set_phase(one, CONNECTION_IDLE);
            connections_remove(connections, one);
        }
    }
    return NULL;
}

static void test_threads(void **state)
{
    const struct connections_limits limits = {.count_max = 2, .per_address_max = 100};
    struct connections *connections = connections_create(&limits);
    pthread_t threads[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, come_and_go, connections);
    }
    for (int i = 0; i < 200; i++) {
        connections_cut_off(connections);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(connections_count(connections), 0);
    connections_destroy(connections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_per_address),
        cmocka_unit_test(test_oldest_idle_makes_room),
        cmocka_unit_test(test_young_are_left_alone),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
