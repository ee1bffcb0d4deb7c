/* SPDX-License-Identifier: Apache-2.0
 *
 * fake.h - the smallest core a back end can live in: poll(2), threads for work(), and a record of everything it does.
 */
#ifndef TESTS_BACKEND_FAKE_H
#define TESTS_BACKEND_FAKE_H

#include <backplane/backend.h>
#include <backplane/bus.h>

#include <stdbool.h>
#include <stddef.h>

struct fake_watch;
struct fake_work;
struct fake_timer;

struct fake {
    const struct bp_backend_class *cls;
    void *self;
    uint8_t input[1 << 20];
    size_t ninput;
    uint32_t opened, closed, breaks, writable, resets, leaves;
    uint32_t completed; /* block requests */
    int32_t last_status;
    char error[512], error_property[64], log[1024];
    struct fake_watch *watches;
    struct fake_work *works;
    struct fake_timer *timers;
    bool refuse_work;
};

/* A back end of host.so with properties given as name, text pairs up to a NULL. Returns init()'s status; defaults of
 * the class apply. fake_close() is due in any case. */
int32_t fake_open(struct fake *f, const char *type, ...);
/* An instance on which init() was never called. */
void fake_zeroed(struct fake *f, const char *type);
/* finish(), and a check that no watch was left behind. */
void fake_close(struct fake *f);

/* One turn of the loop, waiting at most `ms`. */
void fake_turn(struct fake *f, int ms);
/* Turns until the condition holds; fails the test after ten seconds. */
#define UNTIL(f, condition)                                                                        \
    do {                                                                                           \
        int turns = 0;                                                                             \
        while (!(condition) && turns++ < 1000)                                                     \
            fake_turn(f, 10);                                                                      \
        cr_assert(condition, "waited ten seconds for: %s", #condition);                            \
    } while (0)

/* Writes all of it, turning the loop when the back end is full. */
void fake_write(struct fake *f, const void *data, size_t bytes);

/* A block request, run to its end; its status. */
int32_t fake_block(struct fake *f, uint32_t op, uint64_t offset, void *data, uint64_t bytes);

/* "<folder>/<name>" in a folder of this test process, made on first use and removed at exit. Rotates 8 buffers. */
const char *fake_path(const char *name);
/* Whole content of a file, NUL-terminated, in a static buffer. */
const char *fake_slurp(const char *path);
void fake_spill(const char *path, const void *data, size_t bytes);

#endif
