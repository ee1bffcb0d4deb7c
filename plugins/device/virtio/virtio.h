/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio.h - what every virtio device of this plug-in is built on: the MMIO transport (mmio.c), split virtqueues (queue.c)
 * and the classes.
 *
 * Source: Virtual I/O Device (VIRTIO) Version 1.2, OASIS; "2.7" and so on in comments are its sections. Only modern
 * devices (VIRTIO_F_VERSION_1), split virtqueues, with indirect descriptors and event indexes.
 *
 * The driver is never trusted. Whatever breaks the rules of a queue ends in DEVICE_NEEDS_RESET (2.1.1) and the
 * device does nothing more until the driver resets it.
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <backplane/bus.h>
#include <backplane/device.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>

#define VIRTIO_MAX_QUEUES 2
#define VIRTQ_MAX_SIZE 256 /* power of two; also the longest descriptor chain */

/* Device status (2.1). */
#define VIRTIO_ACKNOWLEDGE 1u
#define VIRTIO_DRIVER 2u
#define VIRTIO_DRIVER_OK 4u
#define VIRTIO_FEATURES_OK 8u
#define VIRTIO_NEEDS_RESET 64u
#define VIRTIO_FAILED 128u

/* Reserved feature bits (6). */
#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX 29
#define VIRTIO_F_VERSION_1 32

/* Device ids (5). */
#define VIRTIO_ID_NONE 0u /* an empty slot */
#define VIRTIO_ID_BLOCK 2u
#define VIRTIO_ID_CONSOLE 3u
#define VIRTIO_ID_ENTROPY 4u

/* A split virtqueue (2.7), as the transport set it up, and how far the device has got. */
struct virtq {
    uint32_t size, ready;
    uint64_t desc, driver, device; /* guest addresses of descriptor table, available ring, used ring */
    uint16_t last_avail;           /* next entry of the available ring to look at */
    uint16_t used;                 /* next entry of the used ring to fill */
    uint16_t signalled;            /* value of `used` when the driver was last considered for an interrupt */
    uint16_t again;                /* more is waiting than one turn may take: the kick timer will call */
};

/* One buffer made available by the driver: first what the device reads, then what it writes (2.7.4.2). */
struct virtq_segment {
    uint64_t addr, bytes;
};
struct virtq_chain {
    uint32_t head;
    uint32_t nout, nin;           /* segments to read, segments to write */
    uint64_t out_bytes, in_bytes; /* their sums */
    struct virtq_segment segments[VIRTQ_MAX_SIZE];
};

struct virtio;

/* What makes a device of its kind. */
struct virtio_type {
    uint32_t device_id, nqueues;
    uint32_t config_bytes;
    /* Offered features beyond the reserved ones. */
    uint64_t (*features)(const struct virtio *v);
    /* The driver has made buffers available in queue `q`, or virtq_again() asked for another turn. */
    void (*notify)(struct virtio *v, uint32_t q);
    /* The driver or the machine resets the device: forget all buffers; none may be used afterwards. */
    void (*reset)(struct virtio *v);
    /* Fills config_bytes bytes of configuration space. */
    void (*config)(const struct virtio *v, uint8_t *bytes);
    void (*config_write)(struct virtio *v, uint64_t offset, uint32_t width, uint64_t value); /* may be NULL */
    /* 0: nothing is connected; the slot shows device id 0 (4.2.2.2). NULL: always there. */
    uint32_t (*present)(const struct virtio *v);
};

/* First member of every device's instance. */
struct virtio {
    const struct virtio_type *type;
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_dma_api *dma;
    const struct bp_timer_api *timers;
    const struct bp_trace_api *trace;
    struct bp_line *irq;
    struct bp_bus *bus;
    struct bp_timer *kick;
    uint32_t present;
    uint16_t queue_size; /* property: the largest a driver may choose */

    uint32_t device_features_sel, driver_features_sel, queue_sel;
    uint32_t status, interrupts;
    uint32_t generation; /* of the configuration space */
    uint64_t driver_features;
    struct virtq queues[VIRTIO_MAX_QUEUES];
    struct virtq_chain chain; /* scratch of the notify() in progress */
};

/* --- mmio.c -------------------------------------------------------------------------------------------------- */

extern const struct bp_region virtio_regions[1];

/* Rows that every class has. */
#define VIRTIO_PROPS \
    {.name = "queue-size", .doc = "largest queue a driver may set up, a power of two", .type = BP_PROP_U16, \
     .offset = BP_OFFSET(struct virtio, queue_size), .def = "256", .min = 4, .max = VIRTQ_MAX_SIZE}
