/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.c - levels 8 to 10: what is left behind, what is written beside, older cores, loading
 * again and again.
 */
#include <dirent.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "being.h"
#include "child.h"
#include "guard.h"
#include "imports.h"
#include "rig.h"
#include "where.h"

#define LIVES       6u
#define STEPS       800u
#define LOADS       100u
#define WARM_UP     10u
#define SLACK       4096u /* bytes libc may keep of a hundred loads */
#define THREAD_WAIT 200u  /* hundredths of a second for threads to end */

/* --- level 8: leaks ------------------------------------------------------------------ */

static uint32_t entries_of(const char *folder)
{
    DIR *dir = opendir(folder);
    uint32_t count = 0;

    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

static uint32_t threads_now(uint32_t expected)
{
    const struct timespec tick = {0, 10000000};
    uint32_t count = entries_of("/proc/self/task");

    for (uint32_t i = 0; count > expected && i < THREAD_WAIT; i++) {
        nanosleep(&tick, NULL);
        count = entries_of("/proc/self/task");
    }
    return count;
}

static void check_left(struct kit *kit, struct imports_use before, uint32_t fds, uint32_t threads,
                       const char *when)
{
    struct imports_use after = imports_use();
    uint32_t now = threads_now(threads);

    if (after.blocks > before.blocks)
        kit_watch(kit, "leak", imports_oldest(),
                  "%" PRIu64 " blocks of %" PRIu64 " bytes are not freed %s",
                  after.blocks - before.blocks, after.bytes - before.bytes, when);
    if (after.mappings > before.mappings)
        kit_fail(kit, "%" PRIu64 " mappings are not undone %s", after.mappings - before.mappings,
                 when);
    if (entries_of("/proc/self/fd") > fds)
        kit_fail(kit, "%u file descriptors are not closed %s", entries_of("/proc/self/fd") - fds,
                 when);
    if (now > threads)
        kit_fail(kit, "%u threads still run %s", now - threads, when);
}

/* A life of some steps; with `n`, one whose n-th request for memory fails. */
static void live(struct kit *kit, const struct being_kind *kind, uint32_t life, uint64_t n)
{
    struct imports_use before = imports_use();
    uint32_t fds = entries_of("/proc/self/fd"), threads = entries_of("/proc/self/task");
    struct random random = random_of(kit, 60 + life);
    struct being *being = kind->make(kit);
    bool ready;

    if (!being)
        return;
    imports_fail_at(n);
    ready = !kind->init(being);
    imports_fail_at(UINT64_MAX);
    if (ready)
        kind->work(being, &random, STEPS);
    kind->end(being);
    kit_doing(kit, "%s", "");
    check_left(kit, before, fds, threads, ready ? "after finish()" : "after a failed init()");
}

void check_leak(struct kit *kit)
{
    const struct being_kind *kind = being_kind(kit);

    for (uint32_t life = 0; life < LIVES && !kit_failed(kit); life++)
        live(kit, kind, life, UINT64_MAX);
    for (uint64_t n = 0; n < LIVES && !kit_failed(kit); n++)
        live(kit, kind, 0, n);
}

/* --- level 9: stray writes ----------------------------------------------------------- */

void check_stray(struct kit *kit)
{
    const struct being_kind *kind = being_kind(kit);

    for (uint32_t life = 0; life < 2 * LIVES && !kit_failed(kit); life++) {
        struct random random = random_of(kit, 70 + life);
        struct being *being;

        guard_place(life & 1 ? GUARD_BEFORE : GUARD_AFTER);
        being = kind->make(kit);
        if (!being)
            break;
        if (!kind->init(being))
            kind->work(being, &random, 2 * STEPS);
        guard_check(kit);
        kind->end(being);
    }
    guard_place(GUARD_AFTER);
}

/* --- level 10: an older core --------------------------------------------------------- */

void check_core_size(struct kit *kit)
{
    struct random random = random_of(kit, 80);
    struct rig *rig = rig_open(kit, NULL);
    int32_t status;

    if (!rig)
        return;
    kit_own(kit, true);
    rig->core_small = true;
    status = rig_init(rig);
    if (!status) {
        rig_reset(rig, BP_RESET_COLD);
        drive_many(rig, &random, ACT_ALL, 2 * STEPS);
    } else if (status != BP_E_UNSUPPORTED && !kit->shared->skipped[0]) {
        kit_fail(kit, "init() returns %" PRId32 " in a core of SDK 0.1", status);
    }
    rig_close(rig);
    kit_own(kit, false);
}

/* --- level 10: load and unload ------------------------------------------------------- */

/* Loads, lives, unloads. False: it cannot be repeated. */
static bool load_once(struct kit *kit, uint32_t round)
{
    const struct being_kind *kind;
    struct random random = random_of(kit, 90 + round);
    struct being *being;

    if (!kit->object && (!child_load(kit) || !child_find(kit)))
        return false;
    kind = being_kind(kit);
    being = kind->make(kit);
    if (!being)
        return false;
    if (!kind->init(being))
        kind->work(being, &random, 20);
    kind->end(being);
    kit_doing(kit, "dlclose() after life %u", round + 1);
    child_unload(kit);
    return true;
}

void check_reload(struct kit *kit)
{
    uint32_t fds = 0, threads = 0;
    uint64_t bytes = 0;

    kit_own(kit, true);
    for (uint32_t i = 0; i < LOADS && !kit_failed(kit); i++) {
        if (!load_once(kit, i))
            return;
        if (i + 1 == WARM_UP) {
            fds = entries_of("/proc/self/fd");
            threads = entries_of("/proc/self/task");
            bytes = mallinfo2().uordblks;
        }
    }
    if (kit_failed(kit))
        return;
    if (mallinfo2().uordblks > bytes + SLACK)
        kit_fail(kit, "%u loads grow the heap by %zu bytes", LOADS - WARM_UP,
                 (size_t)(mallinfo2().uordblks - bytes));
    if (entries_of("/proc/self/fd") > fds)
        kit_fail(kit, "%u loads leave %u file descriptors open", LOADS - WARM_UP,
                 entries_of("/proc/self/fd") - fds);
    if (threads_now(threads) > threads)
        kit_fail(kit, "%u loads leave %u threads running", LOADS - WARM_UP,
                 entries_of("/proc/self/task") - threads);
}
