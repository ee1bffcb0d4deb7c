/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs on the pool (job.h). One lock serves all of them: it is held for two stores and never while working.
 */
#include "job.h"

#include <pthread.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_ended = PTHREAD_COND_INITIALIZER;

static void run(void *ctx)
{
    struct job *job = ctx;

    job->run(job);
    pthread_mutex_lock(&gate);
    job->ended = 1;
    pthread_cond_broadcast(&one_ended);
    pthread_mutex_unlock(&gate);
}

static void done(void *self, void *ctx)
{
    struct job *job = ctx;

    (void)self; /* may be gone */
    if (job->abandoned)
        job->release(job);
    else
        job->done(job);
}

int32_t job_start(const struct services *sv, struct job *job)
{
    job->ended = 0;
    job->abandoned = 0;
    return sv->loop->work(sv->dev, run, done, job);
}

void job_abandon(struct job *job)
{
    pthread_mutex_lock(&gate);
    while (!job->ended)
        pthread_cond_wait(&one_ended, &gate);
    pthread_mutex_unlock(&gate);
    job->abandoned = 1;
}
