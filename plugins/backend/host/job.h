/* SPDX-License-Identifier: Apache-2.0
 *
 * job.h - one piece of blocking work on the loop's thread pool, safe to outlive the back end that started it.
 *
 * A job is on the heap and embedded first in whatever it works on. After job_start() it belongs to the loop until
 * done() is called [main], which disposes of it; or the back end calls job_abandon() in finish(), which waits for
 * run() to end, and from then on the job touches the back end no more and frees itself.
 */
#ifndef HOST_JOB_H
#define HOST_JOB_H

#include "services.h"

struct job {
    void (*run)(
        struct job *job); /* on a pool thread; must not touch the instance beyond what it locks */
    void (*done)(struct job *job);    /* [main] */
    void (*release)(struct job *job); /* [main]; instead of done() once abandoned; frees it */
    int ended, abandoned;             /* private */
};

/* BP_OK: done() or release() follows. Otherwise neither does, and the job is the caller's again. */
int32_t job_start(const struct services *sv, struct job *job);
void job_abandon(struct job *job);

#endif
