/* SPDX-License-Identifier: Apache-2.0
 *
 * reset.c - system resets while a disk is being read, other harts are inside of devices and interrupts are up. RAM
 * outside of the image outlives a reset: the number of the round is there, and a buffer into which nothing must be
 * written any more once its request was given up. VIRTIO 1.2, 2.4 and 4.2; PLIC 1.0.0.
 */
#include "guest.h"

#define ROUNDS       24
#define ROUND        MMIO32(RAM + 0x1000000)
#define BUFFER       (RAM + 0x1100000)
#define BUFFER_BYTES 0x80000u
#define MARK         0x5a5a5a5a5a5a5a5aull

#define DISK                0x10001000ul /* the board's first virtio slot */
#define DEVICE_ID           0x008
#define DRIVER_FEATURES     0x020
#define DRIVER_FEATURES_SEL 0x024
#define QUEUE_SEL           0x030
#define QUEUE_NUM           0x038
#define QUEUE_READY         0x044
#define QUEUE_NOTIFY        0x050
#define STATUS              0x070
#define QUEUE_DESC          0x080
#define QUEUE_DRIVER        0x090
#define QUEUE_DEVICE        0x0a0
#define NEXT                1
#define WRITE               2
#define QUEUE               8u

#define UART_IER             MMIO8(UART + 1)
#define PLIC_PRIORITY(i)     MMIO32(PLIC + 4 * (i))
#define PLIC_PENDING(i)      MMIO32(PLIC + 0x1000 + 4 * (i))
#define PLIC_ENABLE(context) MMIO32(PLIC + 0x2000 + 0x80 * (context))
#define FINISH_RESET         0x7777

static struct {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
} ring[QUEUE] __attribute__((aligned(16)));
static volatile struct {
    uint16_t flags, index, entries[QUEUE];
} available __attribute__((aligned(2)));
static volatile struct {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } entries[QUEUE];
} used __attribute__((aligned(4)));
static struct {
    uint32_t type, reserved;
    uint64_t sector;
} request; /* zeros: reads from the start of the disk */
static volatile uint8_t statuses[2];

static uint32_t rd(unsigned offset)
{
    return MMIO32(DISK + offset);
}

static void wr(unsigned offset, uint32_t value)
{
    MMIO32(DISK + offset) = value;
}

static void wr64(unsigned offset, const volatile void *p)
{
    wr(offset, (uint32_t)(reg_t)p);
    wr(offset + 4, 0);
}

static void start_queue(void)
{
    memset(ring, 0, sizeof(ring));
    available.flags = available.index = used.flags = used.index = 0;
    wr(QUEUE_SEL, 0);
    wr(QUEUE_NUM, QUEUE);
    wr64(QUEUE_DESC, ring);
    wr64(QUEUE_DRIVER, &available);
    wr64(QUEUE_DEVICE, &used);
    wr(QUEUE_READY, 1);
}

static void start_disk(void)
{
    wr(STATUS, 0);
    wr(STATUS, 3);
    wr(DRIVER_FEATURES_SEL, 1);
    wr(DRIVER_FEATURES, 1); /* VERSION_1 */
    wr(STATUS, 11);
    CHECK_EQ(rd(STATUS), 11);
    start_queue();
    wr(STATUS, 15);
}

/* Two reads into the halves of the buffer, which is marked first. */
static void submit(void)
{
    for (unsigned i = 0; i < BUFFER_BYTES; i += 8)
        MMIO64(BUFFER + i) = MARK;
    for (unsigned i = 0; i < 2; i++) {
        ring[3 * i].address = (reg_t)&request;
        ring[3 * i].length = 16;
        ring[3 * i].flags = NEXT;
        ring[3 * i].next = (uint16_t)(3 * i + 1);
        ring[3 * i + 1].address = BUFFER + i * BUFFER_BYTES / 2;
        ring[3 * i + 1].length = BUFFER_BYTES / 2;
        ring[3 * i + 1].flags = NEXT | WRITE;
        ring[3 * i + 1].next = (uint16_t)(3 * i + 2);
        ring[3 * i + 2].address = (reg_t)&statuses[i];
        ring[3 * i + 2].length = 1;
        ring[3 * i + 2].flags = WRITE;
        available.entries[(available.index + i) % QUEUE] = (uint16_t)(3 * i);
    }
    __asm__ volatile("fence rw, rw" ::: "memory");
    available.index += 2;
    __asm__ volatile("fence rw, rw" ::: "memory");
    wr(QUEUE_NOTIFY, 0);
}

/* The buffer belongs to the program again: what is marked stays marked. */
static void check_released(void)
{
    reg_t wrong = 0;

    for (unsigned i = 0; i < BUFFER_BYTES; i += 8)
        MMIO64(BUFFER + i) = MARK;
    for (unsigned turn = 0; turn < 4; turn++)
        for (unsigned i = 0; i < BUFFER_BYTES; i += 8)
            wrong += MMIO64(BUFFER + i) != MARK;
    CHECK_EQ(wrong, 0);
}

/* Everything is as after power-on, whatever was going on. */
static void check_fresh(void)
{
    uint32_t pending = 0;

    CHECK_EQ(rd(DEVICE_ID), 2);
    CHECK_EQ(rd(STATUS), 0);
    wr(QUEUE_SEL, 0);
    CHECK_EQ(rd(QUEUE_READY), 0);
    CHECK_EQ(UART_IER, 0);
    for (unsigned i = 0; i < 4; i++)
        pending |= PLIC_PENDING(i);
    CHECK_EQ(pending, 0);
    CHECK_EQ(PLIC_PRIORITY(UART_IRQ), 0);
    CHECK_EQ(PLIC_ENABLE(0), 0);
    CHECK_EQ(csr_read(mip), 0);
    check_released();
}

static void interrupts_up(void)
{
    PLIC_PRIORITY(UART_IRQ) = 1;
    PLIC_ENABLE(0) = 1u << UART_IRQ;
    UART_IER = 2; /* the transmitter is empty */
    CHECK_EQ(PLIC_PENDING(0), 1u << UART_IRQ);
    CHECK_EQ(csr_read(mip) >> IRQ_MEI & 1, 1);
}

static void reset(void)
{
    ROUND = ROUND + 1;
    MMIO32(FINISHER) = FINISH_RESET;
    for (;;)
        ;
}

/* Hart 0 resets the machine while the others are inside of the disk, the interrupt controller and the UART. */
static void storm(unsigned hart)
{
    if (!hart) {
        submit();
        reset();
    }
    for (;;) {
        (void)rd(STATUS);
        (void)PLIC_PENDING(0);
        (void)MMIO8(UART + 5);
    }
}

int test_main(reg_t hart)
{
    uint32_t round = ROUND;
    uint16_t reported;

    (void)hart;
    check_fresh();
    if (failures || round == ROUNDS)
        return 0;
    start_disk();
    interrupts_up();
    switch (round % 4) {
    case 0: /* the device is reset first; it waits for what is under way */
        submit();
        wr(STATUS, 0);
        reported = used.index; /* by a disk that was quicker than this hart */
        check_released();
        CHECK_EQ(used.index, reported);
        start_disk();
        submit();
        break;
    case 1: /* likewise one queue (4.2.2, QueueReady) */
        submit();
        wr(QUEUE_READY, 0);
        check_released();
        start_queue();
        submit();
        while (used.index != 2)
            ;
        CHECK_EQ(statuses[0] | statuses[1], 0);
        submit();
        break;
    case 2:
        on_harts(4, storm);
        break;
    default:
        submit();
        break;
    }
    if (failures)
        return 0;
    reset();
    return 0;
}
