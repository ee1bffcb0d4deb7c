/* SPDX-License-Identifier: Apache-2.0
 *
 * mmio.c - the MMIO transport, version 2: registers of Virtual I/O Device specification 1.2,
 * section 4.2.2.
 *
 * The registers end at 0x100, where the device's configuration space begins; the register table
 * covers the former, the region's callbacks the latter.
 */
#include "virtio.h"

#define CONFIG 0x100u
#define MAGIC  0x74726976u /* "virt" */
#define VENDOR 0x4c504b42u /* "BKPL" */

static struct virtqueue *selected(struct virtio *v)
{
    return v->present && v->queue_sel < v->ops->nqueues ? &v->queues[v->queue_sel] : NULL;
}

static uint64_t read_device_id(void *self, uint32_t i, uint64_t value,
                               const struct bp_access *access)
{
    const struct virtio *v = self;

    return v->present ? v->ops->device_id : 0;
}

static uint64_t read_device_features(void *self, uint32_t i, uint64_t value,
                                     const struct bp_access *access)
{
    const struct virtio *v = self;

    return v->device_features_sel < 2 ? (uint32_t)(v->offered >> (32 * v->device_features_sel)) : 0;
}

static void write_driver_features(void *self, uint32_t i, uint64_t value, uint64_t old)
{
    struct virtio *v = self;
    uint32_t shift = 32 * v->driver_features_sel;

    /* After FEATURES_OK nothing is negotiated any more (3.1.1). */
    if (v->driver_features_sel > 1 || v->status & VIRTIO_FEATURES_OK)
        return;
    v->accepted = (v->accepted & ~((uint64_t)UINT32_MAX << shift)) | value << shift;
}

static uint64_t read_queue_max(void *self, uint32_t i, uint64_t value,
                               const struct bp_access *access)
{
    return selected(self) ? VQ_SIZE_MAX : 0;
}

static uint64_t read_queue_ready(void *self, uint32_t i, uint64_t value,
                                 const struct bp_access *access)
{
    const struct virtqueue *q = selected(self);

    return q ? q->ready : 0;
}

static void write_queue_size(void *self, uint32_t i, uint64_t value, uint64_t old)
{
    struct virtqueue *q = selected(self);

    if (q && !q->ready)
        q->size = (uint32_t)value;
}

static void write_queue_ready(void *self, uint32_t i, uint64_t value, uint64_t old)
{
    struct virtio *v = self;
    struct virtqueue *q = selected(v);

    if (!q || q->ready == (value & 1))
        return;
    if (!(value & 1)) /* the driver may use the buffers for something else as soon as it reads 0 */
        virtio_stop(v, v->queue_sel);
    else if (vq_enable(q, VQ_SIZE_MAX))
        virtio_broken(
            v, "a queue's size or the alignment of its rings is wrong: the device needs a reset");
}

static void write_notify(void *self, uint32_t i, uint64_t value, uint64_t old)
{
    struct virtio *v = self;

    if (v->present && value < v->ops->nqueues && virtio_live(v, (uint32_t)value))
        v->ops->notify(v, (uint32_t)value);
}

static uint64_t read_interrupts(void *self, uint32_t i, uint64_t value,
                                const struct bp_access *access)
{
    return ((const struct virtio *)self)->interrupts;
}

static void write_interrupt_ack(void *self, uint32_t i, uint64_t value, uint64_t old)
{
    struct virtio *v = self;

    v->interrupts &= ~(uint32_t)value;
    v->lines->set(v->irq, 0, v->interrupts != 0);
}

static uint64_t read_status(void *self, uint32_t i, uint64_t value, const struct bp_access *access)
{
    return ((const struct virtio *)self)->status;
}

static void write_status(void *self, uint32_t i, uint64_t value, uint64_t old)
{
    struct virtio *v = self;
    uint32_t next = (uint32_t)value & 0xff;

    if (!v->present)
        return;
    if (!next) {
        virtio_reset(v);
        return;
    }
    /* A driver that takes what was not offered, or not the modern interface, does not get its
     * FEATURES_OK (2.2.2, 6.2). */
    if (next & ~v->status & VIRTIO_FEATURES_OK) {
        if (v->accepted & ~v->offered || !(v->accepted & VIRTIO_F_VERSION_1))
            next &= ~VIRTIO_FEATURES_OK;
        virtio_settle(v);
    }
    if (!(next & VIRTIO_FEATURES_OK))
        next &= ~VIRTIO_DRIVER_OK; /* nothing is used before it is agreed on (3.1.1) */
    v->status = next | (v->status & VIRTIO_NEEDS_RESET); /* only a reset clears that */
}

/* The halves of the three addresses, in register order: index 0, 1 desc; 4, 5 avail; 8, 9 used. */
static uint64_t *area(struct virtqueue *q, uint32_t index)
{
    return index < 4 ? &q->desc : index < 8 ? &q->avail : &q->used;
}

static void write_area(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct virtqueue *q = selected(self);
    uint32_t shift = index & 1 ? 32 : 0;
    uint64_t *at;

    if (!q || q->ready || index & 2)
        return;
    at = area(q, index);
    *at = (*at & ~((uint64_t)UINT32_MAX << shift)) | value << shift;
}

#define HOOK(at, kind, reg, text)                                                                  \
    .offset = at, .width = 4, .access = kind, .name = reg, .doc = text, .bound = BP_UNBOUND
#define FIELD(at, kind, reg, text, member)                                                         \
    .offset = at, .width = 4, .access = kind, .name = reg, .doc = text,                            \
    .bound = BP_OFFSET(struct virtio, member)

