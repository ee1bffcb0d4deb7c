/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio.h - what every virtio device here shares: the MMIO transport, feature negotiation, status,
 * queues.
 *
 * A device embeds struct virtio as its first member, fills in struct virtio_ops and uses
 * VIRTIO_PORTS and virtio_region in its class. Source: Virtual I/O Device specification 1.2, 2 and
 * 4.2.
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <backplane/bus.h>
#include <backplane/device.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/thread.h>
#include <backplane/trace.h>
#include <backplane/util/bytes.h>
#include <backplane/util/ifaces.h>

#include "virtqueue.h"

#define VIRTIO_QUEUES 2u

/* 6, reserved feature bits. */
#define VIRTIO_F_INDIRECT_DESC BP_BIT64(28)
#define VIRTIO_F_EVENT_IDX     BP_BIT64(29)
#define VIRTIO_F_VERSION_1     BP_BIT64(32)

struct virtio;

struct virtio_ops {
    uint32_t device_id; /* 5 */
    uint32_t nqueues;
    uint64_t features; /* of the device itself; those of the transport are added */
    /* All [machine]. */
    void (*notify)(struct virtio *v, uint32_t queue); /* the queue has new chains, perhaps */
    /* Gives up all chains of a queue that is not live any more: when it returns, none of their memory
     * is touched again, and none is returned. May be NULL. */
    void (*stop)(struct virtio *v, uint32_t queue);
    /* Copies of the configuration space; both may be NULL. `bytes` stays within config_bytes. */
    void (*config_read)(struct virtio *v, uint32_t offset, void *data, uint32_t bytes);
    void (*config_write)(struct virtio *v, uint32_t offset, const void *data, uint32_t bytes);
    uint32_t config_bytes;
};

struct virtio {
    const struct virtio_ops *ops;
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_trace_api *trace;
    const struct bp_thread_api *threads;
    struct bp_line *irq;
    struct vq_memory memory;
    uint32_t present; /* 0: an empty slot, device id 0 (4.2.2.2) */
    uint64_t offered; /* features, from present and ops */
    /* Registers. */
    uint32_t device_features_sel, driver_features_sel, queue_sel;
    uint32_t status, interrupts;
    uint64_t accepted; /* features the driver wrote; settled by FEATURES_OK */
    struct virtqueue queues[VIRTIO_QUEUES];
    uint32_t again; /* a continuation of notify() is posted; bit per queue */
};

/* Status bits, 2.1. */
#define VIRTIO_ACKNOWLEDGE 1u
#define VIRTIO_DRIVER      2u
#define VIRTIO_DRIVER_OK   4u
#define VIRTIO_FEATURES_OK 8u
#define VIRTIO_NEEDS_RESET 64u
#define VIRTIO_FAILED      128u

/* [main], from the device's init(). `extra`: features that depend on the instance. */
int32_t virtio_init(struct virtio *v, struct bp_dev *dev, const struct bp_core *core,
                    const struct virtio_ops *ops, uint32_t present, uint64_t extra);
void virtio_reset(struct virtio *v); /* from the device's reset() */

/* The queue is not ready any more (4.2.2, QueueReady). */
void virtio_stop(struct virtio *v, uint32_t queue);

/* True when the queue may be used now. */
uint32_t virtio_live(const struct virtio *v, uint32_t queue);

/* Takes a chain as vq_take(); a breach makes the device broken and counts as none. */
uint32_t virtio_take(struct virtio *v, uint32_t queue, struct vq_chain *chain);
/* Returns a chain and interrupts the driver if it wants to hear of it. */
void virtio_give(struct virtio *v, uint32_t queue, uint16_t head, uint32_t written);
/* Handles chains until there are none: handle() is called with each and returns 0 to stop early (it
 * has put the chain back or keeps it). After a full queue's worth the rest is left to a later turn,
 * so that no driver can keep the machine lock for ever. */
