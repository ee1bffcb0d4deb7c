/* SPDX-License-Identifier: Apache-2.0
 *
 * The instruction set of the flash part: W25Q256JV section 8.1, tables 1 to 3; IS25WP256D section 8, table 8.1. One
 * row an opcode; what a row does is a function of a few lines.
 */
#include "spi-nor.h"

#include <string.h>

/* --- reads ------------------------------------------------------------------------------------ */

static uint8_t out_array(struct nor *n)
{
    return nor_read(n, n->address++);
}

static uint8_t out_sfdp(struct nor *n)
{
    return nor_sfdp(n, n->address++);
}

static uint8_t out_jedec_id(struct nor *n)
{
    return n->m->id[n->address++ % 3];
}

/* 90h, ABh: the device identification is one less than the capacity byte of 9Fh. */
static uint8_t out_device_id(struct nor *n)
{
    return (uint8_t)(n->m->id[2] - 1);
}

static uint8_t out_manufacturer(struct nor *n)
{
    return n->address++ & 1 ? out_device_id(n) : n->m->id[0];
}

static uint8_t out_sr1(struct nor *n)
{
    return n->sr1 | (nor_is_busy(n) ? SR_BUSY : 0);
}

static uint8_t out_sr2(struct nor *n)
{
    return n->sr2;
}

static uint8_t out_sr3(struct nor *n)
{
    return (uint8_t)(n->sr3 | (n->four_byte ? SR3_ADS : 0));
}

static uint8_t out_extended(struct nor *n)
{
    return n->extended;
}

static uint8_t out_function(struct nor *n)
{
    return n->function;
}

/* --- bytes in --------------------------------------------------------------------------------- */

static void in_page(struct nor *n, uint8_t data)
{
    uint32_t at = (n->address + n->nloaded) % NOR_PAGE;

    if (!n->nloaded)
        memset(n->loaded, 0, sizeof n->loaded);
    n->page[at] = data;
    n->loaded[at] = 1;
    n->nloaded++;
}

static void in_data(struct nor *n, uint8_t data)
{
    if (n->ndata < sizeof n->data)
        n->data[n->ndata++] = data;
}

/* --- what is done when the chip select rises ---------------------------------------------------- */

static void write_enable(struct nor *n)
{
    n->sr1 |= SR_WEL;
}

static void write_disable(struct nor *n)
{
    n->sr1 &= (uint8_t)~SR_WEL;
}

static void volatile_write_enable(struct nor *n)
{
    n->volatile_sr = 1;
}

static void finish_status(struct nor *n, uint32_t first)
{
    for (uint32_t i = 0; i < n->ndata; i++)
        nor_write_status(n, first + i, n->data[i]);
    if (n->ndata && !n->volatile_sr)
        nor_busy(n, n->m->status_ns);
    n->volatile_sr = 0;
}

/* 8.2.5: one byte writes register 1 and leaves register 2 alone, two write both. */
static void write_sr1(struct nor *n)
{
    uint8_t most = n->m->layout == NOR_ISSI ? 1 : 2;

    n->ndata = n->ndata > most ? most : n->ndata;
    finish_status(n, 1);
}

static void write_sr2(struct nor *n)
{
    n->ndata = n->ndata > 1 ? 1 : n->ndata;
    finish_status(n, 2);
}

static void write_sr3(struct nor *n)
{
    n->ndata = n->ndata > 1 ? 1 : n->ndata;
    finish_status(n, 3);
}

static void write_extended(struct nor *n)
{
    n->extended = n->ndata ? n->data[0] : n->extended;
    n->sr1 &= (uint8_t)~SR_WEL;
}

/* IS25: TBS can be set once and never cleared. */
static void write_function(struct nor *n)
{
    n->function |= n->ndata ? n->data[0] & 2 : 0;
    nor_busy(n, n->m->status_ns);
}

static void program(struct nor *n)
{
    nor_program(n);
}

static void erase_sector(struct nor *n)
{
    nor_erase(n, 4 << 10, n->m->sector_ns);
}

static void erase_32k(struct nor *n)
{
    nor_erase(n, 32 << 10, n->m->block32_ns);
}

static void erase_64k(struct nor *n)
{
    nor_erase(n, 64 << 10, n->m->block64_ns);
}

static void erase_chip(struct nor *n)
{
    nor_erase(n, 0, n->m->chip_ns);
}

static void enter_four_byte(struct nor *n)
{
    n->four_byte = 1;
}

static void exit_four_byte(struct nor *n)
{
    n->four_byte = 0;
}

static void power_down(struct nor *n)
{
    n->sleeping = 1;
}

static void release(struct nor *n)
{
    n->sleeping = 0;
}

static void enable_reset(struct nor *n)
{
    n->reset_armed = 2; /* for the next instruction only */
}

/* 8.2.37: what is volatile goes back; an erase or program in progress is cut short. */
static void software_reset(struct nor *n)
{
    if (!n->reset_armed)
        return;
    nor_power_up(n);
    nor_busy(n, 30000); /* tRST */
}

/* --- the table ---------------------------------------------------------------------------------- */

#define ANY     ADDRESS_DEFAULT
#define THREE   ADDRESS_THREE
#define FOUR    ADDRESS_FOUR
#define LARGE   COMMAND_LARGE
#define MODE    COMMAND_MODE
#define QUAD    COMMAND_QUAD
#define BUSY    COMMAND_BUSY
#define WEL     COMMAND_WEL
#define WINBOND COMMAND_WINBOND
#define ISSI    COMMAND_ISSI

