/* SPDX-License-Identifier: Apache-2.0
 *
 * state.h - takes the state of one device instance out and gives it to another one, of the same or of a later build of
 * its class. [machine], vCPUs parked
 *
 * What is state: values of registers with a table row, rows of the class's `state`, levels of output lines, rates of
 * output clocks, timers, what bp.mem/1 changed of its regions, and contents of RAM regions. What is not: properties, which
 * the description gives, and inputs, which the other end drives.
 *
 * When both sides differ (sdk/include/backplane/state.h):
 *   - what the receiver has and the state lacks keeps the value of a reset;
 *   - what the state has and the receiver lacks is skipped if it is optional, else the state is refused by its name.
 *     Optional are rows that say so, registers that held their reset value, timers that were not armed, lines that were low;
 *   - another type, or more elements than the receiver has room for, is refused; fewer leave the rest at reset.
 */
#ifndef CORE_STATE_STATE_H
#define CORE_STATE_STATE_H

#include "core/state/format.h"

struct bp_dev;

#define STATE_NO_MEMORY 1u /* flag: contents of RAM regions are left out, and left alone */
#define STATE_LOSSY     2u /* flag: what the receiver lacks is skipped, optional or not */

/* Appends to `out`. Calls pre_save(). BP_OK, BP_E_NOMEM, BP_E_STATE (machine_refusal()), or what pre_save() said; then `why` says more. */
int32_t state_take(struct bp_dev *dev, uint32_t flags, struct state_bytes *out,
                   char why[STATE_WHY]);

/* The instance has been reset. Nothing is written unless all records fit; then post_load() is called. Nobody hears of lines
 * and clocks. BP_OK, BP_E_INVAL, BP_E_STATE, or what post_load() said; then `why` says more, and after post_load() the instance holds
 * what must not be used. */
int32_t state_give(struct bp_dev *dev, uint32_t flags, const void *data, size_t bytes,
                   char why[STATE_WHY]);

/* --- inside of core/state ------------------------------------------------------------------------------------ */
struct bp_state_field;
struct bp_state;
struct bus_region;
struct bp_reg;

const struct bp_state *state_rows(const struct bp_dev *dev); /* NULL: the class has none */
/* Row `i` of the class's state, as this version knows it. */
struct bp_state_field state_row(const struct bp_state *state, uint32_t i);
/* The name of a bound register in records: REGION.NAME, with its place behind it if an earlier row of the same name is
 * bound elsewhere. False: it is unbound, or an earlier row has the same name and place. */
bool state_register_name(const struct bus_region *region, uint32_t row, char *name, size_t room);

#endif
