/* SPDX-License-Identifier: Apache-2.0
 *
 * keep.c - level 6: a device can be repeated, saved and loaded.
 */
#include <string.h>

#include "imports.h"
#include "rig.h"

#define ROUNDS 8u
#define STEPS  1500u
#define QUIET  (ACT_ALL & ~(ACT_RESET | ACT_BLOCK))

/* --- determinism --------------------------------------------------------------------- */

/* The same life a second time, on a host whose clocks, chance and memory differ. */
void check_determinism(struct kit *kit)
{
    struct rig *runs[2] = {NULL, NULL};

    for (uint32_t i = 0; i < 2; i++) {
        struct random random = random_of(kit, 40);

        imports_shift(i);
        runs[i] = rig_started(kit, NULL);
        if (!runs[i])
            break;
        drive_many(runs[i], &random, ACT_ALL, 2 * STEPS);
    }
    imports_shift(0);
    if (runs[0] && runs[1])
        tape_same(kit, &runs[0]->tape, &runs[1]->tape, "the same steps twice");
    rig_close(runs[0]);
    rig_close(runs[1]);
}

/* --- snapshots ----------------------------------------------------------------------- */

/* A device in the middle of something, with nothing in flight, as the core takes a snapshot of
 * it. */
static struct rig *busy(struct kit *kit, struct random *random)
{
    struct rig *rig = rig_started(kit, NULL);

    if (!rig)
        return NULL;
    rig->tape.pause = true;
    drive_many(rig, random, ACT_ALL, STEPS);
    while (rig->t->block.nrequests)
        rig_complete(rig, 0, BP_OK);
    rig_posted(rig);
    rig->t->chr.nqueue = 0;
    return rig;
}

void check_roundtrip(struct kit *kit)
{
    struct random random = random_of(kit, 41);
    struct snapshot first = {0}, second = {0};

    for (uint32_t round = 0; round < ROUNDS && !kit_failed(kit); round++) {
        struct rig *from = busy(kit, &random), *to = from ? rig_started(kit, NULL) : NULL;

        if (to && snapshot_save(from, &first)) {
            int32_t status;

            snapshot_world(to, from);
            status = snapshot_load(to, &first);
            if (status)
                kit_fail(kit, "post_load() refuses what was just saved with status %d",
                         (int)status);
            else if (snapshot_save(to, &second) &&
                     (first.bytes != second.bytes || memcmp(first.data, second.data, first.bytes)))
                kit_fail(kit, "saving, loading and saving again gives other bytes than at first");
        }
        rig_close(to);
        rig_close(from);
    }
    snapshot_free(&first);
    snapshot_free(&second);
}

/* After a load the device goes on like the one that was saved. */
void check_complete(struct kit *kit)
{
    struct random random = random_of(kit, 42);
    struct snapshot snapshot = {0};

    for (uint32_t round = 0; round < ROUNDS && !kit_failed(kit); round++) {
        struct rig *from = busy(kit, &random), *to = from ? rig_started(kit, NULL) : NULL;

        if (to && snapshot_save(from, &snapshot)) {
            struct random a = random_of(kit, 4200 + round), b = a;

            snapshot_world(to, from);
            snapshot_load(to, &snapshot);
            from->tape.pause = to->tape.pause = false;
            from->tape.count = to->tape.count = 0;
            drive_many(from, &a, QUIET | ACT_BLOCK, STEPS);
            drive_many(to, &b, QUIET | ACT_BLOCK, STEPS);
            if (!kit_failed(kit))
                tape_same(kit, &from->tape, &to->tape, "the saved device, and the loaded one");
        }
        rig_close(to);
        rig_close(from);
    }
    snapshot_free(&snapshot);
}

/* A damaged snapshot is refused, or gives a device in some state; never a crash. */
void check_hostile(struct kit *kit)
{
    struct random random = random_of(kit, 43);
    struct snapshot snapshot = {0};

    for (uint32_t round = 0; round < 4 * ROUNDS && !kit_failed(kit); round++) {
        struct rig *from = busy(kit, &random), *to = from ? rig_started(kit, NULL) : NULL;

        if (to && snapshot_save(from, &snapshot)) {
            for (uint32_t i = 0; snapshot.bytes && i < 1 + round; i++)
                snapshot
                    .data[random_below(&random, snapshot.bytes < 4096 ? snapshot.bytes : 4096)] =
                    (uint8_t)random_value(&random);
            snapshot_world(to, from);
            kit_own(kit, true);
            if (snapshot_load(to, &snapshot) == BP_OK)
                drive_many(to, &random, ACT_ALL, 300);
        }
        rig_close(to);
        rig_close(from);
        kit_own(kit, false);
    }
    snapshot_free(&snapshot);
}
