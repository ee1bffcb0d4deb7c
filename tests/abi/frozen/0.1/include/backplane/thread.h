/* SPDX-License-Identifier: Apache-2.0
 *
 * thread.h - bp.thread/1: how threads a plug-in made itself reach the machine.
 */
#ifndef BACKPLANE_THREAD_H
#define BACKPLANE_THREAD_H

#include <backplane/plugin.h>

BP_BEGIN

#define BP_THREAD_ID "bp.thread/1"
struct bp_thread_api {
    uint32_t size, flags;
    /* [any]. Queues fn(self, ctx) to run [machine], in order of posting. Refused with BP_E_STATE once the
     * instance is being finished; what was accepted runs before finish(). */
    int32_t (*post)(struct bp_dev *dev, void (*fn)(void *self, void *ctx), void *ctx);
    uint32_t (*in_machine)(
        struct bp_dev *dev); /* [any]; 1 when the caller holds the machine lock */
};

BP_END
#endif
