/* SPDX-License-Identifier: Apache-2.0
 *
 * call.h - which function of which plug-in is running: kept around every call from the core into a device, CPU or back
 * end, so that a crash, or a call that never returns, can be told with its name.
 */
#ifndef CORE_MACHINE_CALL_H
#define CORE_MACHINE_CALL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct bp_dev;

struct dev_call {
    struct bp_dev *dev; /* NULL: in no plug-in */
    const char *function;
    const char *of; /* name of the register, port, ...; NULL */
};

/* The innermost call under the machine lock, for a thread that watches (machine_call_now()). */
struct calling {
    _Atomic(struct bp_dev *) dev;
    _Atomic(const char *) function, of;
    _Atomic uint64_t count; /* of calls and returns so far */
    pthread_mutex_t types;  /* who has it may look into `dev`; and who changes a type has it */
};

/* [any]. Brackets around a call into the plug-in of `dev`; `function` and `of` live as long as the type. They nest:
 * call_leave() takes what its call_enter() returned. */
struct dev_call call_enter(struct bp_dev *dev, const char *function, const char *of);
void call_leave(struct dev_call before);
/* [any]. The same call has come to another function. */
void call_refine(const char *function, const char *of);
/* [any], async-signal-safe. The call that the calling thread is in. */
struct dev_call call_here(void);

#endif
