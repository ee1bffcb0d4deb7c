/* SPDX-License-Identifier: Apache-2.0
 *
 * segment.c - what a reset puts into memory. Large images stay in their files and are read from there each time: a copy
 * beside the guest's would double what they cost.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/machine/dev.h"

#define CHUNK 65536u

static int32_t add(struct machine *m, const char *name, const struct segment *segment)
{
    struct segment *segments = realloc(m->segments, (m->nsegments + 1) * sizeof(*segments));
    char *copy = strdup(name);

    if (segments)
        m->segments = segments;
    if (!segments || !copy) {
        free(copy);
        free(segment->data);
        if (segment->fd >= 0)
            close(segment->fd);
        return BP_E_NOMEM;
    }
    segments[m->nsegments] = *segment;
    segments[m->nsegments++].name = copy;
    return BP_OK;
}

int32_t machine_add_segment(struct machine *m, const char *name, uint64_t pa, uint8_t *data,
                            uint64_t bytes, uint64_t zero_bytes)
{
    return add(
        m, name,
        &(struct segment){.pa = pa, .bytes = bytes, .zero = zero_bytes, .data = data, .fd = -1});
}

int32_t machine_add_file_segment(struct machine *m, const char *name, uint64_t pa, int fd,
                                 uint64_t offset, uint64_t bytes, uint64_t zero_bytes)
{
    return add(m, name,
               &(struct segment){
                   .pa = pa, .bytes = bytes, .zero = zero_bytes, .fd = fd, .offset = offset});
}

void segments_free(struct machine *m)
{
    for (uint32_t i = 0; i < m->nsegments; i++) {
        free(m->segments[i].name);
        free(m->segments[i].data);
        if (m->segments[i].fd >= 0)
            close(m->segments[i].fd);
    }
    free(m->segments);
    m->segments = NULL;
    m->nsegments = 0;
}

static bool copy_file(struct machine *m, const struct segment *s)
{
    uint8_t *chunk = malloc(CHUNK);
    uint64_t done = 0;
    ssize_t got = 1;

    while (chunk && done < s->bytes && got > 0) {
        do
            got = pread(s->fd, chunk, s->bytes - done < CHUNK ? s->bytes - done : CHUNK,
                        (off_t)(s->offset + done));
        while (got < 0 && errno == EINTR);
        if (got > 0)
            bus_copy(&m->bus, s->pa + done, chunk, (uint64_t)got, true);
        done += got > 0 ? (uint64_t)got : 0;
    }
    free(chunk);
    if (done == s->bytes)
        return true;
    trace_format(&(struct bp_dev){.machine = m, .name = s->name}, BP_LOG_ERROR,
                 "cannot be read again (%s): leave images alone while a machine uses them",
                 !chunk    ? "no memory left"
                 : got < 0 ? strerror(errno)
                           : "it became shorter");
    return false;
}

bool segments_load(struct machine *m)
{
    static const uint8_t zeros[4096];
    bool good = true;

    for (uint32_t i = 0; i < m->nsegments; i++) {
        const struct segment *s = &m->segments[i];

        if (s->data)
            bus_copy(&m->bus, s->pa, s->data, s->bytes, true);
        else if (s->fd >= 0)
            good &= copy_file(m, s);
        for (uint64_t done = 0; done < s->zero; done += sizeof(zeros))
            bus_copy(&m->bus, s->pa + s->bytes + done, (void *)zeros,
                     s->zero - done < sizeof(zeros) ? s->zero - done : sizeof(zeros), true);
        if (m->accel)
            m->accel->ram_written(m->accel_self, s->pa, s->bytes + s->zero);
    }
    return good;
}
