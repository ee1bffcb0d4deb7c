/* SPDX-License-Identifier: Apache-2.0
 *
 * frame.c - what is on the host's stack in translated code, for debuggers: what make_enter() and
 * stub_thunk() of stubs.c put there. DWARF 5, 6.4; numbers of registers: System V AMD64 ABI 1.0,
 * 3.6.2.
 *
 *      host_enter()'s frame ends at A; A - 8  its return address
 *      A - 16 ... 56    rbx, rbp, r12 to r15
 *      A - 64           rsp in translated code, which is a frame of its own
 *      A - 72           return address to that code, in a thunk
 *      A - 80           rsp when the thunk calls C
 */
#include "../host.h"

enum { DW_CFA_def_cfa = 0x0c, DW_CFA_offset = 0x80 };

#define RSP_IS_CFA_MINUS(bytes) DW_CFA_def_cfa, 7, bytes

/* In units of 8 bytes below the CFA. */
#define SAVED(reg, slot) DW_CFA_offset | (reg), slot

const struct host_frame host_frame = {
    .return_column = 16,
    .data_align = 0x78, /* -8 as SLEB128 */
    .code = {RSP_IS_CFA_MINUS(64), SAVED(16, 1), SAVED(3, 2), SAVED(6, 3), SAVED(12, 4),
             SAVED(13, 5), SAVED(14, 6), SAVED(15, 7)},
    .call = {RSP_IS_CFA_MINUS(16), SAVED(16, 1)},
};
