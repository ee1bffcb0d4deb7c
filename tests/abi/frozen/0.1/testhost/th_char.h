/* SPDX-License-Identifier: Apache-2.0
 *
 * th_char.h - bp.char/1: the test is the peer behind the port.
 */
#ifndef BACKPLANE_TH_CHAR_H
#define BACKPLANE_TH_CHAR_H

#include "th_types.h"

static inline uint32_t th_api_char_write(struct bp_char *port, const void *data, uint32_t bytes)
{
    uint32_t taken = bytes < port->accept ? bytes : port->accept;

    if (port->noutput + taken > port->output_room) {
        uint32_t room = (port->noutput + taken) * 2;
        uint8_t *output = (uint8_t *)realloc(port->output, room);

        if (!output)
            return 0;
        port->output = output;
        port->output_room = room;
    }
    if (taken)
        memcpy(port->output + port->noutput, data, taken);
    port->noutput += taken;
    if (port->accept != TH_NO_LIMIT)
        port->accept -= taken;
    if (taken < bytes)
        port->starved = 1;
    return taken;
}

/* Offers what is queued, up to the room the device has. */
static inline void th_api_char_resume(struct bp_char *port)
{
    while (port->nqueue) {
        uint32_t room = port->client->room ? port->client->room(port->th->self) : 0;
        uint32_t bytes = room < port->nqueue ? room : port->nqueue;
        uint8_t *data;

        if (!bytes)
            return;
        data =
            (uint8_t *)malloc(bytes); /* of its exact size, so that a reader beyond it is caught */
        if (!data)
            return;
        memcpy(data, port->queue, bytes);
        port->nqueue -= bytes;
        memmove(port->queue, port->queue + bytes, port->nqueue);
        port->client->on_input(port->th->self, data, bytes);
        free(data);
    }
}

static inline uint32_t th_api_char_connected(struct bp_char *port)
{
    return port->connected;
}

static inline uint32_t th_api_char_attached(struct bp_char *port)
{
    return port->attached;
}

/* A back end with a peer. Before th_start(), or later as a peer that appears. */
static inline void th_connect(struct th *t, uint32_t connected)
{
    const struct bp_char_client *client = t->chr.client;

    t->chr.attached = 1;
    t->chr.connected = connected;
    if (client && client->on_event)
        client->on_event(t->self, connected ? BP_CHAR_OPENED : BP_CHAR_CLOSED);
}

static inline void th_char_event(struct th *t, uint32_t event)
{
    t->chr.client->on_event(t->self, event);
}

/* The peer sends; what the device has no room for waits. */
static inline void th_type(struct th *t, const void *data, uint32_t bytes)
{
    uint8_t *queue = (uint8_t *)realloc(t->chr.queue, t->chr.nqueue + bytes);

    if (!queue)
        abort();
    memcpy(queue + t->chr.nqueue, data, bytes);
    t->chr.queue = queue;
    t->chr.nqueue += bytes;
    th_api_char_resume(&t->chr);
}

/* From now on the peer takes `bytes` more (TH_NO_LIMIT: any number). */
static inline void th_accept(struct th *t, uint32_t bytes)
{
    t->chr.accept = bytes;
    if (bytes && t->chr.starved) {
        t->chr.starved = 0;
        if (t->chr.client->on_writable)
            t->chr.client->on_writable(t->self);
    }
}

/* True when the device has written exactly `text`; forgets it. */
static inline uint32_t th_wrote(struct th *t, const char *text)
{
    uint32_t same = t->chr.noutput == strlen(text) &&
                    (!t->chr.noutput || !memcmp(t->chr.output, text, t->chr.noutput));

    t->chr.noutput = 0;
    return same;
}

#endif
