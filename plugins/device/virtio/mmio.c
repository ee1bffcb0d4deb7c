/* SPDX-License-Identifier: Apache-2.0
 *
 * The MMIO transport, version 2: VIRTIO 1.2, section 4.2; the register table is its table 4.1.
 */
#include "virtio.h"

#define MAGIC 0x74726976u /* "virt" */
#define VERSION 2u
#define VENDOR 0x4c504b42u /* "BKPL" */
#define CONFIG_OFFSET 0x100u
#define MAX_CONFIG 64u

static uint64_t offered(const struct virtio *v)
{
    uint64_t features = BP_BIT64(VIRTIO_F_VERSION_1) | BP_BIT64(VIRTIO_F_INDIRECT_DESC) | BP_BIT64(VIRTIO_F_EVENT_IDX);

    return v->present ? features | v->type->features(v) : 0;
}

uint32_t virtio_has(const struct virtio *v, uint32_t feature)
{
    return v->driver_features >> feature & 1;
}

uint32_t virtio_live(const struct virtio *v, uint32_t q)
{
    return q < v->type->nqueues && v->queues[q].ready && (v->status & VIRTIO_DRIVER_OK) &&
           !(v->status & VIRTIO_NEEDS_RESET);
}

static void update_irq(struct virtio *v)
{
    v->lines->set(v->irq, 0, v->interrupts != 0);
}

void virtio_raise(struct virtio *v, uint32_t cause)
{
    v->interrupts |= cause;
    update_irq(v);
}

void virtio_config_changed(struct virtio *v)
{
    v->generation++;
    if (v->status & VIRTIO_DRIVER_OK)
        virtio_raise(v, VIRTIO_INT_CONFIG);
}

void virtio_break(struct virtio *v, const char *why)
{
    if (v->status & VIRTIO_NEEDS_RESET)
        return;
    v->trace->log(v->dev, BP_LOG_GUEST, why);
    v->status |= VIRTIO_NEEDS_RESET;
    if (v->status & VIRTIO_DRIVER_OK) /* 2.1.2 */
        virtio_raise(v, VIRTIO_INT_CONFIG);
}

/* 4.2.2.1: all that the driver set up is forgotten. */
static void device_reset(struct virtio *v)
{
    v->status |= VIRTIO_NEEDS_RESET; /* what completes meanwhile must not touch the queues */
    v->type->reset(v);
    v->timers->cancel(v->kick);
    v->status = v->interrupts = 0;
    v->driver_features = 0;
    v->device_features_sel = v->driver_features_sel = v->queue_sel = 0;
    memset(v->queues, 0, sizeof v->queues);
    update_irq(v);
}

void virtio_reset(struct virtio *v)
{
    v->present = !v->type->present || v->type->present(v);
    v->generation = 0;
    device_reset(v);
}

/* --- hooks ---------------------------------------------------------------------------------------------------- */

static struct virtq *selected(struct virtio *v)
{
    return v->queue_sel < v->type->nqueues ? &v->queues[v->queue_sel] : NULL;
}

/* A queue may be changed only while it is not in use (4.2.2.2). */
static struct virtq *changeable(struct virtio *v)
{
    struct virtq *queue = selected(v);

    return queue && !queue->ready ? queue : NULL;
}

#define CONSTANT_HOOK(name, constant) \
    static uint64_t on_##name##_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access) \
    { \
        return constant; \
    }
CONSTANT_HOOK(magic, MAGIC)
CONSTANT_HOOK(version, VERSION)
CONSTANT_HOOK(vendor, VENDOR)
CONSTANT_HOOK(shm, UINT32_MAX) /* 4.2.2: no shared memory regions, their lengths read as -1 */

static uint64_t on_device_id_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    const struct virtio *v = self;

    return v->present ? v->type->device_id : VIRTIO_ID_NONE;
}

static uint64_t on_device_features_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    const struct virtio *v = self;

    return v->device_features_sel < 2 ? offered(v) >> (32 * v->device_features_sel) : 0;
}