void virtio_run(struct virtio *v, uint32_t queue,
                uint32_t (*handle)(struct virtio *v, const struct vq_chain *chain));
/* The driver broke the rules: logs `why`, asks for a reset (2.1.2), uses no queue until then. */
void virtio_broken(struct virtio *v, const char *why);
void virtio_config_changed(struct virtio *v);
/* From FEATURES_OK on `accepted` is what both sides use. */
void virtio_settle(struct virtio *v);

extern const struct bp_region virtio_region;
const void *virtio_get_iface(void *self, const char *id);

/* Rows that every device's ports and state start with; T is its instance type, with a member
 * `virtio`. */
#define VIRTIO_PORTS(T)                                                                            \
    {.name = "irq",                                                                                \
     .doc = "Interrupt.",                                                                          \
     .kind = BP_PORT_IRQ,                                                                          \
     .dir = BP_DIR_OUT,                                                                            \
     .offset = BP_OFFSET(T, virtio.irq)},                                                          \
    {                                                                                              \
        .name = "dma", .doc = "Where the queues and buffers are.", .kind = BP_PORT_BUS,            \
        .dir = BP_DIR_OUT, .offset = BP_OFFSET(T, virtio.memory.bus)                               \
    }

#define VIRTIO_STATE_ROW(T, number, kind, member, text)                                            \
    {                                                                                              \
        .tag = number, .type = kind, .offset = BP_OFFSET(T, virtio.member), .name = text           \
    }
#define VIRTIO_STATE_QUEUE(T, q, first)                                                            \
    VIRTIO_STATE_ROW(T, (first) + 0, BP_STATE_U32, queues[q].size, "queue" #q "-size"),            \
        VIRTIO_STATE_ROW(T, (first) + 1, BP_STATE_U32, queues[q].ready, "queue" #q "-ready"),      \
        VIRTIO_STATE_ROW(T, (first) + 2, BP_STATE_U64, queues[q].desc, "queue" #q "-desc"),        \
        VIRTIO_STATE_ROW(T, (first) + 3, BP_STATE_U64, queues[q].avail, "queue" #q "-avail"),      \
        VIRTIO_STATE_ROW(T, (first) + 4, BP_STATE_U64, queues[q].used, "queue" #q "-used"),        \
        VIRTIO_STATE_ROW(T, (first) + 5, BP_STATE_U16, queues[q].next_avail,                       \
                         "queue" #q "-next-avail"),                                                \
        VIRTIO_STATE_ROW(T, (first) + 6, BP_STATE_U16, queues[q].next_used,                        \
                         "queue" #q "-next-used"),                                                 \
        VIRTIO_STATE_ROW(T, (first) + 7, BP_STATE_U16, queues[q].signalled,                        \
                         "queue" #q "-signalled")
/* Tags 1 to 63; a device's own begin at 64. */
#define VIRTIO_STATE(T)                                                                            \
    VIRTIO_STATE_ROW(T, 1, BP_STATE_U32, device_features_sel, "device-features-sel"),              \
        VIRTIO_STATE_ROW(T, 2, BP_STATE_U32, driver_features_sel, "driver-features-sel"),          \
        VIRTIO_STATE_ROW(T, 3, BP_STATE_U32, queue_sel, "queue-sel"),                              \
        VIRTIO_STATE_ROW(T, 4, BP_STATE_U32, status, "status"),                                    \
        VIRTIO_STATE_ROW(T, 5, BP_STATE_U32, interrupts, "interrupts"),                            \
        VIRTIO_STATE_ROW(T, 6, BP_STATE_U64, accepted, "accepted"), VIRTIO_STATE_QUEUE(T, 0, 16),  \
        VIRTIO_STATE_QUEUE(T, 1, 32)

/* Every device's post_load: BP_E_INVAL for a state that no driver can have caused. */
int32_t virtio_post_load(void *self);

#endif
