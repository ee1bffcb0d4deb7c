/* SPDX-License-Identifier: Apache-2.0
 *
 * host.h - what a back end does for the translator: one folder per host architecture implements
 * these functions. All [vcpu]. Code is written at tcg_code.write and executed at tcg_code.run.
 */
#ifndef TCG_HOST_H
#define TCG_HOST_H

#include "tcg.h"

/* Can it run on this host? NULL, or why not (static text). */
const char *host_refuses(void);

/* Writes the stubs at the front of the code and fills in their addresses, `first`, `base`
 * and which registers are pinned. */
void host_make_stubs(struct bp_vcpu *v, struct tcg_code *t);

/* Runs code from `entry` on until it leaves: the exit it left by, one of tcg_left_*, or NULL when a call left; pc and
 * count are set then. */
const struct tcg_exit *host_enter(struct bp_vcpu *v, const void *entry);

/* Translates at the end of the code. Its entry, or NULL: no room; `used` is unchanged then. */
const void *host_translate(struct bp_vcpu *v, struct tcg_code *t, const struct tcg_unit *unit);

/* Makes the exit jump to the entry: straight, or (`guarded`) through code that checks the block's
 * key and the poll word first. 0: no room. */
int host_link(struct bp_vcpu *v, struct tcg_code *t, const struct tcg_exit *exit,
              const struct block *to, int guarded);

/* Its exit does not count any more how often it is taken. */
void host_stop_counting(struct tcg_code *t, const struct tcg_loop *loop);

/* Makes whoever jumps to the entry leave instead, with the pc of the block. */
void host_kill(struct tcg_code *t, const void *entry);

/* Makes whoever jumps to `entry` go on at `other`, and undoes that. `saved` keeps what is overwritten. */
#define HOST_SAVED 24
void host_redirect(struct tcg_code *t, const void *entry, const void *other,
                   uint8_t saved[HOST_SAVED]);
void host_restore(struct tcg_code *t, const void *entry, const uint8_t saved[HOST_SAVED]);

/* How a debugger finds the caller of translated code, and of the stubs where they call C: as call
 * frame instructions of DWARF, padded with DW_CFA_nop, which is 0. */
#define HOST_CFI 19
struct host_frame {
    uint8_t return_column, data_align;
    uint8_t code[HOST_CFI], call[HOST_CFI];
};
extern const struct host_frame host_frame;

#endif
