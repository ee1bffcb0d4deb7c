/* SPDX-License-Identifier: Apache-2.0
 *
 * console.c - virtio console device with one port (Virtual I/O Device specification 1.2, 5.3).
 * Without a back end it is an empty slot.
 */
#include "virtio.h"

#include <backplane/char.h>

#define RX 0u /* 5.3.2 */
#define TX 1u

#define F_SIZE             BP_BIT64(0) /* 5.3.3 */
#define F_EMERG_WRITE      BP_BIT64(2)
#define CONFIG_COLUMNS     0u /* 5.3.4 */
#define CONFIG_ROWS        2u
#define CONFIG_PORTS       4u
#define CONFIG_EMERG_WRITE 8u
#define CONFIG_BYTES       12u

#define CHUNK 512u

struct console {
    struct virtio virtio; /* first */
    const struct bp_char_api *chars;
    struct bp_char *chardev;
    uint16_t columns, rows; /* properties; 0: the driver is told no size */
    struct vq_chain rx;     /* the buffer that input goes into; taken while rx_taken */
    uint32_t rx_taken;
    uint32_t tx_taken; /* output of `tx` waits for the back end, from tx_done on */
    uint64_t tx_done;  /* bytes sent of the chain at the head of the queue */
    struct vq_chain tx;
};

static struct console *console_of(struct virtio *v)
{
    return (struct console *)v;
}

/* --- output --------------------------------------------------------------------------- */

/* Sends what is left of c->tx. 0: the back end is full. */
static uint32_t send(struct console *c)
{
    struct virtio *v = &c->virtio;
    uint8_t bytes[CHUNK];

    while (c->tx_done < c->tx.read_bytes) {
        uint32_t n = (uint32_t)bp_min(CHUNK, c->tx.read_bytes - c->tx_done), taken;

        if (vq_read(&c->tx, &v->memory, c->tx_done, bytes, n)) {
            c->tx_taken = 0;
            c->tx_done = 0;
            virtio_broken(v, "a buffer is outside of memory: the device needs a reset");
            return 0;
        }
        taken = c->chars->write(c->chardev, bytes, n);
        c->tx_done += taken;
        if (taken < n)
            return 0;
    }
    c->tx_taken = 0;
    c->tx_done = 0;
    virtio_give(v, TX, c->tx.head, 0);
    return 1;
}

static uint32_t handle_tx(struct virtio *v, const struct vq_chain *chain)
{
    struct console *c = console_of(v);

    c->tx = *chain;
    c->tx_taken = 1;
    return send(c);
}

static void on_writable(void *self)
{
    struct console *c = self;

    if (c->tx_taken && !send(c))
        return;
    if (virtio_live(&c->virtio, TX))
        virtio_run(&c->virtio, TX, handle_tx);
}

/* --- input ---------------------------------------------------------------------------- */

static uint32_t room(void *self)
{
    struct console *c = self;

    if (!virtio_live(&c->virtio, RX))
        return 0;
    while (!c->rx_taken) {
        if (!virtio_take(&c->virtio, RX, &c->rx)) {
            if (virtio_live(&c->virtio, RX) &&
                vq_rearm(&c->virtio.queues[RX], &c->virtio.memory) > 0)
                continue;
            return 0;
        }
        if (!c->rx.write_bytes) {
            virtio_broken(&c->virtio,
                          "a receive buffer has no writable part: the device needs a reset");
            return 0;
        }
        c->rx_taken = 1;
    }
    return (uint32_t)bp_min(c->rx.write_bytes, CHUNK);
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct console *c = self;

    if (!room(c)) /* takes a buffer, unless the driver has gone meanwhile */
        return;
    c->rx_taken = 0;
    if (vq_write(&c->rx, &c->virtio.memory, 0, data, bytes))
        virtio_broken(&c->virtio, "a buffer is outside of memory: the device needs a reset");
    else
        virtio_give(&c->virtio, RX, c->rx.head, bytes);
}

static void notify(struct virtio *v, uint32_t queue)
{
    struct console *c = console_of(v);

    if (queue == RX)
        c->chars->resume(c->chardev);
    else if (!c->tx_taken)
        virtio_run(v, TX, handle_tx);
}