static void on_driver_features_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct virtio *v = self;
    uint32_t shift = 32 * v->driver_features_sel;

    if (v->driver_features_sel > 1 || (v->status & VIRTIO_FEATURES_OK))
        return; /* 2.2.1: not after negotiation */
    v->driver_features = (v->driver_features & ~((uint64_t)UINT32_MAX << shift)) | value << shift;
}

static uint64_t on_queue_max_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    struct virtio *v = self;

    return selected(v) && v->present ? v->queue_size : 0;
}

static uint64_t on_queue_size_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    struct virtio *v = self;

    return selected(v) ? selected(v)->size : 0;
}

static void on_queue_size_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct virtq *queue = changeable(self);

    if (queue)
        queue->size = (uint32_t)value;
}

static uint64_t on_queue_ready_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access)
{
    struct virtio *v = self;

    return selected(v) ? selected(v)->ready : 0;
}

/* 2.7: size, alignment. A queue that cannot be used stays not ready. */
static uint32_t well_formed(const struct virtio *v, const struct virtq *queue)
{
    return bp_is_power_of_two(queue->size) && queue->size <= v->queue_size && queue->desc % 16 == 0 &&
           queue->driver % 2 == 0 && queue->device % 4 == 0;
}

static void on_queue_ready_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct virtio *v = self;
    struct virtq *queue = selected(v);

    if (!queue || value == queue->ready)
        return;
    if (!value) {
        queue->ready = 0;
    } else if (v->present && well_formed(v, queue)) {
        queue->ready = 1;
        queue->last_avail = queue->used = queue->signalled = queue->again = 0;
    } else {
        v->trace->log(v->dev, BP_LOG_GUEST, "a queue of wrong size or alignment: it is not made ready");
    }
}

static void on_queue_notify(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct virtio *v = self;

    if (value < VIRTIO_MAX_QUEUES && virtio_live(v, (uint32_t)value))
        v->type->notify(v, (uint32_t)value);
}

static void on_interrupt_ack(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct virtio *v = self;

    v->interrupts &= ~(uint32_t)value;
    update_irq(v);
}

/* 3.1.1: the features stand once the device has kept FEATURES_OK. */
static uint32_t acceptable(const struct virtio *v)
{
    return virtio_has(v, VIRTIO_F_VERSION_1) && !(v->driver_features & ~offered(v));
}

static void on_status_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct virtio *v = self;
    uint32_t set = (uint32_t)(value & ~old);

    v->status = (uint32_t)old; /* what is written is a request */
    if (!value) {
        device_reset(v);
        return;
    }
    if ((set & VIRTIO_FEATURES_OK) && !acceptable(v))
        value &= ~(uint64_t)VIRTIO_FEATURES_OK;
    if (!(value & VIRTIO_FEATURES_OK))
        value &= ~(uint64_t)VIRTIO_DRIVER_OK; /* 3.1.2: nothing is used before negotiation */
    /* 2.1.1: a driver clears bits only by a reset; NEEDS_RESET is the device's. */
    v->status = (uint32_t)(old | (value & 0xff & ~(uint64_t)VIRTIO_NEEDS_RESET));
    for (uint32_t q = 0; (v->status & ~old & VIRTIO_DRIVER_OK) && q < v->type->nqueues; q++) {
        if (virtio_live(v, q))
            v->type->notify(v, q);
    }
}

/* Rows of queue addresses: descriptor area, driver area, device area, each of two halves. */
static uint64_t *area(struct virtq *queue, uint32_t row)
{
    uint64_t *const areas[] = {&queue->desc, &queue->driver, &queue->device};

    return areas[row];
}

static uint64_t read_area(struct virtio *v, uint32_t row, uint32_t half)
{
    struct virtq *queue = selected(v);

    return queue ? *area(queue, row) >> (32 * half) : 0;
}

static void write_area(struct virtio *v, uint32_t row, uint32_t half, uint64_t value)
{
    struct virtq *queue = changeable(v);
    uint32_t shift = 32 * half;

    if (queue)
        *area(queue, row) = (*area(queue, row) & ~((uint64_t)UINT32_MAX << shift)) | value << shift;
}

