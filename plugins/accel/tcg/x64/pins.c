/* SPDX-License-Identifier: Apache-2.0
 *
 * pins.c - which guest register lives in which host register. Blocks all have the same map, the one that
 * tcg_code has, so that they can jump to each other as they are. A region has its own, for the registers
 * that its loops use most, and changes over at its entry and its exits; guest registers that it does not
 * use stay where they are if there is room. In a region the count of instructions has a host register, too:
 * a loop that goes round in fewer cycles than memory takes for an addition would wait for it.
 */
#include "gen.h"

/* In the order in which guest registers get them. */
static const uint8_t hosts[PINS] = {RBX, R12, R13, R14, R15, RSI, RDI, R8, R9, R10, R11};

/* Four moves, two in and two out, against what a register saves: weights are 8 in a loop. */
#define WORTH_MOVING (3 * 8)

void pins_fixed(const struct tcg_code *t, struct pins *pins)
{
    memcpy(pins->host_of, t->host_of, sizeof pins->host_of);
    memset(pins->guest_of, NO_REG, sizeof pins->guest_of);
    memset(pins->dirty, 1, sizeof pins->dirty);
    pins->count = pins->distance = NO_REG;
    for (uint32_t i = 0; i < t->npinned; i++)
        pins->guest_of[t->host_of[t->guest_of[i]]] = t->guest_of[i];
}

uint8_t pins_host(uint32_t i)
{
    return i < PINS ? hosts[i] : NO_REG;
}

/* A host register that no chosen guest register has. */
static uint8_t spare(const struct pins *pins, const uint8_t *chosen)
{
    for (uint32_t i = PINS; i-- > 0;) {
        uint8_t guest = pins->guest_of[hosts[i]];
        if (guest == NO_REG || (guest < TCG_REGS && !chosen[guest]))
            return hosts[i];
    }
    return NO_REG;
}

static void assign(struct pins *pins, uint8_t host, uint8_t guest)
{
    if (pins->guest_of[host] < TCG_REGS)
        pins->host_of[pins->guest_of[host]] = NO_REG;
    pins->guest_of[host] = guest;
    if (guest == PIN_COUNT)
        pins->count = host;
    else if (guest == PIN_DISTANCE)
        pins->distance = host;
    else
        pins->host_of[guest] = host;
}

void pins_choose(const struct bp_vcpu *v, const uint32_t uses[TCG_REGS],
                 const uint8_t written[TCG_REGS], int counts, int looks_out, struct pins *pins)
{
    const struct tcg_code *t = tcg_of(v);
    uint32_t most = tcg_does(v)->pins ? PINS - (counts != 0) : 0, n;
    uint8_t chosen[TCG_REGS] = {0};

    pins_fixed(t, pins);
    for (n = 0; n < most; n++) {
        uint32_t best = TCG_REGS;
        for (uint32_t reg = 0; reg < TCG_REGS; reg++) {
            if (uses[reg] >= (pins->host_of[reg] == NO_REG ? WORTH_MOVING : 1) && !chosen[reg] &&
                (best == TCG_REGS || uses[reg] > uses[best]))
                best = reg;
        }
        if (best == TCG_REGS)
            break;
        chosen[best] = 1;
    }
    for (uint32_t reg = 0; reg < TCG_REGS; reg++) {
        if (chosen[reg] && pins->host_of[reg] == NO_REG)
            assign(pins, spare(pins, chosen), (uint8_t)reg);
    }
    if (counts)
        assign(pins, spare(pins, chosen), PIN_COUNT);
    if (looks_out && n < most)
        assign(pins, spare(pins, chosen), PIN_DISTANCE);
    for (uint32_t i = 0; i < PINS; i++) {
        uint8_t guest = pins->guest_of[hosts[i]];
        if (guest < TCG_REGS)
            pins->dirty[hosts[i]] = t->host_of[guest] == hosts[i] || written[guest];
        else if (guest == PIN_DISTANCE)
            pins->dirty[hosts[i]] = 0;
    }
}

/* --- moving ---------------------------------------------------------------------------------- */

static struct rm slot(const struct bp_vcpu *v, const struct tcg_code *t, uint8_t guest)
{
    if (guest == PIN_COUNT)
        return rm_mem(RBP, (int32_t)((int64_t)offsetof(struct bp_vcpu, count) - t->base));
    if (guest == PIN_DISTANCE)
        return rm_mem(RBP, (int32_t)((int64_t)offsetof(struct bp_vcpu, mmu.distance) - t->base));
    return rm_mem(RBP, (int32_t)(v->reg_offsets[guest] - t->base));
}

void pins_load(struct code *c, const struct bp_vcpu *v, const struct pins *pins,
               const struct pins *but)
{
    for (uint32_t i = 0; i < PINS; i++) {
        uint8_t guest = pins->guest_of[hosts[i]];
        if (guest != NO_REG && !(but && but->guest_of[hosts[i]] == guest))
            asm_load(c, 1, hosts[i], slot(v, tcg_of(v), guest));
    }
}

void pins_store(struct code *c, const struct bp_vcpu *v, const struct pins *pins,
                const struct pins *but)
{
    for (uint32_t i = 0; i < PINS; i++) {
        uint8_t guest = pins->guest_of[hosts[i]];
        if (guest == NO_REG || !pins->dirty[hosts[i]] || (but && but->guest_of[hosts[i]] == guest))
            continue;
        if (guest < TCG_REGS && tcg_of(v)->narrow >> guest & 1)
            asm_movsxd(c, 1, hosts[i], rm_reg(hosts[i]));
        asm_store(c, 1, hosts[i], slot(v, tcg_of(v), guest));
    }
}