static void stop(struct virtio *v, uint32_t queue)
{
    struct console *c = console_of(v);

    if (queue == RX) {
        c->rx_taken = 0;
    } else {
        c->tx_taken = 0;
        c->tx_done = 0;
    }
}

static void config_read(struct virtio *v, uint32_t offset, void *data, uint32_t bytes)
{
    uint8_t config[CONFIG_BYTES] = {[CONFIG_PORTS] = 1};

    bp_store_le16(config + CONFIG_COLUMNS, console_of(v)->columns);
    bp_store_le16(config + CONFIG_ROWS, console_of(v)->rows);
    memcpy(data, config + offset, bytes);
}

static void config_write(struct virtio *v, uint32_t offset, const void *data, uint32_t bytes)
{
    struct console *c = console_of(v);

    if (offset == CONFIG_EMERG_WRITE) /* needs no negotiation and no queue */
        c->chars->write(c->chardev, data, 1);
}

static const struct virtio_ops ops = {
    .device_id = 3,
    .nqueues = 2,
    .features = F_EMERG_WRITE,
    .notify = notify,
    .stop = stop,
    .config_read = config_read,
    .config_write = config_write,
    .config_bytes = CONFIG_BYTES,
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct console *c = self;
    uint32_t present;

    c->chars = core->get(core, BP_CHAR_ID);
    if (!c->chars)
        return bp_fail(core, dev, BP_E_UNSUPPORTED, NULL, "this core does not offer " BP_CHAR_ID);
    present = BP_HAS(c->chars, attached) && c->chars->attached ? c->chars->attached(c->chardev)
                                                               : c->chars->connected(c->chardev);
    if (!c->columns != !c->rows)
        return bp_fail(core, dev, BP_E_INVAL, "rows",
                       "half a size: give both columns and rows, or neither");
    return virtio_init(&c->virtio, dev, core, &ops, present, c->rows ? F_SIZE : 0);
}

static void reset(void *self, uint32_t kind)
{
    virtio_reset(self);
}

/* A snapshot holds no half-used chains: a receive buffer goes back, and so does a half-sent one, of
 * which the rest from tx_done on is sent later. */
static int32_t pre_save(void *self)
{
    struct console *c = self;

    if (c->rx_taken)
        vq_put_back(&c->virtio.queues[RX]);
    c->rx_taken = 0;
    if (c->tx_taken)
        vq_put_back(&c->virtio.queues[TX]);
    c->tx_taken = 0;
    return BP_OK;
}

static const struct bp_char_client client = {
    .size = sizeof client, .room = room, .on_input = on_input, .on_writable = on_writable};

static const struct bp_prop props[] = {
    {.name = "columns",
     .doc = "Width of the terminal in characters; 0: unknown.",
     .type = BP_PROP_U16,
     .def = "0",
     .offset = BP_OFFSET(struct console, columns)},
    {.name = "rows",
     .doc = "Height of the terminal in characters; 0: unknown.",
     .type = BP_PROP_U16,
     .def = "0",
     .offset = BP_OFFSET(struct console, rows)},
};

static const struct bp_port ports[] = {
    VIRTIO_PORTS(struct console),
    {.name = "chardev",
     .doc = "The terminal; without one the slot is empty.",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct console, chardev),
     .client = &client},
};

static const struct bp_state_field fields[] = {
    VIRTIO_STATE(struct console),
    {.tag = 64,
     .type = BP_STATE_U64,
     .offset = BP_OFFSET(struct console, tx_done),
     .name = "tx-done"},
};
static const struct bp_state state = {.size = sizeof state,
                                      .version = 1,
                                      .fields = BP_ARRAY(fields),
                                      .pre_save = pre_save,
                                      .post_load = virtio_post_load};

const struct bp_device_class virtio_console_class = {
    .size = sizeof virtio_console_class,
    .instance_size = sizeof(struct console),
    .instance_align = _Alignof(struct console),
    .name = "virtio-console",
    .doc = "virtio console over MMIO",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = &virtio_region,
    .nregions = 1,
    .region_stride = sizeof virtio_region,
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = virtio_get_iface,
};
