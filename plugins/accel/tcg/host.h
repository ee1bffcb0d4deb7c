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

/* Runs code from `entry` on until it leaves: the exit it left by, or NULL when pc and count are
 * set. */
const struct tcg_exit *host_enter(struct bp_vcpu *v, const void *entry);

/* Translates a block at the end of the code. Its entry, or NULL: no room; *used is unchanged then. */
const void *host_translate(struct bp_vcpu *v, struct tcg_code *t, struct block *block,
                           const struct bp_ir_builder *ir);

/* Makes the exit jump to the entry: straight, or (`guarded`) through code that checks the block's
 * key and the poll word first. 0: no room. */
int host_link(struct bp_vcpu *v, struct tcg_code *t, const struct tcg_exit *exit,
              const struct block *to, int guarded);

/* Makes whoever jumps to the entry leave instead, with the pc of the block. */
void host_kill(struct tcg_code *t, const void *entry);

#endif