#define AREA_HOOKS(name, row) \
    static uint64_t on_##name##_read(void *self, uint32_t index, uint64_t value, const struct bp_access *access) \
    { \
        return read_area(self, row, index); \
    } \
    static void on_##name##_write(void *self, uint32_t index, uint64_t value, uint64_t old) \
    { \
        write_area(self, row, index, value); \
    }
AREA_HOOKS(desc, 0)
AREA_HOOKS(driver, 1)
AREA_HOOKS(device, 2)

/* --- the table ------------------------------------------------------------------------------------------------ */

static const struct bp_reg_field status_fields[] = {
    {.name = "ACKNOWLEDGE", .doc = "the guest has seen the device", .lsb = 0, .width = 1},
    {.name = "DRIVER", .doc = "the guest has a driver", .lsb = 1, .width = 1},
    {.name = "DRIVER_OK", .doc = "the driver is ready", .lsb = 2, .width = 1},
    {.name = "FEATURES_OK", .doc = "features are agreed on", .lsb = 3, .width = 1},
    {.name = "NEEDS_RESET", .doc = "the device gave up", .lsb = 6, .width = 1},
    {.name = "FAILED", .doc = "the driver gave up", .lsb = 7, .width = 1},
    {0}};

#define REG(at, kind, label, text) .offset = (at), .width = 4, .access = (kind), .name = (label), .doc = (text)
#define BOUND(member) .bound = BP_OFFSET(struct virtio, member)
#define FREE .bound = BP_UNBOUND

static const struct bp_reg regs[] = {
    {REG(0x000, BP_REG_RO, "MagicValue", "\"virt\""), FREE, .on_read = on_magic_read},
    {REG(0x004, BP_REG_RO, "Version", "2: not legacy"), FREE, .on_read = on_version_read},
    {REG(0x008, BP_REG_RO, "DeviceID", "kind of device; 0: none"), FREE, .on_read = on_device_id_read},
    {REG(0x00c, BP_REG_RO, "VendorID", "\"BKPL\""), FREE, .on_read = on_vendor_read},
    {REG(0x010, BP_REG_RO, "DeviceFeatures", "32 offered features"), FREE, .on_read = on_device_features_read},
    {REG(0x014, BP_REG_WO, "DeviceFeaturesSel", "which of them"), BOUND(device_features_sel)},
    {REG(0x020, BP_REG_WO, "DriverFeatures", "32 accepted features"), FREE, .on_write = on_driver_features_write},
    {REG(0x024, BP_REG_WO, "DriverFeaturesSel", "which of them"), BOUND(driver_features_sel)},
    {REG(0x030, BP_REG_WO, "QueueSel", "queue that the following registers are about"), BOUND(queue_sel)},
    {REG(0x034, BP_REG_RO, "QueueSizeMax", "largest size; 0: no such queue"), FREE, .on_read = on_queue_max_read},
    {REG(0x038, BP_REG_RW, "QueueSize", "size chosen"), FREE, .on_read = on_queue_size_read,
     .on_write = on_queue_size_write},
    {REG(0x044, BP_REG_RW, "QueueReady", "1: in use"), .write_mask = 1, FREE, .on_read = on_queue_ready_read,
     .on_write = on_queue_ready_write},
    {REG(0x050, BP_REG_WO, "QueueNotify", "buffers are available in this queue"), FREE, .on_write = on_queue_notify},
    {REG(0x060, BP_REG_RO, "InterruptStatus", "1: used buffers, 2: configuration"), BOUND(interrupts)},
    {REG(0x064, BP_REG_WO, "InterruptACK", "causes that were handled"), FREE, .on_write = on_interrupt_ack},
    {REG(0x070, BP_REG_RW, "Status", "device status; 0: reset"), BOUND(status), .fields = status_fields,
     .on_write = on_status_write},
    {REG(0x080, BP_REG_RW, "QueueDesc", "descriptor area, low and high half"), FREE, .count = 2,
     .on_read = on_desc_read, .on_write = on_desc_write},
    {REG(0x090, BP_REG_RW, "QueueDriver", "driver area, low and high half"), FREE, .count = 2,
     .on_read = on_driver_read, .on_write = on_driver_write},
    {REG(0x0a0, BP_REG_RW, "QueueDevice", "device area, low and high half"), FREE, .count = 2,
     .on_read = on_device_read, .on_write = on_device_write},
    {REG(0x0ac, BP_REG_WO, "SHMSel", "shared memory region"), FREE},
    {REG(0x0b0, BP_REG_RO, "SHM", "its length and base; all ones: none"), FREE, .count = 4, .on_read = on_shm_read},
    {REG(0x0fc, BP_REG_RO, "ConfigGeneration", "changes with the configuration"), BOUND(generation)},
};

