/* SPDX-License-Identifier: Apache-2.0
 *
 * control.h - the control socket: programs look at a running machine and steer it. docs/control.md describes the protocol.
 *
 * One JSON value a line on a unix socket, in QMP's envelope. Clients may send anything: what is not a command is answered
 * with an error, and what is too much with the end of the connection. [main] unless said otherwise.
 */
#ifndef CORE_CONTROL_CONTROL_H
#define CORE_CONTROL_CONTROL_H

#include <stdbool.h>

struct machine;

#define CONTROL_MAX_LINE    65536u /* bytes of a command */
#define CONTROL_MAX_CLIENTS 16u    /* at the same time */
#define CONTROL_MAX_UNSENT                                                                         \
    (4u << 20)                  /* bytes that a client has not fetched: more, and it is gone */
#define CONTROL_MAX_READ 65536u /* bytes of memory in one answer */
#define CONTROL_WHY      256

/* Listens on a socket that only this user may open. A socket that nobody listens on any more is replaced, another file is
 * not. False: `why` says why, "cause: cure". Ends with the machine. */
bool control_open(struct machine *m, const char *path, char why[CONTROL_WHY]);
void control_close(
    struct machine *m); /* the memory goes with the loop; accepts a machine without socket */
bool control_is_open(const struct machine *m);

/* Runs commands that have arrived. Not from a callback of libuv. */
void control_turn(struct machine *m);

/* Tells every client; nothing happens without socket. The data are json_pack()'s; format NULL: none. */
void control_event(struct machine *m, const char *name, const char *format, ...);

#endif
