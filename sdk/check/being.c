/* SPDX-License-Identifier: Apache-2.0
 *
 * being.c - kinds, and devices as one of them.
 */
#include "being.h"

#include "rig.h"

const struct being_kind *being_kind(const struct kit *kit)
{
    static const struct being_kind *const kinds[] = {&device_being, &backend_being, &cpu_being,
                                                     &accel_being};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i]->kind == kit->kind)
            return kinds[i];
    }
    return NULL;
}

static struct being *make(struct kit *kit)
{
    return (struct being *)rig_open(kit, NULL);
}

static int32_t init(struct being *being)
{
    return rig_init((struct rig *)being);
}

static void work(struct being *being, struct random *random, uint32_t steps)
{
    rig_reset((struct rig *)being, BP_RESET_COLD);
    drive_many((struct rig *)being, random, ACT_ALL, steps);
}

static void end(struct being *being)
{
    rig_close((struct rig *)being);
}

static void without(struct being *being, const char *id)
{
    ((struct rig *)being)->t->without = id;
}

static const char *error(const struct being *being)
{
    return ((const struct rig *)being)->t->error;
}

const struct being_kind device_being = {KIND_DEVICE, make,    init,    work,
                                        end,         without, host_id, error};
