/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio.c - virtio over MMIO from the bare machine: transport, block device and entropy source as a driver uses
 * them, then rings that no driver would build. VIRTIO 1.2, sections 2.7, 3.1, 4.2, 5.2 and 5.4.
 */
#include "guest.h"

#define WINDOWS    8
#define WINDOW(i)  (0x10001000ul + (reg_t)(i)*0x1000)
#define ID_BLOCK   2
#define ID_ENTROPY 4

#define MAGIC               0x000
#define VERSION             0x004
#define DEVICE_ID           0x008
#define DEVICE_FEATURES     0x010
#define DEVICE_FEATURES_SEL 0x014
#define DRIVER_FEATURES     0x020
#define DRIVER_FEATURES_SEL 0x024
#define QUEUE_SEL           0x030
#define QUEUE_NUM_MAX       0x034
#define QUEUE_NUM           0x038
#define QUEUE_READY         0x044
#define QUEUE_NOTIFY        0x050
#define INTERRUPT_STATUS    0x060
#define INTERRUPT_ACK       0x064
#define STATUS              0x070
#define QUEUE_DESC          0x080
#define QUEUE_DRIVER        0x090
#define QUEUE_DEVICE        0x0a0
#define CONFIG              0x100

#define ACKNOWLEDGE      1
#define DRIVER           2
#define DRIVER_OK        4
#define FEATURES_OK      8
#define NEEDS_RESET      64
#define F_VERSION_1_HIGH 1u /* bit 32 */

#define NEXT     1
#define WRITE    2
#define INDIRECT 4
#define QUEUE    8

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};
static struct descriptor ring[QUEUE] __attribute__((aligned(16)));
static volatile struct {
    uint16_t flags, index, entries[QUEUE];
} available __attribute__((aligned(2)));
static volatile struct {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } entries[QUEUE];
} used __attribute__((aligned(4)));

static reg_t device;
static struct {
    uint32_t type, reserved;
    uint64_t sector;
} request;
static volatile uint8_t status_byte;
static uint8_t sector[1024] __attribute__((aligned(16)));

static uint32_t rd(unsigned offset)
{
    return MMIO32(device + offset);
}

static void wr(unsigned offset, uint32_t value)
{
    MMIO32(device + offset) = value;
}

static void wr64(unsigned offset, const volatile void *p)
{
    wr(offset, (uint32_t)(reg_t)p);
    wr(offset + 4, 0);
}

static int find(uint32_t id)
{
    for (unsigned i = 0; i < WINDOWS; i++) {
        device = WINDOW(i);
        trap_clear();
        uint32_t magic = rd(MAGIC);
        if (my_trap()->count || magic != 0x74726976)
            continue;
        CHECK_EQ(rd(VERSION), 2);
        if (rd(DEVICE_ID) == id)
            return 1;
    }
    return 0;
}

