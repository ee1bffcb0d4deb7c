/* SPDX-License-Identifier: Apache-2.0
 *
 * world.h - several vCPUs of one machine and what they have to tell each other: mailboxes that a
 * vCPU empties at its polls, and the wait until everybody else has done so.
 *
 * A vCPU is RUNNING while it may touch guest memory through its own TLB or execute translated code,
 * else it is OUT: not in run(), inside a device, translating, or waiting for others. The protocol:
 *
 *   - world_post() puts mail into a box and raises WORLD_POLL_MAIL in the owner's poll word. The
 *     owner applies all its mail in world_drain() before it runs on.
 *   - world_enter() makes a vCPU RUNNING first and only then lets it look at its poll word;
 *     world_wait() is called after posting and looks who is RUNNING. Both sides use sequentially
 *     consistent operations, so of a pair that races at least one sees the other: either the
 *     poster sees RUNNING and waits for the acknowledgement, or the vCPU sees the mail before it
 *     executes anything.
 *   - Therefore, when world_wait() returns, every vCPU has applied the mail or will before it uses
 *     a TLB entry or a block that was made before the mail was posted.
 *
 * Nobody waits while RUNNING or with the machine lock held, and whoever waits for one is OUT; so no
 * cycle of waiting can close. Posting never waits.
 */
#ifndef ACCEL_WORLD_H
#define ACCEL_WORLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* Bits of a vCPU's poll word; the word is zero as long as there is nothing to do. */
#define WORLD_POLL_MAIL  1u
#define WORLD_POLL_KICK  2u /* ask the CPU class */
#define WORLD_POLL_STOP  4u /* return from run() */
#define WORLD_POLL_LEAVE 8u /* look the next block up again: mappings or code changed */

enum world_kind {
    WORLD_DROP_WRITES, /* forget write TLB entries of the page at pa */
    WORLD_INVALIDATE,  /* forget code translated from [pa, pa + bytes) */
    WORLD_FLUSH_MAP,   /* the physical map changed: forget all translations of addresses */
    WORLD_FLUSH_CODE   /* forget all translated code */
};

struct world_mail {
    enum world_kind kind;
    uint64_t pa, bytes;
};

#define WORLD_MAILS 32 /* more unread mail than that becomes one "forget everything" */

struct world_cpu {
    _Atomic uint32_t poll;    /* WORLD_POLL_* */
    _Atomic uint32_t running; /* 1: RUNNING */
    _Atomic uint64_t posted;  /* mails ever posted ... */
    _Atomic uint64_t applied; /* ... and applied */
    pthread_mutex_t lock;     /* of the two members below */
    uint32_t nmails, overflow;
    struct world_mail mails[WORLD_MAILS];
};

struct world {
    pthread_mutex_t shootdown; /* held by the one vCPU that waits for all others */
    pthread_mutex_t lock;      /* for `changed` */
    pthread_cond_t changed;    /* some vCPU applied mail or went OUT while `waiting` */
    _Atomic uint32_t waiting;
    uint32_t ncpus, room;
    struct world_cpu **cpus;
};

void world_init(struct world *world);
void world_finish(struct world *world);

/* [main], before anything runs. The world keeps the pointer until world_remove(). BP_OK or
 * BP_E_NOMEM. */
int32_t world_add(struct world *world, struct world_cpu *cpu);
void world_remove(struct world *world, struct world_cpu *cpu);

/* OUT -> RUNNING and back; [vcpu], by the vCPU itself. After enter: drain before anything else. */
void world_enter(struct world_cpu *cpu);
void world_leave(struct world *world, struct world_cpu *cpu);

/* [any] */
void world_post(struct world_cpu *cpu, enum world_kind kind, uint64_t pa, uint64_t bytes);
/* To all vCPUs but `self` (NULL: to all). */
void world_post_all(struct world *world, const struct world_cpu *self, enum world_kind kind,
                    uint64_t pa, uint64_t bytes);

/* [vcpu], OUT, with `shootdown` held: until all others have applied what has been posted, or are
 * OUT. */
void world_wait(struct world *world, const struct world_cpu *self);

/* [vcpu]. Calls apply() for each mail, then acknowledges. `overflow`: mail was lost; apply() is
 * called with FLUSH_MAP and FLUSH_CODE instead, which together cover every kind. */
void world_drain(struct world *world, struct world_cpu *cpu,
                 void (*apply)(void *ctx, const struct world_mail *mail), void *ctx);

/* [any] */
static inline void world_raise(struct world_cpu *cpu, uint32_t bits)
{
    atomic_fetch_or(&cpu->poll, bits);
}

#endif
