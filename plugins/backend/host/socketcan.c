/* SPDX-License-Identifier: Apache-2.0
 *
 * The back end `socketcan`: a CAN interface of the host, for the outside of a CAN wire. A raw CAN socket (Linux's
 * Documentation/networking/can.rst, 4.1) takes and gives one frame of 16 bytes at a time, the record of <backplane/can.h>;
 * the core passes bytes on in pieces of any size. A frame is sent when it is whole, and a frame that came is kept until the
 * device has taken all of it.
 */
#include "channel.h"

#include <backplane/can.h>
#include <backplane/util/bytes.h>
#include <errno.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE           64u /* frames that came and the device has not taken */
#define RETRY_MS        1
#define LISTEN_AGAIN_MS 500

struct socketcan {
    struct channel channel; /* first */
    const char *interface;
    int fd;
    uint8_t queue[QUEUE * BP_CAN_RECORD]; /* a ring */
    uint32_t first, queued;               /* bytes */
    uint8_t partial[BP_CAN_RECORD];       /* the beginning of a frame to send */
    uint32_t npartial;
    uint8_t waits; /* for room */
};

_Static_assert(sizeof(struct can_frame) == BP_CAN_RECORD, "frames are records");

static const struct bp_prop props[] = {
    {.name = "interface",
     .doc = "Network interface, such as can0 or vcan0; it has to be up, with a bit rate.",
     .type = BP_PROP_STR,
     .offset = offsetof(struct socketcan, interface),
     .flags = BP_PROP_REQUIRED},
};

/* --- to the device ---------------------------------------------------------------------------------------- */

static void deliver(struct socketcan *s)
{
    struct channel *c = &s->channel;

    while (s->queued && c->credit) {
        uint32_t bytes = s->queued, straight = (uint32_t)sizeof(s->queue) - s->first;
        const uint8_t *data = s->queue + s->first;

        bytes = bytes < straight ? bytes : straight;
        bytes = bytes < c->credit ? bytes : (uint32_t)c->credit;
        s->first = (s->first + bytes) % (uint32_t)sizeof(s->queue);
        s->queued -= bytes;
        c->credit -= bytes;
        c->sv.host->input(c->sv.dev, data, bytes);
    }
    c->greedy = s->queued < sizeof(s->queue);
}

/* The kernel's frame has its identifier in the host's order of bytes, and more in the bytes behind the length. */
static void received(struct channel *c, const uint8_t *data, uint64_t bytes)
{
    struct socketcan *s = (struct socketcan *)c;
    struct can_frame frame;
    uint8_t *record = s->queue + (s->first + s->queued) % sizeof(s->queue);

    if (bytes != sizeof(frame) || sizeof(s->queue) - s->queued < BP_CAN_RECORD)
        return; /* not a frame of CAN 2.0 */
    memcpy(&frame, data, sizeof(frame));
    if (frame.can_id & CAN_ERR_FLAG || frame.len > CAN_MAX_DLEN)
        return;
    memset(record, 0, BP_CAN_RECORD);
    bp_store_le32(record, frame.can_id);
    record[4] = frame.len;
    memcpy(record + 8, frame.data, frame.len);
    s->queued += BP_CAN_RECORD;
    deliver(s);
}

static void credit(void *self, uint64_t bytes)
{
    struct socketcan *s = self;

    s->channel.credit += bytes;
    deliver(s);
    channel_credit(self, 0);
}

/* --- to the host -------------------------------------------------------------------------------------------- */

static void ready(void *self, void *ctx)
{
    struct socketcan *s = self;

    (void)ctx;
    s->waits = 0;
    s->channel.sv.host->writable(s->channel.sv.dev);
}

/* A whole record; 0: there is no room, and writable() will follow. That the queue of an interface is full (ENOBUFS) is
 * nothing that can be polled for. */
