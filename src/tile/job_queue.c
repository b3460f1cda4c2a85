/* SPDX-License-Identifier: MIT */
#include "tile/job_queue.h"

#include "base/clock.h"

/* While new requests wait, every so many turns is one of those that have begun, or of those that are made again. */
enum { TURNS_PER_BEGUN = 5, TURNS_PER_DIRTY = 9 };

static uint32_t lane_of(uint64_t client)
{
    return (uint32_t)(client ^ (client >> 32)) % JOB_LANES;
}

static void append_lane(struct job_class_queue *queue, struct job_lane *lane)
{
    lane->next = NULL;
    *(queue->last ? &queue->last->next : &queue->first) = lane;
    queue->last = lane;
}

static void remove_lane(struct job_class_queue *queue, struct job_lane *lane)
{
    struct job_lane *before = NULL;
    struct job_lane **link = &queue->first;
    while (*link != lane) {
        before = *link;
        link = &before->next;
    }
    *link = lane->next;
    if (queue->last == lane) {
        queue->last = before;
    }
}

void job_queue_push(struct job_queue *queue, struct job *job, enum job_class class, uint64_t client)
{
    struct job_class_queue *jobs = &queue->classes[class];
    job->class = class;
    job->lane = lane_of(client);
    job->since_ns = clock_monotonic_ns();
    struct job_lane *lane = &jobs->lanes[job->lane];
    job->older = lane->newest;
    job->newer = NULL;
    *(lane->newest ? &lane->newest->newer : &lane->oldest) = job;
    lane->newest = job;
    if (lane->length++ == 0) {
        append_lane(jobs, lane);
    }
    jobs->length++;
}

static void take_out(struct job_queue *queue, struct job *job)
{
    struct job_class_queue *jobs = &queue->classes[job->class];
    struct job_lane *lane = &jobs->lanes[job->lane];
    *(job->newer ? &job->newer->older : &lane->newest) = job->older;
    *(job->older ? &job->older->newer : &lane->oldest) = job->newer;
    jobs->length--;
    if (--lane->length == 0) {
        remove_lane(jobs, lane);
    }
}

static enum job_class choose_class(struct job_queue *queue)
{
    bool has_new = queue->classes[JOB_NEW].length > 0;
    bool has_begun = queue->classes[JOB_BEGUN].length > 0;
    bool has_dirty = queue->classes[JOB_DIRTY].length > 0;
    unsigned turn = queue->turn++;
    if (!has_new) {
        return has_begun && (!has_dirty || turn % 2 == 0) ? JOB_BEGUN : JOB_DIRTY;
    }
    if (has_begun && turn % TURNS_PER_BEGUN == TURNS_PER_BEGUN - 1) {
        return JOB_BEGUN;
    }
    return has_dirty && turn % TURNS_PER_DIRTY == TURNS_PER_DIRTY - 1 ? JOB_DIRTY : JOB_NEW;
}

struct job *job_queue_pop(struct job_queue *queue)
{
    struct job_class_queue *jobs = &queue->classes[choose_class(queue)];
    struct job_lane *lane = jobs->first;
    if (!lane) {
        return NULL;
    }
    struct job *job = lane->oldest;
    take_out(queue, job);
    if (lane->length > 0 && jobs->last != lane) {
        jobs->first = lane->next;
        append_lane(jobs, lane);
    }
    return job;
}

struct job *job_queue_pop_older(struct job_queue *queue, enum job_class class, int64_t time_ns)
{
    for (struct job_lane *lane = queue->classes[class].first; lane; lane = lane->next) {
        struct job *job = lane->oldest;
        if (job->since_ns < time_ns) {
            take_out(queue, job);
            return job;
        }
    }
    return NULL;
}

void job_queue_move(struct job_queue *queue, struct job *job, enum job_class class, uint64_t client)
{
    int64_t since_ns = job->since_ns;
    take_out(queue, job);
    job_queue_push(queue, job, class, client);
    job->since_ns = since_ns;
}

size_t job_queue_length(const struct job_queue *queue, enum job_class class)
{
    return queue->classes[class].length;
}

size_t job_queue_of_client(const struct job_queue *queue, enum job_class class, uint64_t client)
{
    return queue->classes[class].lanes[lane_of(client)].length;
}

size_t job_queue_ahead(const struct job_queue *queue, enum job_class class, uint64_t client)
{
    const struct job_class_queue *jobs = &queue->classes[class];
    const struct job_lane *own = &jobs->lanes[lane_of(client)];
    size_t turns = own->length + 1;
    size_t ahead = own->length;
    for (const struct job_lane *lane = jobs->first; lane; lane = lane->next) {
        if (lane != own) {
            ahead += lane->length < turns ? lane->length : turns;
        }
    }
    return ahead;
}
