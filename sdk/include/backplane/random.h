/* SPDX-License-Identifier: Apache-2.0
 *
 * random.h - bp.random/1: bits that the guest must not be able to guess, or that repeat.
 *
 * From the host's generator; in deterministic time from the run's `seed`, so that the same run
 * gives the same bits. A device that draws its own from the host would make every run another one.
 */
#ifndef BACKPLANE_RANDOM_H
#define BACKPLANE_RANDOM_H

#include <backplane/plugin.h>

BP_BEGIN

#define BP_RANDOM_ID "bp.random/1"
struct bp_random_api {
    uint32_t size, flags;
    /* [machine]. Fills `bytes`. BP_OK, or BP_E_IO: the host has none to give. */
    int32_t (*fill)(struct bp_dev *dev, void *data, uint32_t bytes);
};

BP_END
#endif
