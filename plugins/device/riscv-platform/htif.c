/* SPDX-License-Identifier: Apache-2.0
 *
 * htif: the Berkeley host-target interface, by which test programs print and end.
 *
 * Source: RISC-V ISA simulator documentation and the conventions of riscv-tests and riscv-pk. A
 * program defines the symbols `tohost` and `fromhost`, 8 bytes each; bits 63:56 of a message are
 * the device, 55:48 the command, 47:0 the payload. Zero in `tohost` says that the host has taken
 * the message, zero in `fromhost` that the target has.
 *
 * Device 0 is the system-call proxy: an odd payload ends the run with code payload >> 1, an even
 * one is the address of eight 64-bit words {number, arguments...}; the result goes to the first of
 * them and 1 to `fromhost`. Device 1 is the console: command 0 reads a character, command 1 writes
 * one.
 */
#include "platform.h"

#include <backplane/bus.h>
#include <backplane/char.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/trace.h>
#include <backplane/util/ifaces.h>

#define DEVICE_SYSCALL 0u
#define DEVICE_CONSOLE 1u
#define CONSOLE_READ   0u
#define CONSOLE_WRITE  1u
#define CONSOLE_VALID  0x100u /* of the answer to a read */

#define SYS_WRITE  64u /* numbers of the RISC-V Linux ABI, as riscv-pk uses them */
#define SYS_EXIT   93u
#define SYS_ENOSYS ((uint64_t)-38)
#define SYS_EBADF  ((uint64_t)-9)
#define SYS_EFAULT ((uint64_t)-14)

#define LOW_HALF_NS 1000000u /* how long the high half of a message may take to follow */
#define CHUNK       256u
#define MAX_WRITE   65536u /* of one write(); the target sees a short count and goes on */

struct htif {
    struct bp_dev *dev;
    const struct bp_mem_api *mem;
    const struct bp_dma_api *dma;
    const struct bp_char_api *chars;
    const struct bp_machine_api *machine;
    const struct bp_timer_api *timers;
    const struct bp_trace_api *trace;
    struct bp_timer *low_timer;
    struct bp_bus *bus;
    struct bp_char *chardev;

    uint32_t tohost[2], fromhost[2]; /* low, high */
    uint8_t low_written; /* a 32-bit target wrote the low half and not the high one yet */
    uint8_t ended;
    uint32_t reads;                           /* console reads that wait for a character */
    uint8_t putting, character;               /* a console write the back end had no room for */
    uint64_t block, writing_at, writing_left; /* a write() in progress; block 0: none */
    uint64_t writing_total;
};

static void answer(struct htif *h, uint64_t device, uint64_t command, uint64_t payload)
{
    uint64_t message = device << 56 | command << 48 | payload;

    h->fromhost[0] = (uint32_t)message;
    h->fromhost[1] = (uint32_t)(message >> 32);
}

static void acknowledge(struct htif *h)
{
    h->tohost[0] = h->tohost[1] = 0;
}

static void power_off(struct htif *h, uint32_t code)
{
    h->ended = 1; /* the target goes on writing its verdict until it is stopped */
    h->machine->power(h->dev, BP_POWER_OFF, code);
}

/* --- system calls --------------------------------------------------------------------- */

static void finish_syscall(struct htif *h, uint64_t result)
{
    uint8_t bytes[8];

    bp_store_le64(bytes, result);
    if (h->dma->write(h->bus, h->block, bytes, sizeof bytes))
        h->trace->log(h->dev, BP_LOG_GUEST,
                      "the result of a system call cannot be stored: its block is not in memory");
    h->block = 0;
    acknowledge(h);
    answer(h, DEVICE_SYSCALL, 0, 1);
}

/* Continues a write() until it is over or the back end is full; the target waits meanwhile. */
static void continue_write(struct htif *h)
{
    uint8_t chunk[CHUNK];

    while (h->writing_left) {
        uint32_t bytes = (uint32_t)bp_min(h->writing_left, CHUNK), taken;

        if (h->dma->read(h->bus, h->writing_at, chunk, bytes)) {
            finish_syscall(h, h->writing_left < h->writing_total
                                  ? h->writing_total - h->writing_left
                                  : SYS_EFAULT);
            return;
        }
        taken = h->chars->write(h->chardev, chunk, bytes);
        h->writing_at += taken;
        h->writing_left -= taken;
        if (taken < bytes)
            return;
    }
    finish_syscall(h, h->writing_total);
}

