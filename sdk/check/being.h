/* SPDX-License-Identifier: Apache-2.0
 *
 * being.h - one instance of a class of any kind, for the checks that all kinds share: its life,
 * memory, loading.
 */
#ifndef CHECK_BEING_H
#define CHECK_BEING_H

#include "check.h"

struct being; /* of the kind that made it */

struct being_kind {
    uint32_t kind;
    /* The instance and what is around it, with simple values for properties. NULL: a skip says
     * why. */
    struct being *(*make)(struct kit *kit);
    int32_t (*init)(struct being *being);
    /* After a good init(): does what the kind does, for `steps`. */
    void (*work)(struct being *being, struct random *random, uint32_t steps);
    /* Finishes what init() began, or a zeroed instance, and frees it. */
    void (*end)(struct being *being);
    /* Before init(): the core does not offer `id`. */
    void (*without)(struct being *being, const char *id);
    /* Interface `i` it may fetch; NULL: there are no more. */
    const char *(*iface)(uint32_t i);
    /* Text of the last bp.error/1; "". */
    const char *(*error)(const struct being *being);
};

/* By kind->kind. */
const struct being_kind *being_kind(const struct kit *kit);

extern const struct being_kind device_being, backend_being, cpu_being, accel_being;

#endif
