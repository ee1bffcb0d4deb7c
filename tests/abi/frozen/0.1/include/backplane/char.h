/* SPDX-License-Identifier: Apache-2.0
 *
 * char.h - bp.char/1: the device's end of a character back end (UART, console).
 *
 * Both directions have flow control: output that is not accepted is offered again after on_writable(); input
 * arrives only up to the room the device reported.
 */
#ifndef BACKPLANE_CHAR_H
#define BACKPLANE_CHAR_H

#include <backplane/plugin.h>

BP_BEGIN

struct bp_char; /* one CHAR port */

/* Callbacks of the device, named by `client` of the port row. All [machine], each may be NULL. */
struct bp_char_client {
    uint32_t size, flags;
    uint32_t (*room)(void *self); /* bytes the device can take now */
    void (*on_input)(void *self, const uint8_t *data, uint32_t bytes); /* bytes <= room() */
    void (*on_writable)(void *self);
    void (*on_event)(void *self, uint32_t event); /* BP_CHAR_* of backend.h */
};

#define BP_CHAR_ID "bp.char/1"
struct bp_char_api {
    uint32_t size, flags;
    /* [machine]. Returns bytes accepted, 0..bytes; fewer: on_writable() follows. Without a back end all are
     * accepted and lost. */
    uint32_t (*write)(struct bp_char *port, const void *data, uint32_t bytes);
    void (*resume)(struct bp_char *port);        /* [machine]; room() grew */
    uint32_t (*connected)(struct bp_char *port); /* [machine]; 1 while a peer listens */
    /* [main] in init, else [machine]; 1 when the description gives the port a back end, with or without a
     * peer at its other end. NULL in a core that cannot tell: then connected() is the best answer. */
    uint32_t (*attached)(struct bp_char *port);
};

BP_END
#endif