static int send_record(struct socketcan *s, const uint8_t *record)
{
    struct can_frame frame = {.can_id = bp_load_le32(record), .len = record[4]};
    const struct services *sv = &s->channel.sv;
    ssize_t sent;

    if (frame.can_id & BP_CAN_RECORD_ERROR || frame.len > CAN_MAX_DLEN)
        return 1; /* not a frame */
    memcpy(frame.data, record + 8, frame.len);
    do
        sent = send(s->fd, &frame, sizeof(frame), MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS))
        return 1; /* sent, or lost with an interface that is down, as on a wire */
    s->waits = s->waits || sv->loop->after(sv->dev, RETRY_MS, ready, NULL) == BP_OK;
    return !s->waits;
}

static int64_t write_records(void *self, const void *data, uint64_t bytes)
{
    struct socketcan *s = self;
    const uint8_t *at = data;
    uint64_t taken = 0;

    while (taken < bytes) {
        uint64_t n = sizeof(s->partial) - s->npartial;

        n = n < bytes - taken ? n : bytes - taken;
        memcpy(s->partial + s->npartial, at + taken, n);
        if (s->npartial + n == sizeof(s->partial)) {
            if (!send_record(s, s->partial))
                return (int64_t)taken;
            s->npartial = 0;
        } else {
            s->npartial += (uint32_t)n;
        }
        taken += n;
    }
    return (int64_t)taken;
}

/* --- life --------------------------------------------------------------------------------------------------- */

static void listen_again(void *self, void *ctx)
{
    struct socketcan *s = self;

    (void)ctx;
    channel_open(&s->channel, s->fd, -1);
}

/* The interface went down or away, which is told once; frames come again when it is back up. */
static void closed(struct channel *c)
{
    struct socketcan *s = (struct socketcan *)c;

    services_log(&c->sv, BP_LOG_WARN, "%s is down or gone: no frames until it is up again",
                 s->interface);
    channel_lost(c);
    c->sv.loop->after(c->sv.dev, LISTEN_AGAIN_MS, listen_again, NULL);
}

static int32_t open_interface(struct socketcan *s)
{
    const struct services *sv = &s->channel.sv;
    struct sockaddr_can address = {.can_family = AF_CAN};

    s->fd = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);
    if (s->fd < 0 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
        return services_fail(sv, BP_E_UNSUPPORTED, NULL,
                             "the host's kernel has no CAN sockets: modprobe can-raw");
    if (s->fd < 0)
        return services_fail_errno(sv, errno, NULL, "a CAN socket",
                                   "end what has too many files open");
    address.can_ifindex = (int)if_nametoindex(s->interface);
    if (!address.can_ifindex)
        return services_fail_errno(
            sv, errno, "interface", s->interface,
            "ip link shows what there is; a virtual one is made with ip link "
            "add vcan0 type vcan");
    if (bind(s->fd, (const struct sockaddr *)&address, sizeof(address)))
        return services_fail_errno(sv, errno, "interface", s->interface, "is it a CAN interface?");
    return BP_OK;
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct socketcan *s = self;
    struct channel *c = &s->channel;
    int32_t status = channel_init(c, dev, core);

    s->fd = -1;
    if (status == BP_OK)
        status = open_interface(s);
    if (status != BP_OK)
        return status;
    c->received = received;
    c->closed = closed;
    c->greedy = 1;
    return channel_open(c, s->fd, -1);
}

static void finish(void *self)
{
    struct socketcan *s = self;

    if (!s->channel.sv.host)
        return;
    channel_close(&s->channel);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

const struct bp_backend_class socketcan_class = {
    .size = sizeof(socketcan_class),
    .instance_size = sizeof(struct socketcan),
    .instance_align = _Alignof(struct socketcan),
    .name = "socketcan",
    .doc = "CAN interface of the host, for the chardev of a can-bus",
    .kind = BP_BACKEND_CHAR,
    .props = BP_ARRAY(props),
    .init = init,
    .finish = finish,
    .write = write_records,
    .credit = credit,
};