#define VIRTIO_PORTS \
    {.name = "irq", .doc = "used buffers, configuration changes", .kind = BP_PORT_IRQ, .dir = BP_DIR_OUT, \
     .offset = BP_OFFSET(struct virtio, irq)}, \
    {.name = "bus", .doc = "where queues and buffers are", .kind = BP_PORT_BUS, .dir = BP_DIR_OUT, \
     .offset = BP_OFFSET(struct virtio, bus)}

/* State rows of the transport; tags 1 to 63. Devices use tags from 64 on. */
#define VIRTIO_STATE_ROW(number, kind, member, text) \
    {.tag = (number), .type = (kind), .offset = BP_OFFSET(struct virtio, member), .name = (text)}
#define VIRTIO_STATE_QUEUE(q, first) \
    VIRTIO_STATE_ROW((first) + 0, BP_STATE_U32, queues[q].size, "queue" #q "-size"), \
    VIRTIO_STATE_ROW((first) + 1, BP_STATE_U32, queues[q].ready, "queue" #q "-ready"), \
    VIRTIO_STATE_ROW((first) + 2, BP_STATE_U64, queues[q].desc, "queue" #q "-desc"), \
    VIRTIO_STATE_ROW((first) + 3, BP_STATE_U64, queues[q].driver, "queue" #q "-driver"), \
    VIRTIO_STATE_ROW((first) + 4, BP_STATE_U64, queues[q].device, "queue" #q "-device"), \
    VIRTIO_STATE_ROW((first) + 5, BP_STATE_U16, queues[q].last_avail, "queue" #q "-last-avail"), \
    VIRTIO_STATE_ROW((first) + 6, BP_STATE_U16, queues[q].used, "queue" #q "-used"), \
    VIRTIO_STATE_ROW((first) + 7, BP_STATE_U16, queues[q].signalled, "queue" #q "-signalled"), \
    VIRTIO_STATE_ROW((first) + 8, BP_STATE_U16, queues[q].again, "queue" #q "-again")
#define VIRTIO_STATE \
    VIRTIO_STATE_ROW(1, BP_STATE_U64, driver_features, "driver-features"), \
    VIRTIO_STATE_ROW(2, BP_STATE_U32, generation, "generation"), \
    VIRTIO_STATE_QUEUE(0, 16), VIRTIO_STATE_QUEUE(1, 32)

/* Parts of every class's init, reset, post_load and get_iface. */
int32_t virtio_init(struct virtio *v, const struct virtio_type *type, struct bp_dev *dev, const struct bp_core *core);
void virtio_reset(struct virtio *v);
int32_t virtio_check_state(const struct virtio *v); /* BP_E_INVAL for a snapshot that no driver can have caused */
const void *virtio_get_iface(void *self, const char *id);

/* True when both sides have agreed on the feature. */
uint32_t virtio_has(const struct virtio *v, uint32_t feature);
/* The queue is set up, the driver is ready, the device is not broken. */
uint32_t virtio_live(const struct virtio *v, uint32_t q);
/* The driver broke the rules: DEVICE_NEEDS_RESET, and a line in the log that says why. */
void virtio_break(struct virtio *v, const char *why);
void virtio_config_changed(struct virtio *v);
void virtio_raise(struct virtio *v, uint32_t cause); /* VIRTIO_INT_* */
#define VIRTIO_INT_USED 1u
#define VIRTIO_INT_CONFIG 2u

/* --- queue.c ------------------------------------------------------------------------------------------------- */

/* Takes the next available buffer into `chain`. 1: taken. 0: there is none, and the driver will notify when there is.
 * A queue that breaks the rules breaks the device and gives 0. */
uint32_t virtq_pop(struct virtio *v, uint32_t q, struct virtq_chain *chain);
/* Gives the buffer taken last back to the queue, to be taken again. */
void virtq_unpop(struct virtio *v, uint32_t q);
/* Returns a buffer to the driver, with the number of bytes written into it. */
void virtq_push(struct virtio *v, uint32_t q, uint32_t head, uint64_t written);
/* Interrupts the driver if it wants to hear of what was pushed since the last call (2.7.7, 2.7.10). */
void virtq_signal(struct virtio *v, uint32_t q);
/* Asks for another notify() a little later, so that no driver can keep the machine busy in one turn. */
void virtq_again(struct virtio *v, uint32_t q);

/* Copies `bytes` of a chain's readable or writable part, from `offset` on. 1; or 0: an address is not memory, and the
 * device is broken. The caller stays inside of out_bytes or in_bytes. */
uint32_t virtq_read(struct virtio *v, const struct virtq_chain *chain, uint64_t offset, void *data, uint64_t bytes);
uint32_t virtq_write(struct virtio *v, const struct virtq_chain *chain, uint64_t offset, const void *data,
                     uint64_t bytes);

/* --- classes ------------------------------------------------------------------------------------------------- */

extern const struct bp_device_class virtio_blk_class;
extern const struct bp_device_class virtio_console_class;
extern const struct bp_device_class virtio_rng_class;

#endif
