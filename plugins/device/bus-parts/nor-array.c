/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory and the registers of the flash part: programming only clears bits, erasing sets them, and both are
 * refused where block protection reaches.
 */
#include "spi-nor.h"

#include <string.h>

uint8_t nor_read(const struct nor *n, uint32_t address)
{
    return (uint8_t)~n->cells[address & (n->m->bytes - 1)];
}

void nor_busy(struct nor *n, uint64_t ns)
{
    n->sr1 &= (uint8_t)~SR_WEL;
    n->ready = n->instant ? 0 : n->timers->now(n->dev, BP_TIME_VIRTUAL) + ns;
}

uint32_t nor_is_busy(const struct nor *n)
{
    return n->timers->now(n->dev, BP_TIME_VIRTUAL) < n->ready;
}

uint32_t nor_quad_enabled(const struct nor *n)
{
    return n->m->layout == NOR_ISSI ? n->sr1 & ISSI_QE : n->sr2 & SR2_QE;
}

/* --- block protection ------------------------------------------------------------------------- */

struct range {
    uint32_t first, bytes;
};

/* 7.1.4 to 7.1.7 and the tables of 7.1.17 (IS25: tables 6.3 and 6.4): how much, from the top or the bottom. */
static struct range protected_range(const struct nor *n)
{
    uint32_t four = n->m->layout != NOR_WINBOND_128;
    uint32_t bp = SR_BP(n->sr1) & (four ? 15 : 7);
    uint32_t bottom = four ? n->sr1 >> 6 & 1 : n->sr1 >> 5 & 1;
    uint64_t unit = four ? 64 << 10 : 256 << 10;
    struct range r;

    if (n->m->layout == NOR_ISSI)
        bottom = n->function >> 1 & 1;
    if (!four && (n->sr1 & 0x40) && bp < 7) { /* SEC: sectors, 32 KiB at most */
        unit = 4 << 10;
        bp = bp > 4 ? 4 : bp;
    }
    r.bytes = bp ? (uint32_t)bp_min(unit << (bp - 1), n->m->bytes) : 0;
    if (bp == (four ? 15 : 7))
        r.bytes = n->m->bytes;
    r.first = bottom ? 0 : n->m->bytes - r.bytes;
    if (n->m->layout != NOR_ISSI && (n->sr2 & SR2_CMP)) { /* the other part instead */
        r.first = bottom ? r.bytes : 0;
        r.bytes = n->m->bytes - r.bytes;
    }
    return r;
}

static uint32_t is_protected(const struct nor *n, uint32_t first, uint32_t bytes)
{
    struct range r = protected_range(n);

    return medium_read_only(&n->medium) ||
           (r.bytes && first < r.first + r.bytes && r.first < first + bytes);
}

/* --- programming and erasing ------------------------------------------------------------------ */

/* 8.2.17: a page; what was not loaded stays. A protected page leaves WEL set and nothing happens. */
void nor_program(struct nor *n)
{
    uint32_t base = n->address & (n->m->bytes - 1) & ~(NOR_PAGE - 1);

    if (!n->nloaded || is_protected(n, base, NOR_PAGE))
        return;
    for (uint32_t i = 0; i < NOR_PAGE; i++)
        n->cells[base + i] |= n->loaded[i] ? (uint8_t)~n->page[i] : 0;
    medium_changed(&n->medium, base, NOR_PAGE);
    nor_busy(n, n->m->page_ns);
}

/* 8.2.19 to 8.2.22. Nothing of a unit is erased when any of it is protected. */
void nor_erase(struct nor *n, uint32_t bytes, uint64_t ns)
{
    uint32_t unit = bytes ? bytes : n->m->bytes;
    uint32_t base = n->address & (n->m->bytes - 1) & ~(unit - 1);

    if (is_protected(n, base, unit))
        return;
    memset(n->cells + base, 0, unit);
    medium_changed(&n->medium, base, unit);
    nor_busy(n, ns);
}

/* --- status registers --------------------------------------------------------------------------- */

/* 7.1.8: with SRP set and the pin asserted the registers are locked; the pin is IO2 when QE is set. */
static uint32_t is_locked(const struct nor *n)
{
    return (n->sr1 & 0x80) && n->wp && !nor_quad_enabled(n);
}

/* 7.1.9: behind 50h only the volatile copy is written, which lasts until power-off or reset. */
void nor_write_status(struct nor *n, uint32_t number, uint8_t value)
{
    /* SR1: all but BUSY and WEL; SR2: SRL, QE and CMP; SR3: drive strength, WPS and ADP. */
    static const uint8_t writable[] = {0xfc, 0x43, 0x66};
    uint8_t *now[] = {&n->sr1, &n->sr2, &n->sr3};
    uint32_t i = number - 1;

    if (is_locked(n) || i >= sizeof writable)
        return;
    *now[i] = (uint8_t)((*now[i] & ~writable[i]) | (value & writable[i]));
    if (!n->volatile_sr)
        n->kept[i] = value & writable[i];
}

/* 7.1: registers come from their copies that are kept. */
void nor_power_up(struct nor *n)
{
    n->sr1 = n->kept[0];
    n->sr2 = n->kept[1];
    n->sr3 = n->kept[2];
    n->ready = 0;
    n->extended = 0;
    n->four_byte = n->m->layout == NOR_WINBOND_256 && (n->sr3 & SR3_ADP);
    n->sleeping = n->reset_armed = n->volatile_sr = n->continuous = 0;
    n->step = STEP_IGNORE;
    n->nbits = 0;
    n->nloaded = 0;
}