static void system_call(struct htif *h, uint64_t block)
{
    uint8_t bytes[4 * 8];
    uint64_t number, fd;

    if (h->dma->read(h->bus, block, bytes, sizeof bytes)) {
        h->trace->log(h->dev, BP_LOG_GUEST, "the block of a system call is not in memory: ignored");
        acknowledge(h);
        return;
    }
    h->block = block;
    number = bp_load_le64(bytes);
    fd = bp_load_le64(bytes + 8);
    if (number == SYS_EXIT) {
        power_off(h, (uint32_t)fd);
    } else if (number == SYS_WRITE && (fd == 1 || fd == 2)) {
        h->writing_at = bp_load_le64(bytes + 16);
        h->writing_left = h->writing_total = bp_min(bp_load_le64(bytes + 24), MAX_WRITE);
        continue_write(h);
    } else {
        finish_syscall(h, number == SYS_WRITE ? SYS_EBADF : SYS_ENOSYS);
    }
}

/* --- console -------------------------------------------------------------------------- */

static void put_character(struct htif *h)
{
    h->putting = !h->chars->write(h->chardev, &h->character, 1);
    if (!h->putting)
        acknowledge(h);
}

static uint32_t room(void *self)
{
    const struct htif *h = self;

    return h->reads && !(h->fromhost[0] | h->fromhost[1]);
}

static void on_input(void *self, const uint8_t *data, uint32_t bytes)
{
    struct htif *h = self;

    h->reads--;
    answer(h, DEVICE_CONSOLE, CONSOLE_READ, CONSOLE_VALID | data[0]);
}

static void on_writable(void *self)
{
    struct htif *h = self;

    if (h->putting)
        put_character(h);
    else if (h->block)
        continue_write(h);
}

/* --- messages ------------------------------------------------------------------------- */

static void console(struct htif *h, uint32_t command, uint64_t payload)
{
    if (command == CONSOLE_WRITE) {
        h->character = (uint8_t)payload;
        put_character(h);
        return;
    }
    acknowledge(h);
    if (command == CONSOLE_READ) {
        h->reads += h->reads < UINT32_MAX;
        h->chars->resume(h->chardev);
    }
}

static void handle(struct htif *h)
{
    uint64_t message = (uint64_t)h->tohost[1] << 32 | h->tohost[0];
    uint64_t payload = message & (BP_BIT64(48) - 1);
    uint32_t device = (uint32_t)(message >> 56), command = (uint32_t)(message >> 48) & 0xff;

    if (!message || h->ended || h->putting || h->block)
        return; /* nothing, or the message before is not answered yet */
    if (device == DEVICE_SYSCALL && command == 0 && (payload & 1)) {
        power_off(h, (uint32_t)(payload >> 1));
    } else if (device == DEVICE_SYSCALL && command == 0) {
        system_call(h, payload);
    } else if (device == DEVICE_CONSOLE) {
        console(h, command, payload);
    } else {
        h->trace->log(h->dev, BP_LOG_GUEST, "a message to a device that does not exist: ignored");
        acknowledge(h);
    }
}

static void on_low_half(void *self)
{
    struct htif *h = self;

    h->low_written = 0;
    handle(h);
}

/* The halves arrive low first, at once from a 64-bit store. A 32-bit program that ends may write
 * the low one alone: it counts when no high half follows. */
static void on_tohost_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct htif *h = self;

    if (index == 1) {
        h->timers->cancel(h->low_timer);
        on_low_half(h);
    } else if (!h->low_written) {
        h->low_written = 1;
        h->timers->arm(h->low_timer, h->timers->now(h->dev, BP_TIME_VIRTUAL) + LOW_HALF_NS);
    }
}

static void on_fromhost_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct htif *h = self;

    h->chars->resume(h->chardev);
}

static const struct bp_reg tohost_regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "TOHOST",
     .doc = "message to the host, low and high half",
     .bound = BP_OFFSET(struct htif, tohost),
     .count = 2,
     .on_write = on_tohost_write},
};
static const struct bp_reg fromhost_regs[] = {
    {.offset = 0,
     .width = 4,
     .name = "FROMHOST",
     .doc = "message from the host, low and high half",
     .bound = BP_OFFSET(struct htif, fromhost),
     .count = 2,
     .on_write = on_fromhost_write},
};

