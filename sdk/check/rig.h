/* SPDX-License-Identifier: Apache-2.0
 *
 * rig.h - one device in the fake machine of sdk/testhost, watched.
 *
 * The interfaces the device gets (host.c) know in which phase of its life and on which thread it
 * calls them, and write down what a guest or the outside could see of it: the tape. Two runs that
 * should be the same have the same tape.
 */
#ifndef CHECK_RIG_H
#define CHECK_RIG_H

#include <pthread.h>

#include "check.h"
#include <testhost.h>

/* Where the plug-in is right now; a bit set in the rules of host.c. */
#define PHASE_OUTSIDE  0u /* nobody called it */
#define PHASE_INIT     1u
#define PHASE_RESET    2u
#define PHASE_RUN      4u /* accesses, lines, timers, back ends */
#define PHASE_DEBUG    8u /* an access with BP_ACCESS_DEBUG */
#define PHASE_SAVE     16u
#define PHASE_LOAD     32u
#define PHASE_FINISH   64u
#define PHASE_FDT      128u
#define PHASE_PARALLEL 256u /* an access of a device that takes them without the lock */
#define PHASE_MACHINE  (PHASE_RESET | PHASE_RUN)
#define PHASE_ALL      255u

struct tape_entry {
    uint32_t kind; /* TAPE_* */
    uint32_t index;
    uint64_t a, b;
};
#define TAPE_READ   0 /* region; address; value */
#define TAPE_STATUS 1 /* region; address; status */
#define TAPE_LINE   2 /* port; index; level */
#define TAPE_CHAR   3 /* -; bytes; hash */
#define TAPE_DMA    4 /* write?; address; bytes */
#define TAPE_BLOCK  5 /* op; offset; bytes */
#define TAPE_POWER  6 /* action; code; - */
#define TAPE_CLOCK  7 /* port; hz; - */
#define TAPE_REGION 8 /* region; what; value */
#define TAPE_PART   9 /* stand-in; what it was told; what it had been told before */

struct tape {
    struct tape_entry *entries; /* owned */
    uint32_t count, room;
    bool pause;
};

/* A stand-in for a part on a bus of the device, or for the controller of a seat (places.c). */
struct rig_part {
    struct rig *rig;
    uint32_t kind;  /* row of the table of interfaces */
    uint32_t state; /* of all it was told */
    uint32_t busy;  /* a wire: 1 a frame waits, 2 it is on its way */
};
#define BUS_PARTS 4u /* at most, on one bus */
#define RIG_PARTS (TH_MAX_BUSES * (BUS_PARTS + 1))

struct rig {
    struct kit *kit;
    struct th *t;
    uint32_t phase;
    pthread_t owner;   /* thread the plug-in was called on */
    bool parallel;     /* several threads are in it, without the lock */
    bool core_small;   /* interfaces as large as SDK 0.1 had them */
    uint32_t no_timer; /* create() finds no memory from this one on, counted from 1; 0: never */
    bool finished, resume;
    struct tape tape;
    struct rig_part parts[RIG_PARTS];
    uint32_t nparts;
};

/* A device with its properties chosen by the defaults, --props, and where a value is required
 * the simplest one; with `random`, any the rows allow. NULL: no such host; a skip or finding
 * says why. */
struct rig *rig_open(struct kit *kit, struct random *random);
/* Writes properties and ports and calls init(). The status of init(), checked. */
int32_t rig_init(struct rig *rig);
/* The same and a cold reset; false with a finding of the check when init() refuses. */
bool rig_start(struct rig *rig);
struct rig *rig_started(struct kit *kit, struct random *random);
void rig_finish(struct rig *rig); /* the device alone, once */
void rig_close(struct rig *rig);  /* finishes it as well; accepts NULL */

/* Everything below calls the plug-in with its phase set. */
void rig_reset(struct rig *rig, uint32_t kind);
int32_t rig_access(struct rig *rig, uint32_t region, uint64_t addr, uint32_t width, uint32_t flags,
                   uint64_t *value, uint32_t write);
void rig_line(struct rig *rig, uint32_t port, uint32_t index, uint32_t level);
void rig_clock(struct rig *rig, uint32_t port, uint64_t hz);
/* Lets virtual time pass; timers run up to `late` ns after their deadline. */
void rig_advance(struct rig *rig, uint64_t ns, uint64_t late);
void rig_type(struct rig *rig, const void *data, uint32_t bytes);
void rig_accept(struct rig *rig, uint32_t bytes);
void rig_char_event(struct rig *rig, uint32_t event);
void rig_complete(struct rig *rig, uint32_t index, int32_t status);
void rig_posted(struct rig *rig);
const void *rig_iface(struct rig *rig, const char *id);

uint32_t rig_enter(struct rig *rig, uint32_t phase); /* returns the phase before, for rig_leave() */
void rig_leave(struct rig *rig, uint32_t phase);
void rig_status(struct rig *rig, int32_t status, const char *what, const void *function);
/* Everything the test host counted as a breach since the last time becomes a finding. */
void rig_violations(struct rig *rig);

uint32_t rig_port_of_kind(const struct rig *rig, uint32_t kind); /* row; BP_NO_OFFSET: none */
bool rig_has_time(const struct rig *rig);

/* host.c */
const void *host_get(const struct bp_core *core, const char *id);
void host_join(struct rig *rig); /* the rig's handles count as valid */
void host_part(struct rig *rig);
/* Takes the function posted first; false: none is waiting. */
bool host_take_post(struct rig *rig, void (**fn)(void *self, void *ctx), void **ctx);
const char *host_id(uint32_t i); /* NULL: there are no more */

/* places.c: buses and seats. With `random`, any number of parts. False: a skip says why. */
bool places_furnish(struct rig *rig, struct random *random);
void places_step(struct rig *rig); /* what happens on them by itself */
void places_world(struct rig *to, const struct rig *from);

/* tape.c */
void tape_add(struct rig *rig, uint32_t kind, uint32_t index, uint64_t a, uint64_t b);
/* False, with a finding of the check, at the first entry that differs. */
bool tape_same(struct kit *kit, const struct tape *a, const struct tape *b, const char *what);

/* drive.c: one step of a guest and a world that do anything. */
#define ACT_MMIO  1u
#define ACT_TIME  2u
#define ACT_LINES 4u
#define ACT_CHAR  8u
#define ACT_BLOCK 16u
#define ACT_RAM   32u
#define ACT_RESET 64u
#define ACT_ODD   128u /* failures and events that are rare */
#define ACT_ALL   255u
void drive(struct rig *rig, struct random *random, uint32_t acts);
void drive_many(struct rig *rig, struct random *random, uint32_t acts, uint32_t steps);

/* snapshot.c: what a snapshot holds of a device, as bytes. */
struct snapshot {
    uint8_t *data; /* owned */
    size_t bytes, room;
};
bool snapshot_save(struct rig *rig, struct snapshot *out);
/* Into a started rig of the same class and properties. The status of post_load(), checked. */
int32_t snapshot_load(struct rig *rig, const struct snapshot *from);
void snapshot_free(struct snapshot *snapshot);
/* What surrounds a device and is not its state: RAM, medium, peers, clocks, inputs. */
void snapshot_world(struct rig *to, const struct rig *from);

#endif
