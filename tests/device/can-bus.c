/* SPDX-License-Identifier: Apache-2.0
 *
 * The CAN wire against the CAN specification, with made-up nodes and the test as the outside.
 */
#include "device.h"
#include "th_can.h"

#define US 1000u

static struct th_can_node nodes[3];

static struct th *started(void)
{
    struct th *t = open_device("can", "can-bus");

    memset(nodes, 0, sizeof nodes);
    for (int i = 0; i < 3; i++) {
        nodes[i].reaction = BP_CAN_ACK;
        th_attach(t, "can", 0, 0, &nodes[i], &th_can_node_iface);
    }
    start_device(t);
    return t;
}

static const struct bp_can_wire *wire(struct th *t)
{
    return th_iface(t, BP_CAN_WIRE_ID);
}

static int32_t put_up(struct th *t, uint32_t node, uint32_t id, uint32_t flags, const char *data)
{
    struct bp_can_frame frame = {sizeof frame, flags, id, (uint32_t)strlen(data), {0}};

    memcpy(frame.data, data, strlen(data));
    return wire(t)->send(t->self, &nodes[node], &frame, 2000); /* 500 kbit/s */
}

Test(can_bus, a_frame_takes_its_bits)
{
    struct th *t = started();

    cr_expect_eq(put_up(t, 0, 0x555, 0, ""), BP_OK);
    cr_expect_eq(wire(t)->activity(t->self, &nodes[0]), 2);
    cr_expect_eq(wire(t)->activity(t->self, &nodes[1]), 1);
    th_advance(t, 48 * 2 * US - 1); /* one stuff bit among them */
    cr_expect_eq(nodes[1].heard, 0);
    th_advance(t, 1);
    cr_expect_eq(nodes[1].heard, 1);
    cr_expect_eq(nodes[1].bit_ns, 2000);
    cr_expect_eq(nodes[1].nreceived, 1);
    cr_expect_eq(nodes[2].received[0].id, 0x555);
    cr_expect_eq(nodes[0].heard, 0, "not its own");
    cr_expect_eq(nodes[0].sent, 1);
    cr_expect_eq(nodes[0].result, BP_CAN_SENT);
    cr_expect_eq(wire(t)->activity(t->self, &nodes[0]), 0);
    close_device(t);
}

/* The time of a frame, found by waiting for it. */
static uint64_t bits_of(uint32_t id, uint32_t flags, const char *data, uint32_t length)
{
    struct th *t = started();
    struct bp_can_frame frame = {sizeof frame, flags, id, length, {0}};
    uint64_t ns;

    memcpy(frame.data, data, length);
    wire(t)->send(t->self, &nodes[0], &frame, 1000);
    ns = th_next_deadline(t) - t->now;
    close_device(t);
    return ns / 1000;
}

/* 3.1.1 and 5: 47 bits and 8 for each byte, 67 for an extended frame, and stuff bits; the numbers were counted by a
 * program that builds the frame as text. */
