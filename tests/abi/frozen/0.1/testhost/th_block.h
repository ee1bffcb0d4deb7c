/* SPDX-License-Identifier: Apache-2.0
 *
 * th_block.h - bp.block/1 over a medium in memory. Requests wait until the test completes them, in
 * any order.
 */
#ifndef BACKPLANE_TH_BLOCK_H
#define BACKPLANE_TH_BLOCK_H

#include "th_types.h"

/* Puts a medium of zeros into the drive, before th_start(). */
static inline void th_insert(struct th *t, uint64_t bytes, uint32_t flags, const char *id)
{
    t->block.medium = (uint8_t *)calloc(1, bytes);
    t->block.info.size = sizeof t->block.info;
    t->block.info.bytes = bytes;
    t->block.info.sector = 512;
    t->block.info.flags = flags;
    snprintf(t->block.info.id, sizeof t->block.info.id, "%s", id);
}

static inline int32_t th_api_block_info(struct bp_block *port, struct bp_block_info *out)
{
    if (!port->medium)
        return BP_E_NOENT;
    *out = port->info;
    return BP_OK;
}

static inline int32_t th_block_check(const struct bp_block *port, uint32_t op, uint64_t offset,
                                     uint64_t bytes, const struct bp_iovec *iov, uint32_t niov)
{
    uint64_t sum = 0;

    if (!port->medium || offset > port->info.bytes || bytes > port->info.bytes - offset)
        return BP_E_INVAL;
    if (op != BP_BLOCK_READ && op != BP_BLOCK_FLUSH && (port->info.flags & BP_BLOCK_READ_ONLY))
        return BP_E_INVAL;
    for (uint32_t i = 0; i < niov; i++)
        sum += iov[i].bytes;
    return (op == BP_BLOCK_READ || op == BP_BLOCK_WRITE) && sum != bytes ? BP_E_INVAL : BP_OK;
}

static inline int32_t th_api_block_submit(struct bp_block *port, uint32_t op, uint64_t offset,
                                          uint64_t bytes, const struct bp_iovec *iov, uint32_t niov,
                                          uint64_t token)
{
    struct th_request request = {NULL, niov, op, offset, bytes, token};
    struct th_request *requests;

    if (port->refuse)
        return port->refuse;
    if (th_block_check(port, op, offset, bytes, iov, niov)) {
        th_violation(port->th,
                     "block submit: outside of the medium, read-only, or lengths that differ");
        return BP_E_INVAL;
    }
    requests =
        (struct th_request *)realloc(port->requests, (port->nrequests + 1) * sizeof *requests);
    request.iov = (struct bp_iovec *)malloc((niov + 1) * sizeof *iov);
    if (requests)
        port->requests = requests;
    if (!requests || !request.iov) {
        free(request.iov);
        return BP_E_NOMEM;
    }
    if (niov)
        memcpy(request.iov, iov, niov * sizeof *iov);
    port->requests[port->nrequests++] = request;
    port->submits++;
    return BP_OK;
}

static inline uint32_t th_api_block_in_flight(struct bp_block *port)
{
    return port->nrequests;
}

static inline void th_block_transfer(struct bp_block *port, const struct th_request *request)
{
    uint8_t *at = port->medium + request->offset;

    for (uint32_t i = 0; i < request->niov; at += request->iov[i++].bytes) {
        if (request->op == BP_BLOCK_READ)
            memcpy(request->iov[i].base, at, request->iov[i].bytes);
        else if (request->op == BP_BLOCK_WRITE)
            memcpy(at, request->iov[i].base, request->iov[i].bytes);
    }
    if (request->op == BP_BLOCK_ZERO || request->op == BP_BLOCK_DISCARD)
        memset(port->medium + request->offset, 0, request->bytes);
    if (request->op == BP_BLOCK_FLUSH)
        port->flushes++;
}

/* Completes the request at `index` of those in flight (0: the oldest). Returns 0 if there is
 * none. */
static inline uint32_t th_complete_at(struct th *t, uint32_t index)
{
    struct bp_block *port = &t->block;
    struct th_request request;

    if (index >= port->nrequests)
        return 0;
    request = port->requests[index];
    port->nrequests--;
    memmove(port->requests + index, port->requests + index + 1,
            (port->nrequests - index) * sizeof request);
    if (!port->fail)
        th_block_transfer(port, &request);
    free(request.iov);
    port->client->on_complete(t->self, request.token, port->fail);
    return 1;
}

/* Completes everything in flight, and what is submitted meanwhile. */
static inline void th_api_block_drain(struct bp_block *port)
{
    while (port->nrequests)
        th_complete_at(port->th, 0);
}

static inline void th_complete(struct th *t)
{
    th_api_block_drain(&t->block);
}

static inline void th_block_free(struct th *t)
{
    for (uint32_t i = 0; i < t->block.nrequests; i++)
        free(t->block.requests[i].iov);
    free(t->block.requests);
    free(t->block.medium);
}

#endif
