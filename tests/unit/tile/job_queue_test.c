/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "tile/job_queue.h"

#include <string.h>

enum { JOBS = 64 };

static struct job_queue queue;
static struct job jobs[JOBS];
static char names[JOBS];
static size_t used;

static int clear(void **state)
{
    (void)state;
    memset(&queue, 0, sizeof queue);
    used = 0;
    return 0;
}

static struct job *push(char name, enum job_class class, uint64_t client)
{
    names[used] = name;
    job_queue_push(&queue, &jobs[used], class, client);
    return &jobs[used++];
}

/* The names of what comes, in the order in which it comes. */
static const char *pop_all(void)
{
    static char order[JOBS + 1];
    size_t count = 0;
    struct job *job;
    while ((job = job_queue_pop(&queue))) {
        order[count++] = names[job - jobs];
    }
    order[count] = '\0';
    return order;
}

/* Those who wait since before a time, whoever's turn it is; the others keep their turns. */
static void test_late_ones_are_taken_out(void **state)
{
    (void)state;
    const int64_t since_ns[] = {50, 60, 10, 70, 20};
    const uint64_t clients[] = {1, 1, 2, 2, 3};
    for (size_t i = 0; i < 5; i++) {
        push((char)('a' + i), JOB_NEW, clients[i])->since_ns = since_ns[i];
    }
    push('x', JOB_BEGUN, 1)->since_ns = 1;
    assert_int_equal(names[job_queue_pop_older(&queue, JOB_NEW, 30) - jobs], 'c');
    assert_int_equal(names[job_queue_pop_older(&queue, JOB_NEW, 30) - jobs], 'e');
    assert_null(job_queue_pop_older(&queue, JOB_NEW, 30));
    assert_int_equal(job_queue_length(&queue, JOB_NEW), 3);
    assert_string_equal(pop_all(), "adbx");
    assert_null(job_queue_pop_older(&queue, JOB_NEW, 1000));
}

/* One who asks for much does not hold up one who asks for little. */
static void test_clients_take_turns(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        push('a', JOB_NEW, 1);
    }
    push('b', JOB_NEW, 2);
    push('b', JOB_NEW, 2);
    push('c', JOB_NEW, 3);
    assert_int_equal(job_queue_length(&queue, JOB_NEW), 9);
    assert_int_equal(job_queue_of_client(&queue, JOB_NEW, 1), 6);
    assert_int_equal(job_queue_of_client(&queue, JOB_NEW, 3), 1);
    assert_string_equal(pop_all(), "abcabaaaa");
    assert_int_equal(job_queue_length(&queue, JOB_NEW), 0);
    assert_null(job_queue_pop(&queue));
}

static void test_what_goes_before(void **state)
{
    (void)state;
    assert_int_equal(job_queue_ahead(&queue, JOB_NEW, 1), 0);
    for (int i = 0; i < 6; i++) {
        push('a', JOB_NEW, 1);
    }
    push('b', JOB_NEW, 2);
    push('b', JOB_NEW, 2);
    push('c', JOB_DIRTY, 3);
    assert_int_equal(job_queue_ahead(&queue, JOB_NEW, 1), 8); /* its own and both of the other */
    assert_int_equal(job_queue_ahead(&queue, JOB_NEW, 2), 5); /* its own, and three turns of the first */
    assert_int_equal(job_queue_ahead(&queue, JOB_NEW, 3), 2); /* one turn of each */
}

static void test_oldest_first(void **state)
{
    (void)state;
    for (char name = 'a'; name < 'h'; name++) {
        push(name, JOB_NEW, 0);
    }
    assert_string_equal(pop_all(), "abcdefg");
}

/* What somebody waits for comes before what is made again; neither that nor what has begun starves. */
static void test_classes(void **state)
{
    (void)state;
    for (int i = 0; i < 18; i++) {
        push('n', JOB_NEW, 0);
        if (i < 4) {
            push('b', JOB_BEGUN, 0);
            push('d', JOB_DIRTY, 0);
        }
    }
    assert_string_equal(pop_all(), "nnnnbnnndbnnnnbnndnbnnnndd");
}

static void test_move(void **state)
{
    (void)state;
    push('a', JOB_DIRTY, 0);
    struct job *wanted = push('b', JOB_DIRTY, 0);
    push('c', JOB_DIRTY, 0);
    push('n', JOB_NEW, 5);
    job_queue_move(&queue, wanted, JOB_NEW, 7);
    assert_int_equal(job_queue_length(&queue, JOB_DIRTY), 2);
    assert_string_equal(pop_all(), "nbac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_clients_take_turns, clear),
        cmocka_unit_test_setup(test_late_ones_are_taken_out, clear),
        cmocka_unit_test_setup(test_what_goes_before, clear),
        cmocka_unit_test_setup(test_oldest_first, clear),
        cmocka_unit_test_setup(test_classes, clear),
        cmocka_unit_test_setup(test_move, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
