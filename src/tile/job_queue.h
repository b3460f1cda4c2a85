/* SPDX-License-Identifier: MIT */
#pragma once
/* What waits for a worker, and whose turn it is. Not thread-safe: the tile service holds its lock.
 *
 * Three classes: somebody waits for a new answer; an answer has begun and goes on (streams); a tile that changed is
 * made again while the old one is served. Within a class clients take turns, so that one who asks for much does not
 * hold up one who asks for little. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum job_class { JOB_NEW, JOB_BEGUN, JOB_DIRTY, JOB_CLASSES };
enum { JOB_LANES = 1024 };

/* The head of what waits; the owner's struct begins with it. */
struct job {
    enum job_class class;
    uint32_t lane;
    int64_t since_ns;
    struct job *newer;
    struct job *older;
};

/* The jobs of one client. Clients are told apart by hash: two in one lane share a turn. */
struct job_lane {
    struct job *oldest;
    struct job *newest;
    size_t length;
    struct job_lane *next; /* in the ring of lanes that wait */
};

struct job_class_queue {
    struct job_lane lanes[JOB_LANES];
    struct job_lane *first; /* whose turn it is */
    struct job_lane *last;
    size_t length;
};

struct job_queue {
    struct job_class_queue classes[JOB_CLASSES];
    unsigned turn;
};

/* `client` is a hash of who asks; 0: nobody in particular. */
void job_queue_push(struct job_queue *queue, struct job *job, enum job_class class, uint64_t client);
/* NULL when nothing waits. */
struct job *job_queue_pop(struct job_queue *queue);
/* Takes out a job of the class that waits since before `time_ns`, and was the next of its client; NULL when there is
 * none. */
struct job *job_queue_pop_older(struct job_queue *queue, enum job_class class, int64_t time_ns);
/* Moves a waiting job to another class, as its client's newest. */
void job_queue_move(struct job_queue *queue, struct job *job, enum job_class class, uint64_t client);
size_t job_queue_length(const struct job_queue *queue, enum job_class class);
/* Jobs of the client that wait in the class. */
size_t job_queue_of_client(const struct job_queue *queue, enum job_class class, uint64_t client);
/* Jobs of the class that would be done before a new one of the client: all of its own, and of each other client as many
 * as it has turns meanwhile. */
size_t job_queue_ahead(const struct job_queue *queue, enum job_class class, uint64_t client);