#define REGION_TOHOST   0u
#define REGION_FROMHOST 1u

static const struct bp_region regions[] = {
    {.name = "tohost",
     .doc = "where the program has its symbol",
     .flags = BP_REGION_FLOATING,
     .length = 8,
     .regs = BP_ARRAY(tohost_regs)},
    {.name = "fromhost",
     .doc = "where the program has its symbol",
     .flags = BP_REGION_FLOATING,
     .length = 8,
     .regs = BP_ARRAY(fromhost_regs)},
};

/* --- the class ------------------------------------------------------------------------ */

static const struct bp_char_client char_client = {
    .size = sizeof char_client, .room = room, .on_input = on_input, .on_writable = on_writable};

static const struct bp_port ports[] = {
    {.name = "chardev",
     .doc = "the console",
     .kind = BP_PORT_CHAR,
     .offset = BP_OFFSET(struct htif, chardev),
     .client = &char_client},
    {.name = "dma",
     .doc = "where system calls find their arguments",
     .kind = BP_PORT_BUS,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct htif, bus)},
};

#define FIELD(number, kind, member, text)                                                          \
    {                                                                                              \
        .tag = (number), .type = (kind), .offset = BP_OFFSET(struct htif, member), .name = (text)  \
    }

static const struct bp_state_field state_fields[] = {
    FIELD(1, BP_STATE_U8, low_written, "low-written"),
    FIELD(2, BP_STATE_U8, ended, "ended"),
    FIELD(3, BP_STATE_U32, reads, "reads"),
    FIELD(4, BP_STATE_U8, putting, "putting"),
    FIELD(5, BP_STATE_U8, character, "character"),
    FIELD(6, BP_STATE_U64, block, "block"),
    FIELD(7, BP_STATE_U64, writing_at, "writing-at"),
    FIELD(8, BP_STATE_U64, writing_left, "writing-left"),
    FIELD(9, BP_STATE_U64, writing_total, "writing-total"),
};

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields)};

static const struct bp_iface_row ifaces[] = {
    {BP_MEM_ID, BP_OFFSET(struct htif, mem)},      {BP_DMA_ID, BP_OFFSET(struct htif, dma)},
    {BP_CHAR_ID, BP_OFFSET(struct htif, chars)},   {BP_MACHINE_ID, BP_OFFSET(struct htif, machine)},
    {BP_TIMER_ID, BP_OFFSET(struct htif, timers)}, {BP_TRACE_ID, BP_OFFSET(struct htif, trace)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct htif *h = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    h->dev = dev;
    h->low_timer = h->timers->create(dev, "low-half", on_low_half);
    return h->low_timer ? BP_OK : BP_E_NOMEM;
}

/* Lays a region over the program's symbol; a program without it runs without HTIF. */
static uint32_t place(struct htif *h, uint32_t region, const char *symbol)
{
    uint64_t addr;
    uint32_t found = h->machine->symbol(h->dev, symbol, &addr) == BP_OK;

    if (found && h->mem->move(h->dev, region, addr) != BP_OK) {
        h->trace->log(h->dev, BP_LOG_WARN,
                      "tohost or fromhost lies where no region can be: HTIF is off");
        found = 0;
    }
    h->mem->enable(h->dev, region, found);
    return found;
}

static void reset(void *self, uint32_t kind)
{
    struct htif *h = self;

    h->low_written = h->ended = h->putting = 0;
    h->reads = 0;
    h->block = h->writing_left = h->writing_total = 0;
    h->timers->cancel(h->low_timer);
    if (!place(h, REGION_TOHOST, "tohost"))
        h->trace->log(h->dev, BP_LOG_WARN,
                      "no loaded image has a symbol tohost: the program cannot reach the host");
    place(h, REGION_FROMHOST, "fromhost");
}

static const struct bp_fdt_node fdt_node = {.size = sizeof fdt_node,
                                            .flags = BP_FDT_NO_REG | BP_FDT_ROOT,
                                            .name = "htif",
                                            .compatible = "ucb,htif0"};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class htif_class = {
    .size = sizeof htif_class,
    .instance_size = sizeof(struct htif),
    .instance_align = _Alignof(struct htif),
    .name = "htif",
    .doc = "Berkeley host-target interface",
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
