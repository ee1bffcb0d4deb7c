/* SPDX-License-Identifier: Apache-2.0
 *
 * Serial Flash Discoverable Parameters, JEDEC JESD216B: the header (6.2), the parameter headers (6.3), the
 * basic table (6.4) and, for a part with dedicated four-byte commands, the table of those (6.6).
 */
#include "spi-nor.h"

#define BASIC_AT    0x80u
#define BASIC_WORDS 16u
#define FOUR_AT     0xc0u
#define FOUR_WORDS  2u
#define NOTHING     0xffffffffu

static uint32_t large(const struct nor *n)
{
    return n->m->bytes > 16u << 20;
}

/* 6.2, 6.3: "SFDP", revision 1.6, then one header of two words for each table. */
static uint32_t header_word(const struct nor *n, uint32_t word)
{
    switch (word) {
    case 0:
        return 0x50444653;
    case 1:
        return 0xff000106 | large(n) << 16;
    case 2:
        return BASIC_WORDS << 24 | 0x00010600;
    case 3:
        return 0xff000000 | BASIC_AT;
    case 4:
        return large(n) ? FOUR_WORDS << 24 | 0x00010084 : NOTHING;
    case 5:
        return large(n) ? 0xff000000 | FOUR_AT : NOTHING;
    default:
        return NOTHING;
    }
}

/* 6.4.3 to 6.4.18, numbered from 1. */
static uint32_t basic_word(const struct nor *n, uint32_t dword)
{
    switch (dword) {
    case 1: /* 4 KiB by 20h, page buffer, address bytes, 1-1-2, 1-2-2, 1-4-4, 1-1-4 */
        return 0xfff120e5 | (large(n) ? 1u << 17 : 0);
    case 2:
        return n->m->bytes * 8 - 1;
    case 3: /* 1-4-4: EBh, 2 mode and 4 dummy clocks; 1-1-4: 6Bh, 8 */
        return 0x6b08eb44;
    case 4: /* 1-1-2: 3Bh, 8; 1-2-2: BBh, 4 mode clocks */
        return 0xbb803b08;
    case 5: /* neither 2-2-2 nor 4-4-4 */
        return 0xffffffee;
    case 6:
    case 7:
        return 0x0000ffff;
    case 8: /* 4 KiB by 20h, 32 KiB by 52h */
        return 0x520f200c;
    case 9: /* 64 KiB by D8h */
        return 0x0000d810;
    case 10:
        return n->m->sfdp_erase;
    case 11:
        return n->m->sfdp_program;
    case 12: /* bit 31: no suspend */
        return 0x80000000;
    case 14: /* power-down B9h, ABh; busy is bit 0 of 05h */
        return 0x5cd5a2f7;
    case 15: /* where QE is: bit 1 of register 2, read by 35h; or bit 6 of register 1 */
        return 0xff000000 | (n->m->layout == NOR_ISSI ? 2u : 5u) << 20;
    case 16: /* reset by 66h, 99h; B7h, E9h and dedicated commands for four bytes */
        return 0x00001001 | (large(n) ? 1u << 24 | 1u << 29 | 1u << 14 : 0);
    default:
        return 0;
    }
}

static uint32_t word_at(const struct nor *n, uint32_t at)
{
    if (at < BASIC_AT)
        return header_word(n, at / 4);
    if (at < BASIC_AT + 4 * BASIC_WORDS)
        return basic_word(n, (at - BASIC_AT) / 4 + 1);
    if (!large(n) || at >= FOUR_AT + 4 * FOUR_WORDS)
        return NOTHING;
    /* 13h 0Ch 3Ch BCh 6Ch ECh 12h 34h, erase types by 21h, 5Ch (ISSI only) and DCh */
    if (at < FOUR_AT + 4)
        return n->m->layout == NOR_ISSI ? 0xfff00eff : 0xfff00aff;
    return n->m->layout == NOR_ISSI ? 0xffdc5c21 : 0xffdcff21;
}

uint8_t nor_sfdp(const struct nor *n, uint32_t at)
{
    at &= 0xff; /* the area has 256 bytes and repeats */
    return (uint8_t)(word_at(n, at & ~3u) >> (8 * (at & 3)));
}