Test(can_bus, stuff_bits_and_formats)
{
    static const struct {
        uint32_t id, flags, length, bits;
        const char *data;
    } rows[] = {{0x555, 0, 0, 48, ""},
                {0, 0, 8, 127, "\0\0\0\0\0\0\0\0"},
                {0x7ff, 0, 8, 126, "\xff\xff\xff\xff\xff\xff\xff\xff"},
                {0x2aa, 0, 8, 111, "\x55\x55\x55\x55\x55\x55\x55\x55"},
                {0x2aa, BP_CAN_REMOTE, 4, 47, "\0\0\0\0"},
                {0x0aaaaaaa, BP_CAN_EXTENDED, 0, 68, ""},
                {0x1fffffff, BP_CAN_EXTENDED, 3, 101, "\x00\xff\x1f"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(bits_of(rows[i].id, rows[i].flags, rows[i].data, rows[i].length), rows[i].bits,
                     "row %zu", i);
}

/* 3.1.1 */
Test(can_bus, the_lowest_identifier_wins)
{
    struct th *t = started();

    put_up(t, 0, 0x7ff, 0, "first");
    put_up(t, 1, 0x101, 0, "b");
    put_up(t, 2, 0x100, 0, "c");
    th_advance(t, 300 * US);
    cr_expect_eq(nodes[0].sent, 1, "the wire was idle: nobody to lose to");
    cr_expect_eq(nodes[1].lost, 1);
    cr_expect_eq(nodes[1].lost_bit, 10, "in the last bit of the identifier");
    th_advance(t, 300 * US);
    cr_expect_eq(nodes[2].sent, 1);
    cr_expect_eq(nodes[0].received[0].id, 0x100);
    cr_expect_eq(nodes[0].received[1].id, 0x101, "and then the other one");
    close_device(t);
}

Test(can_bus, standard_before_extended_and_data_before_remote)
{
    static const struct {
        uint32_t id[2], flags[2], bit;
    } rows[] = {{{0x123, 0x123 << 18}, {0, BP_CAN_EXTENDED}, 11},
                {{0x123, 0x123}, {0, BP_CAN_REMOTE}, 11},
                {{0x123, 0x123 << 18}, {BP_CAN_REMOTE, BP_CAN_EXTENDED}, 12},
                {{0x123 << 18, 0x123 << 18 | 1}, {BP_CAN_EXTENDED, BP_CAN_EXTENDED}, 30}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct th *t = started();

        put_up(t, 2, 0, 0, "busy");
        put_up(t, 0, rows[i].id[1], rows[i].flags[1], "");
        put_up(t, 1, rows[i].id[0], rows[i].flags[0], "");
        th_advance(t, 1000 * US);
        cr_expect_eq(nodes[2].received[0].flags, rows[i].flags[0], "row %zu", i);
        cr_expect_eq(nodes[0].lost, 1);
        cr_expect_eq(nodes[0].lost_bit, rows[i].bit, "row %zu: bit %u", i, nodes[0].lost_bit);
        close_device(t);
    }
}

/* 3.2, 6.2 */
Test(can_bus, errors)
{
    struct th *t = started();

    nodes[1].reaction = nodes[2].reaction = BP_CAN_SILENT;
    put_up(t, 0, 1, 0, "");
    th_advance(t, 200 * US);
    cr_expect_eq(nodes[0].result, BP_CAN_NO_ACK);
    cr_expect_eq(nodes[1].nreceived, 0);
    nodes[1].reaction = BP_CAN_ACK;
    nodes[2].reaction = BP_CAN_ERROR;
    put_up(t, 0, 1, 0, "");
    th_advance(t, 200 * US);
    cr_expect_eq(nodes[0].result, BP_CAN_BROKEN);
    cr_expect_eq(nodes[1].nreceived, 0, "nobody takes what one has destroyed");
    close_device(t);
}

Test(can_bus, what_is_up_can_be_replaced_and_taken_back)
{
    struct th *t = started();
    struct bp_can_frame frame = {sizeof frame, 0, 1, 9, {0}};

    put_up(t, 0, 1, 0, "a");
    cr_expect_eq(put_up(t, 0, 2, 0, "b"), BP_E_STATE, "on the wire already");
    cr_expect_eq(wire(t)->cancel(t->self, &nodes[0]), BP_E_STATE);
    put_up(t, 1, 3, 0, "c");
    put_up(t, 1, 4, 0, "d");
    put_up(t, 2, 5, 0, "e");
    cr_expect_eq(wire(t)->cancel(t->self, &nodes[2]), BP_OK);
    th_advance(t, 1000 * US);
    cr_expect_eq(nodes[0].nreceived, 1);
    cr_expect_eq(nodes[0].received[0].id, 4);
    cr_expect_eq(nodes[2].sent, 0);
    cr_expect_eq(wire(t)->send(t->self, &nodes[0], &frame, 2000), BP_E_INVAL, "nine bytes");
    cr_expect_eq(wire(t)->send(t->self, t, &frame, 2000), BP_E_INVAL, "a stranger");
    close_device(t);
}

Test(can_bus, the_outside)
{
    static const uint8_t in[] = {0x23, 1, 0, 0, 2, 0, 0, 0, 0xaa, 0xbb, 0, 0, 0, 0, 0, 0};
    struct th *t = started();
    uint8_t *out;

    nodes[1].reaction = nodes[2].reaction = BP_CAN_SILENT;
    th_connect(t, 1);
    put_up(t, 0, 0x12345678, BP_CAN_EXTENDED, "xy");
    th_advance(t, 400 * US);
    cr_expect_eq(nodes[0].result, BP_CAN_SENT, "the peer acknowledges");
    cr_assert_eq(t->chr.noutput, 16);
    out = t->chr.output;
    cr_expect_eq(out[0], 0x78);
    cr_expect_eq(out[3], 0x92, "EFF");
    cr_expect_eq(out[4], 2);
    cr_expect_eq(out[9], 'y');
    t->chr.noutput = 0;
    th_type(t, in, 10);
    th_advance(t, 1000 * US);
    cr_expect_eq(nodes[0].nreceived, 0, "half a record");
    th_type(t, in + 10, 6);
    th_advance(t, 1000 * US);
    cr_expect_eq(nodes[0].nreceived, 1);
    cr_expect_eq(nodes[0].received[0].id, 0x123);
    cr_expect_eq(nodes[0].received[0].length, 2);
    cr_expect_eq(nodes[0].received[0].data[1], 0xbb);
    cr_expect_eq(t->chr.noutput, 0, "its own is not sent back");
    close_device(t);
}

Test(can_bus, strange_records)
{
    uint8_t in[16] = {0xff, 0xff, 0xff, 0x3f, 200};
    struct th *t = started();

    th_connect(t, 1);
    th_type(t, in, 16); /* an error frame of Linux */
    th_advance(t, 1000 * US);
    cr_expect_eq(nodes[0].nreceived, 0);
    in[3] = 0xdf;
    th_type(t, in, 16);
    th_advance(t, 1000 * US);
    cr_expect_eq(nodes[0].received[0].length, 8);
    cr_expect_eq(nodes[0].received[0].flags, BP_CAN_EXTENDED | BP_CAN_REMOTE);
    cr_expect_eq(nodes[0].received[0].id, 0x1fffffff);
    close_device(t);
}

Test(can_bus, a_slow_peer_gets_whole_records)
{
    struct th *t = started();

    th_connect(t, 1);
    th_accept(t, 5);
    put_up(t, 0, 1, 0, "a");
    th_advance(t, 400 * US);
    put_up(t, 0, 2, 0, "b");
    th_advance(t, 400 * US);
    th_accept(t, TH_NO_LIMIT);
    put_up(t, 0, 3, 0, "c");
    th_advance(t, 400 * US);
    cr_assert_eq(t->chr.noutput, 32, "the second one was lost, not torn");
    cr_expect_eq(t->chr.output[0], 1);
    cr_expect_eq(t->chr.output[16], 3);
    close_device(t);
}

Test(can_bus, a_flood_from_outside_waits)
{
    struct th *t = started();
    uint8_t in[200 * 16] = {0};

    for (uint32_t i = 0; i < 200; i++)
        in[16 * i] = (uint8_t)i;
    th_connect(t, 1);
    th_type(t, in, sizeof in);
    cr_expect_gt(t->chr.nqueue, 0, "flow control");
    th_advance(t, 100000 * US);
    cr_expect_eq(nodes[0].nreceived, 200);
    cr_expect_eq(nodes[0].received[199 % 16].id, 199);
    close_device(t);
}

Test(can_bus, a_snapshot_with_a_frame_on_the_wire)
{
    struct th *a = started(), *b = started();

    put_up(a, 0, 7, 0, "a");
    put_up(a, 1, 8, 0, "b");
    cr_expect_eq(th_migrate(b, a), BP_OK);
    th_advance(b, 1000 * US);
    cr_expect_eq(nodes[2].nreceived, 2);
    cr_expect_eq(nodes[2].received[0].id, 7);
    close_device(a);
    close_device(b);
}