static const struct bp_reg_field status_fields[] = {
    {.name = "ACKNOWLEDGE", .lsb = 0, .width = 1},
    {.name = "DRIVER", .lsb = 1, .width = 1},
    {.name = "DRIVER_OK", .lsb = 2, .width = 1},
    {.name = "FEATURES_OK", .lsb = 3, .width = 1},
    {.name = "NEEDS_RESET", .lsb = 6, .width = 1},
    {.name = "FAILED", .lsb = 7, .width = 1},
    {0},
};

static uint64_t read_magic(void *self, uint32_t i, uint64_t value, const struct bp_access *access)
{
    return MAGIC;
}

static uint64_t read_version(void *self, uint32_t i, uint64_t value, const struct bp_access *access)
{
    return 2;
}

static uint64_t read_vendor(void *self, uint32_t i, uint64_t value, const struct bp_access *access)
{
    return VENDOR;
}

/* There is no shared memory: a length of all ones says so (4.2.2). */
static uint64_t read_no_memory(void *self, uint32_t i, uint64_t value,
                               const struct bp_access *access)
{
    return UINT32_MAX;
}

/* The configuration changes only before DRIVER_OK, if at all. */
static uint64_t read_generation(void *self, uint32_t i, uint64_t value,
                                const struct bp_access *access)
{
    return 0;
}

static const struct bp_reg regs[] = {
    {HOOK(0x000, BP_REG_RO, "MagicValue", "\"virt\""), .on_read = read_magic},
    {HOOK(0x004, BP_REG_RO, "Version", "2"), .on_read = read_version},
    {HOOK(0x008, BP_REG_RO, "DeviceID", "0: an empty slot"), .on_read = read_device_id},
    {HOOK(0x00c, BP_REG_RO, "VendorID", "\"BKPL\""), .on_read = read_vendor},
    {HOOK(0x010, BP_REG_RO, "DeviceFeatures", "32 offered features"),
     .on_read = read_device_features},
    {FIELD(0x014, BP_REG_WO, "DeviceFeaturesSel", "which 32", device_features_sel)},
    {HOOK(0x020, BP_REG_WO, "DriverFeatures", "32 accepted features"),
     .on_write = write_driver_features},
    {FIELD(0x024, BP_REG_WO, "DriverFeaturesSel", "which 32", driver_features_sel)},
    {FIELD(0x030, BP_REG_WO, "QueueSel", "the queue the registers below are about", queue_sel)},
    {HOOK(0x034, BP_REG_RO, "QueueNumMax", "most entries; 0: no such queue"),
     .on_read = read_queue_max},
    {HOOK(0x038, BP_REG_WO, "QueueNum", "entries"), .on_write = write_queue_size},
    {HOOK(0x044, BP_REG_RW, "QueueReady", "the queue may be used"), .on_read = read_queue_ready,
     .on_write = write_queue_ready},
    {HOOK(0x050, BP_REG_WO, "QueueNotify", "index of a queue with new chains"),
     .on_write = write_notify},
    {HOOK(0x060, BP_REG_RO, "InterruptStatus", "1: used buffers, 2: configuration"),
     .on_read = read_interrupts},
    {HOOK(0x064, BP_REG_WO, "InterruptACK", "clears bits of InterruptStatus"),
     .on_write = write_interrupt_ack},
    {HOOK(0x070, BP_REG_RW, "Status", "device status; 0 resets"), .fields = status_fields,
     .on_read = read_status, .on_write = write_status},
    /* Desc, Driver and Device area, low and high: ten words with two holes after each pair. */
    {HOOK(0x080, BP_REG_WO, "QueueArea", "addresses of the rings"), .count = 10,
     .on_write = write_area},
    {HOOK(0x0b0, BP_REG_RO, "SHMLen", "length of a shared memory"), .count = 4,
     .on_read = read_no_memory},
    {HOOK(0x0fc, BP_REG_RO, "ConfigGeneration", "changes with the configuration"),
     .on_read = read_generation},
};

static int32_t config_read(void *self, const struct bp_access *access, uint64_t *value)
{
    struct virtio *v = self;
    uint8_t bytes[8] = {0};

    *value = 0;
    if (access->addr < CONFIG || !v->present || !v->ops->config_read)
        return BP_OK;
    if (access->addr - CONFIG + access->width <= v->ops->config_bytes)
        v->ops->config_read(v, (uint32_t)access->addr - CONFIG, bytes, access->width);
    *value = bp_load_le(bytes, access->width);
    return BP_OK;
}

static int32_t config_write(void *self, const struct bp_access *access, uint64_t value)
{
    struct virtio *v = self;
    uint8_t bytes[8];

    if (access->addr < CONFIG || !v->present || !v->ops->config_write)
        return BP_OK;
    bp_store_le(bytes, access->width, value);
    if (access->addr - CONFIG + access->width <= v->ops->config_bytes)
        v->ops->config_write(v, (uint32_t)access->addr - CONFIG, bytes, access->width);
    return BP_OK;
}

const struct bp_region virtio_region = {
    .name = "reg",
    .doc = "Transport registers, then the device's configuration.",
    .read = config_read,
    .write = config_write,
    .regs = BP_ARRAY(regs),
};

static int32_t emit(void *self, const struct bp_fdt_writer *writer)
{
    return writer->empty(writer->ctx, "dma-coherent");
}

const void *virtio_get_iface(void *self, const char *id)
{
    /* Linux binding virtio/mmio.yaml. */
    static const struct bp_fdt_node node = {
        .size = sizeof node, .name = "virtio_mmio", .compatible = "virtio,mmio", .emit = emit};

    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}
