/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio.c - device status, features and queues behind the transport (Virtual I/O Device
 * specification 1.2, section 2).
 */
#include "virtio.h"

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct virtio, lines)},
    {BP_TRACE_ID, BP_OFFSET(struct virtio, trace)},
    {BP_THREAD_ID, BP_OFFSET(struct virtio, threads)},
    {BP_DMA_ID, BP_OFFSET(struct virtio, memory.dma)},
};

int32_t virtio_init(struct virtio *v, struct bp_dev *dev, const struct bp_core *core,
                    const struct virtio_ops *ops, uint32_t present, uint64_t extra)
{
    v->ops = ops;
    v->dev = dev;
    v->present = present;
    v->offered =
        VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC | ops->features | extra;
    return bp_fetch_ifaces(v, dev, core, BP_ARRAY(ifaces));
}

static void update_irq(struct virtio *v)
{
    v->lines->set(v->irq, 0, v->interrupts != 0);
}

void virtio_stop(struct virtio *v, uint32_t queue)
{
    v->queues[queue].ready = 0;
    if (v->ops->stop)
        v->ops->stop(v, queue);
}

void virtio_reset(struct virtio *v)
{
    /* No queue is live while the device gives up its chains, so nothing of them reaches the
     * driver. */
    v->status = 0;
    for (uint32_t queue = 0; v->present && queue < v->ops->nqueues; queue++)
        virtio_stop(v, queue);
    memset(v->queues, 0, sizeof v->queues);
    v->device_features_sel = v->driver_features_sel = v->queue_sel = 0;
    v->accepted = 0;
    v->memory.event_index = v->memory.indirect = 0;
    v->interrupts = 0;
    update_irq(v);
}

void virtio_settle(struct virtio *v)
{
    v->memory.event_index = (v->accepted & VIRTIO_F_EVENT_IDX) != 0;
    v->memory.indirect = (v->accepted & VIRTIO_F_INDIRECT_DESC) != 0;
}

uint32_t virtio_live(const struct virtio *v, uint32_t queue)
{
    return v->present && v->status & VIRTIO_DRIVER_OK &&
           !(v->status & (VIRTIO_NEEDS_RESET | VIRTIO_FAILED)) && v->queues[queue].ready;
}

void virtio_config_changed(struct virtio *v)
{
    if (!(v->status & VIRTIO_DRIVER_OK))
        return;
    v->interrupts |= 2; /* 4.2.2, InterruptStatus */
    update_irq(v);
}

void virtio_broken(struct virtio *v, const char *why)
{
    if (v->status & VIRTIO_NEEDS_RESET)
        return;
    v->trace->log(v->dev, BP_LOG_GUEST, why);
    v->status |= VIRTIO_NEEDS_RESET;
    virtio_config_changed(v);
}

uint32_t virtio_take(struct virtio *v, uint32_t queue, struct vq_chain *chain)
{
    int32_t status;

    if (!virtio_live(v, queue))
        return 0;
    status = vq_take(&v->queues[queue], &v->memory, chain);
    if (status < 0)
        virtio_broken(v, "a ring or descriptor chain is malformed or outside of memory: the device "
                         "needs a reset");
    return status > 0;
}

void virtio_give(struct virtio *v, uint32_t queue, uint16_t head, uint32_t written)
{
    struct virtqueue *q = &v->queues[queue];

    if (!virtio_live(v, queue))
        return;
    if (vq_give(q, &v->memory, head, written)) {
        virtio_broken(v, "the used ring is outside of memory: the device needs a reset");
        return;
    }
    if (vq_wants_interrupt(q, &v->memory)) {
        v->interrupts |= 1;
        update_irq(v);
    }
}

/* The rest of a queue that had more than its share. */
static void continue_queues(void *self, void *ctx)
{
    struct virtio *v = ctx;
    uint32_t again = v->again;

    v->again = 0;
    for (uint32_t queue = 0; queue < VIRTIO_QUEUES; queue++)
        if (again & BP_BIT(queue) && virtio_live(v, queue))
            v->ops->notify(v, queue);
}

/* What a driver has asked for and the device not yet looked at is known to nobody but the queues. */
int32_t virtio_post_load(void *self)
{
    struct virtio *v = self;

    for (uint32_t i = 0; i < VIRTIO_QUEUES; i++) {
        if (v->queues[i].ready && vq_check(&v->queues[i], VQ_SIZE_MAX))
            return BP_E_INVAL;
    }
    virtio_settle(v);
    v->again = BP_BIT(VIRTIO_QUEUES) - 1;
    return v->threads->post(v->dev, continue_queues, v);
}

void virtio_run(struct virtio *v, uint32_t queue,
                uint32_t (*handle)(struct virtio *v, const struct vq_chain *chain))
{
    struct vq_chain chain;
    uint32_t budget = VQ_SIZE_MAX;

    while (budget--) {
        if (virtio_take(v, queue, &chain)) {
            if (!handle(v, &chain))
                return;
        } else if (!virtio_live(v, queue) || vq_rearm(&v->queues[queue], &v->memory) <= 0) {
            return;
        }
    }
    if (!v->again && v->threads->post(v->dev, continue_queues, v))
        return;
    v->again |= BP_BIT(queue);
}