/* Section 3.1.1, up to DRIVER_OK; the queue starts empty. */
static void start(void)
{
    wr(STATUS, 0);
    for (unsigned i = 0; i < 1000000 && rd(STATUS); i++)
        ;
    CHECK_EQ(rd(STATUS), 0);
    CHECK_EQ(rd(QUEUE_READY), 0);
    wr(STATUS, ACKNOWLEDGE);
    wr(STATUS, ACKNOWLEDGE | DRIVER);
    wr(DEVICE_FEATURES_SEL, 1);
    CHECK_EQ(rd(DEVICE_FEATURES) & F_VERSION_1_HIGH, F_VERSION_1_HIGH);
    wr(DRIVER_FEATURES_SEL, 0);
    wr(DRIVER_FEATURES, 0);
    wr(DRIVER_FEATURES_SEL, 1);
    wr(DRIVER_FEATURES, F_VERSION_1_HIGH);
    wr(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    CHECK_EQ(rd(STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK);
    wr(QUEUE_SEL, 0);
    CHECK(rd(QUEUE_NUM_MAX) >= QUEUE);
    wr(QUEUE_NUM, QUEUE);
    memset(ring, 0, sizeof(ring));
    available.flags = available.index = used.flags = used.index = 0;
    wr64(QUEUE_DESC, ring);
    wr64(QUEUE_DRIVER, &available);
    wr64(QUEUE_DEVICE, &used);
    wr(QUEUE_READY, 1);
    CHECK_EQ(rd(QUEUE_READY), 1);
    wr(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

static void offer(uint16_t head)
{
    available.entries[available.index % QUEUE] = head;
    __asm__ volatile("fence rw, rw" ::: "memory");
    available.index++;
    __asm__ volatile("fence rw, rw" ::: "memory");
    wr(QUEUE_NOTIFY, 0);
}

#define MTIME   MMIO64(ACLINT + 0xbff8)
#define SECONDS 10000000ull

/* Waits for one more used entry; 0: none came. A busy host may take its time. */
static int answered(uint16_t before)
{
    uint64_t end = MTIME + 20 * SECONDS;

    do {
        for (unsigned i = 0; i < 10000; i++) {
            if (used.index != before) {
                __asm__ volatile("fence rw, rw" ::: "memory");
                return 1;
            }
        }
    } while (MTIME < end);
    return 0;
}

static void describe(unsigned i, const volatile void *data, uint32_t bytes, uint16_t flags,
                     uint16_t next)
{
    ring[i] = (struct descriptor){(reg_t)data, bytes, flags, next};
}

static int transfer(uint32_t type, uint64_t where, uint32_t bytes)
{
    uint16_t before = used.index;

    request.type = type;
    request.sector = where;
    status_byte = 0xaa;
    describe(0, &request, 16, NEXT, 1);
    describe(1, sector, bytes, NEXT | (type == 0 ? WRITE : 0), 2);
    describe(2, &status_byte, 1, WRITE, 0);
    offer(0);
    CHECK(answered(before));
    CHECK_EQ(used.entries[before % QUEUE].id, 0);
    return status_byte;
}

static void block(void)
{
    if (!find(ID_BLOCK)) {
        print("no block device\n");
        CHECK(0);
        return;
    }
    start();
    uint64_t sectors = (uint64_t)rd(CONFIG + 4) << 32 | rd(CONFIG);
    CHECK(sectors >= 16);
    /* write, read back, an interrupt each time that is acknowledged by its bit */
    for (unsigned i = 0; i < 512; i++)
        sector[i] = i * 3;
    CHECK_EQ(transfer(1, 5, 512), 0);
    CHECK_EQ(rd(INTERRUPT_STATUS) & 1, 1);
    wr(INTERRUPT_ACK, 1);
    CHECK_EQ(rd(INTERRUPT_STATUS) & 1, 0);
    memset(sector, 0, sizeof(sector));
    CHECK_EQ(transfer(0, 5, 512), 0);
    CHECK_EQ(used.entries[(used.index - 1) % QUEUE].length, 513);
    for (unsigned i = 0; i < 512; i++)
        CHECK_EQ(sector[i], (uint8_t)(i * 3));
    CHECK_EQ(transfer(0, 4, 1024), 0);
    CHECK_EQ(sector[512 + 7], 21);
    /* behind the end, half behind it, far away, an odd size: errors, and the device goes on */
    CHECK_EQ(transfer(0, sectors, 512), 1);
    CHECK_EQ(transfer(1, sectors - 1, 1024), 1);
    CHECK_EQ(transfer(0, ~0ull, 512), 1);
    CHECK_EQ(transfer(0, ~0ull >> 9, 512), 1);
    CHECK(transfer(0, 0, 100) != 0xaa);
    CHECK_EQ(transfer(77, 0, 512), 2); /* a type that does not exist is unsupported */
    CHECK_EQ(transfer(0, 5, 512), 0);
    CHECK_EQ(sector[7], 21);
}

/* One request that is broken in one way; the device may refuse it, ask for a reset or answer; then it must work again. */
static void broken(const char *what)
{
    uint16_t before = used.index;

    offer(0);
    for (unsigned i = 0; i < 200000 && used.index == before && !(rd(STATUS) & NEEDS_RESET); i++)
        ;
    start();
    for (unsigned i = 0; i < 512; i++)
        sector[i] = 0;
    int status = transfer(0, 5, 512);
    if (status || sector[7] != 21) {
        print(what);
        print(": the device does not recover\n");
    }
    CHECK_EQ(status, 0);
    CHECK_EQ(sector[7], 21);
}

#define NO_RAM 0x06000000ul

static void hostile(void)
{
    request.type = 0;
    request.sector = 5;
    describe(0, &request, 16, NEXT, 1);
    describe(1, sector, 512, NEXT | WRITE, 0);
    broken("a loop");
    describe(0, &request, 16, NEXT, 0);
    broken("a link to itself");
    describe(0, &request, 16, NEXT, 200);
    broken("a link out of the table");
    describe(0, (void *)NO_RAM, 16, NEXT, 1);
    describe(1, sector, 512, NEXT | WRITE, 2);
    describe(2, &status_byte, 1, WRITE, 0);
    broken("a header in nothing");
    describe(0, &request, 16, NEXT, 1);
    describe(1, (void *)NO_RAM, 512, NEXT | WRITE, 2);
    describe(2, &status_byte, 1, WRITE, 0);
    broken("data in nothing");
    describe(0, &request, 16, NEXT, 1);
    describe(1, sector, 0xfffffe00, NEXT | WRITE, 2);
    describe(2, &status_byte, 1, WRITE, 0);
    broken("4 GiB");
    describe(0, &request, 3, NEXT, 1);
    describe(1, &status_byte, 1, WRITE, 0);
    broken("a short header");
    describe(0, &request, 16, 0, 0);
    broken("no status");
    describe(0, &request, 0, NEXT, 1);
    describe(1, sector, 0, NEXT | WRITE, 2);
    describe(2, &status_byte, 0, WRITE, 0);
    broken("nothing in it");
    describe(0, &request, 16, WRITE, 0);
    broken("a header to be written");
    describe(0, ring, 48, INDIRECT, 0);
    broken("indirect without the feature");
    describe(0, (void *)UART, 16, NEXT, 1);
    describe(1, (void *)PLIC, 512, NEXT | WRITE, 2);
    describe(2, (void *)device, 1, WRITE, 0);
    broken("a ring over devices, itself among them");
    /* the head itself is out of the table */
    available.entries[available.index % QUEUE] = 999;
    __asm__ volatile("fence rw, rw" ::: "memory");
    available.index++;
    wr(QUEUE_NOTIFY, 0);
    broken("a head out of the table");
    /* more available than the queue holds */
    available.index += 1000;
    wr(QUEUE_NOTIFY, 0);
    broken("an index that jumped");
    /* rings in nothing */
    wr(STATUS, 0);
    wr(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    wr(QUEUE_NUM, QUEUE);
    wr64(QUEUE_DESC, (void *)NO_RAM);
    wr64(QUEUE_DRIVER, (void *)(NO_RAM + 0x1000));
    wr64(QUEUE_DEVICE, (void *)(NO_RAM + 0x2000));
    wr(QUEUE_READY, 1);
    wr(STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    wr(QUEUE_NOTIFY, 0);
    broken("rings in nothing");
    /* queues that do not exist, sizes that are not allowed */
    wr(QUEUE_SEL, 5);
    CHECK_EQ(rd(QUEUE_NUM_MAX), 0);
    wr(QUEUE_NUM, 0xffffffff);
    wr(QUEUE_READY, 1);
    wr(QUEUE_NOTIFY, 5);
    wr(QUEUE_NOTIFY, 0xffffffff);
    wr(QUEUE_SEL, 0xffffffff);
    wr(QUEUE_READY, 1);
    wr(QUEUE_SEL, 0);
    describe(0, &request, 16, NEXT, 0);
    broken("queues that do not exist");
    /* every register, every value that looks wrong */
    for (unsigned offset = 0; offset < 0x200; offset += 4) {
        MMIO32(device + offset) = 0xffffffff;
        (void)MMIO32(device + offset);
    }
    wr(STATUS, 0);
    wr(QUEUE_SEL, 0);
    describe(0, &request, 16, NEXT, 0);
    broken("all registers written");
}

static void entropy(void)
{
    static uint8_t first[64], second[64];

    if (!find(ID_ENTROPY)) {
        print("no entropy source\n");
        CHECK(0);
        return;
    }
    start();
    describe(0, first, sizeof(first), WRITE, 0);
    offer(0);
    CHECK(answered(0));
    CHECK(used.entries[0].length > 0 && used.entries[0].length <= sizeof(first));
    describe(0, second, sizeof(second), WRITE, 0);
    offer(0);
    CHECK(answered(1));
    unsigned same = 0;
    for (unsigned i = 0; i < sizeof(first); i++)
        same += first[i] == second[i];
    CHECK(same < 16);
}

int test_main(reg_t hart)
{
    block();
    hostile();
    entropy();
    return 0;
}