/* The configuration space has no rows: what is in it is the device's. */
static int32_t config_read(void *self, const struct bp_access *access, uint64_t *value)
{
    const struct virtio *v = self;
    uint8_t bytes[MAX_CONFIG + 8] = {0};

    *value = 0;
    if (access->addr < CONFIG_OFFSET || !v->present)
        return BP_OK;
    if (access->addr - CONFIG_OFFSET >= v->type->config_bytes)
        return BP_OK;
    v->type->config(v, bytes);
    *value = bp_load_le(bytes + (access->addr - CONFIG_OFFSET), access->width);
    return BP_OK;
}

static int32_t config_write(void *self, const struct bp_access *access, uint64_t value)
{
    struct virtio *v = self;

    if (access->addr >= CONFIG_OFFSET && v->present && v->type->config_write)
        v->type->config_write(v, access->addr - CONFIG_OFFSET, access->width, value);
    return BP_OK;
}

const struct bp_region virtio_regions[1] = {
    {.name = "reg", .doc = "transport registers and configuration space", .length = 0x200, .min_width = 1, .max_width = 4,
     .read = config_read, .write = config_write, .regs = BP_ARRAY(regs)},
};

/* --- common parts of the classes -------------------------------------------------------------------------------- */

static void on_kick(void *self)
{
    struct virtio *v = self;

    for (uint32_t q = 0; q < v->type->nqueues; q++) {
        if (!v->queues[q].again)
            continue;
        v->queues[q].again = 0;
        if (virtio_live(v, q))
            v->type->notify(v, q);
    }
}

void virtq_again(struct virtio *v, uint32_t q)
{
    v->queues[q].again = 1;
    v->timers->arm(v->kick, v->timers->now(v->dev, BP_TIME_VIRTUAL) + 1000);
}

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct virtio, lines)},
    {BP_DMA_ID, BP_OFFSET(struct virtio, dma)},
    {BP_TIMER_ID, BP_OFFSET(struct virtio, timers)},
    {BP_TRACE_ID, BP_OFFSET(struct virtio, trace)},
};

int32_t virtio_init(struct virtio *v, const struct virtio_type *type, struct bp_dev *dev, const struct bp_core *core)
{
    int32_t status = bp_fetch_ifaces(v, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    v->type = type;
    v->dev = dev;
    if (!bp_is_power_of_two(v->queue_size))
        return bp_fail(core, dev, BP_E_INVAL, "queue-size", "not a power of two: give 4, 8, ... 256");
    v->kick = v->timers->create(dev, "kick", on_kick);
    return v->kick ? BP_OK : BP_E_NOMEM;
}

int32_t virtio_check_state(const struct virtio *v)
{
    for (uint32_t q = 0; q < v->type->nqueues; q++) {
        if (v->queues[q].ready > 1 || (v->queues[q].ready && !well_formed(v, &v->queues[q])))
            return BP_E_INVAL;
    }
    return BP_OK;
}

/* Binding virtio,mmio. Devices see memory as the harts do. */
static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    return w->empty(w->ctx, "dma-coherent");
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "virtio", .compatible = "virtio,mmio", .emit = emit};

const void *virtio_get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}
