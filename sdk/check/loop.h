/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.h - bp.loop/1 for back ends under test: poll(), threads for work(), the host's clock.
 */
#ifndef CHECK_LOOP_H
#define CHECK_LOOP_H

#include "shell.h"

struct loop;

struct loop *loop_make(struct shell *shell); /* NULL: no memory */
/* One round, waiting up to `ms` for something. True: something ran. */
bool loop_turn(struct loop *loop, int ms);
/* After finish(): work that runs is waited for, and its done() called, as always. */
void loop_free(struct loop *loop);
uint64_t loop_now_ms(void); /* of the host */
extern const struct bp_loop_api loop_api;

#endif