/* opcode, flags, address and its lanes, dummy clocks, lanes of data, bytes out, bytes in, finish */
/* clang-format off */
static const struct nor_command commands[] = {
    {0x03, 0,                   ANY,   1, 0,  1, out_array,        NULL,    NULL},
    {0x0b, 0,                   ANY,   1, 8,  1, out_array,        NULL,    NULL},
    {0x3b, 0,                   ANY,   1, 8,  2, out_array,        NULL,    NULL},
    {0x6b, QUAD,                ANY,   1, 8,  4, out_array,        NULL,    NULL},
    {0xbb, MODE,                ANY,   2, 0,  2, out_array,        NULL,    NULL},
    {0xeb, QUAD | MODE,         ANY,   4, 4,  4, out_array,        NULL,    NULL},
    {0x13, LARGE,               FOUR,  1, 0,  1, out_array,        NULL,    NULL},
    {0x0c, LARGE,               FOUR,  1, 8,  1, out_array,        NULL,    NULL},
    {0x3c, LARGE,               FOUR,  1, 8,  2, out_array,        NULL,    NULL},
    {0x6c, LARGE | QUAD,        FOUR,  1, 8,  4, out_array,        NULL,    NULL},
    {0xbc, LARGE | MODE,        FOUR,  2, 0,  2, out_array,        NULL,    NULL},
    {0xec, LARGE | QUAD | MODE, FOUR,  4, 4,  4, out_array,        NULL,    NULL},
    {0x5a, 0,                   THREE, 1, 8,  1, out_sfdp,         NULL,    NULL},
    {0x9f, 0,                   0,     1, 0,  1, out_jedec_id,     NULL,    NULL},
    {0x90, 0,                   THREE, 1, 0,  1, out_manufacturer, NULL,    NULL},
    {0xab, 0,                   0,     1, 24, 1, out_device_id,    NULL,    release},
    {0x05, BUSY,                0,     1, 0,  1, out_sr1,          NULL,    NULL},
    {0x35, BUSY | WINBOND,      0,     1, 0,  1, out_sr2,          NULL,    NULL},
    {0x15, BUSY | WINBOND,      0,     1, 0,  1, out_sr3,          NULL,    NULL},
    {0x48, ISSI,                0,     1, 0,  1, out_function,     NULL,    NULL},
    {0xc8, LARGE,               0,     1, 0,  1, out_extended,     NULL,    NULL},
    {0x06, 0,                   0,     1, 0,  1, NULL,             NULL,    write_enable},
    {0x50, WINBOND,             0,     1, 0,  1, NULL,             NULL,    volatile_write_enable},
    {0x04, 0,                   0,     1, 0,  1, NULL,             NULL,    write_disable},
    {0x01, WEL,                 0,     1, 0,  1, NULL,             in_data, write_sr1},
    {0x31, WEL | WINBOND,       0,     1, 0,  1, NULL,             in_data, write_sr2},
    {0x11, WEL | WINBOND,       0,     1, 0,  1, NULL,             in_data, write_sr3},
    {0x42, WEL | ISSI,          0,     1, 0,  1, NULL,             in_data, write_function},
    {0xc5, WEL | LARGE,         0,     1, 0,  1, NULL,             in_data, write_extended},
    {0x02, WEL,                 ANY,   1, 0,  1, NULL,             in_page, program},
    {0x32, WEL | QUAD,          ANY,   1, 0,  4, NULL,             in_page, program},
    {0x12, WEL | LARGE,         FOUR,  1, 0,  1, NULL,             in_page, program},
    {0x34, WEL | QUAD | LARGE,  FOUR,  1, 0,  4, NULL,             in_page, program},
    {0x20, WEL,                 ANY,   1, 0,  1, NULL,             NULL,    erase_sector},
    {0x52, WEL,                 ANY,   1, 0,  1, NULL,             NULL,    erase_32k},
    {0xd8, WEL,                 ANY,   1, 0,  1, NULL,             NULL,    erase_64k},
    {0x21, WEL | LARGE,         FOUR,  1, 0,  1, NULL,             NULL,    erase_sector},
    {0x5c, WEL | LARGE | ISSI,  FOUR,  1, 0,  1, NULL,             NULL,    erase_32k},
    {0xdc, WEL | LARGE,         FOUR,  1, 0,  1, NULL,             NULL,    erase_64k},
    {0xc7, WEL,                 0,     1, 0,  1, NULL,             NULL,    erase_chip},
    {0x60, WEL,                 0,     1, 0,  1, NULL,             NULL,    erase_chip},
    {0xb7, LARGE,               0,     1, 0,  1, NULL,             NULL,    enter_four_byte},
    {0xe9, LARGE,               0,     1, 0,  1, NULL,             NULL,    exit_four_byte},
    {0xb9, 0,                   0,     1, 0,  1, NULL,             NULL,    power_down},
    {0x66, BUSY,                0,     1, 0,  1, NULL,             NULL,    enable_reset},
    {0x99, BUSY,                0,     1, 0,  1, NULL,             NULL,    software_reset},
};
/* clang-format on */

const struct nor_command *nor_command(const struct nor *n, uint8_t opcode)
{
    uint32_t maker = n->m->layout == NOR_ISSI ? WINBOND : ISSI; /* the other one's */

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct nor_command *c = &commands[i];

        if (c->opcode == opcode)
            return (c->flags & maker) || ((c->flags & LARGE) && n->m->bytes <= 16u << 20) ? NULL
                                                                                          : c;
    }
    return NULL;
}
