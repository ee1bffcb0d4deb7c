/* SPDX-License-Identifier: Apache-2.0
 *
 * vcpu.h - one thread per vCPU and what controls it, whatever the accelerator.
 *
 * The thread calls the accelerator's run() again and again. Between calls it sleeps when the vCPU waits for an
 * interrupt, and parks when the machine is stopped. `wake` is sticky: it is set under `lock` by everyone who may have
 * ended a wait, and taken only when the thread goes on to run(), which asks poll() first. So a wake-up between run()'s
 * last look and the sleep is not lost.
 */
#ifndef CORE_CPU_VCPU_H
#define CORE_CPU_VCPU_H

#include <backplane/accel.h>
#include <pthread.h>
#include <stdbool.h>

struct bp_dev;
struct machine;

struct vcpu {
    struct bp_dev *dev;
    uint32_t index;
    struct bp_vcpu *handle; /* the accelerator's */
    pthread_t thread;
    bool started;           /* the thread exists, which in deterministic time it does not; [main] */
    pthread_mutex_t lock;   /* of all below; taken last, nothing is called under it */
    pthread_cond_t change;  /* any of them */
    bool wake, park, leave; /* orders to the thread */
    bool parked, waiting;   /* what it does */
};

/* Creates the vCPU's state through the accelerator; dev->instance becomes the state block. [main] */
int32_t vcpu_create(struct vcpu *vcpu, struct bp_dev *dev, uint32_t index);
int32_t vcpu_start_thread(struct vcpu *vcpu); /* parked */
void vcpu_destroy(struct vcpu *vcpu);         /* joins the thread */

void vcpu_wake(struct vcpu *vcpu); /* [any]; a wait may be over */

/* Parks all vCPUs and returns when none is inside run(). The loop is served meanwhile, for a vCPU that drains requests
 * parks only after that. The caller must not hold the machine lock. [main] */
void vcpu_park_all(struct machine *m);
void vcpu_resume_all(struct machine *m); /* [main] */
/* Asks all vCPUs to come out of run() and park, without waiting. [any] */
void vcpu_stop_all(struct machine *m);

/* Notes when the guest began to run. [any] */
void vcpu_note_first_run(struct machine *m);
/* What a result of run() means for the vCPU. By whoever called it. */
void vcpu_ran(struct vcpu *v, int32_t result);
/* All vCPUs wait for interrupts, and there is one. [main] */
bool vcpu_all_wait(struct machine *m);
/* Fast mode: when all vCPUs wait and neither a request nor a post is on its way, time jumps. Called by the loop in every turn. [main] */
void vcpu_skip_idle(struct machine *m);

/* The host side that accelerators see; vcpu.c fills it in. */
void vcpu_accel_host(struct bp_accel_host *host);
extern const struct bp_vcpu_host vcpu_host_api;
/* For CPUs of a machine without accelerator; vcpu_idle.c. The handle is NULL then. */
extern const struct bp_vcpu_api vcpu_idle_api;

#endif
