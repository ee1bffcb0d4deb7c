/* SPDX-License-Identifier: Apache-2.0
 *
 * Images as files, and out of gzip (RFC 1952, by zlib).
 */
#include "core/load/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK (1u << 20)
#define LARGE (1u << 20) /* from here on a second copy in host memory is worth avoiding */

void source_error(struct loader *l, const struct source *s, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    diag_error(l->diag, s->image->pos, s->image->path, "%s", text);
}

int32_t source_open(struct loader *l, const struct graph_image *image, struct source *out)
{
    struct stat info;

    *out = (struct source){.image = image, .fd = -1};
    /* Not to hang on a FIFO that nobody writes to; a regular file ignores it. */
    out->fd = open(image->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (out->fd < 0) {
        if (errno == ENOENT)
            source_error(l, out, "no such file: check the path of image `%s`", image->role);
        else
            source_error(l, out, "cannot be opened (%s): check image `%s`", strerror(errno),
                         image->role);
        return BP_E_NOENT;
    }
    if (fstat(out->fd, &info))
        info.st_mode = 0;
    if (!S_ISREG(info.st_mode)) {
        source_error(l, out,
                     S_ISDIR(info.st_mode) ? "is a folder: name a file in it"
                                           : "is not a regular file: copy its content into one");
    } else if (!info.st_size) {
        source_error(l, out, "is empty: build or fetch it again");
    } else {
        out->bytes = (uint64_t)info.st_size;
        return BP_OK;
    }
    source_close(out);
    return BP_E_INVAL;
}

void source_close(struct source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    free(s->data);
    s->fd = -1;
    s->data = NULL;
}

int32_t source_read(struct loader *l, const struct source *s, uint64_t offset, void *data,
                    uint64_t bytes)
{
    uint8_t *to = data;

    if (s->data) {
        memcpy(data, s->data + offset, bytes);
        return BP_OK;
    }
    while (bytes) {
        ssize_t got = pread(s->fd, to, bytes < CHUNK ? bytes : CHUNK, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            source_error(l, s, "cannot be read at byte %" PRIu64 " (%s): check the disk it is on",
                         offset, got ? strerror(errno) : "it became shorter");
            return BP_E_IO;
        }
        to += got;
        offset += (uint64_t)got;
        bytes -= (uint64_t)got;
    }
    return BP_OK;
}

uint8_t *source_take(struct loader *l, struct source *s)
{
    uint8_t *data = s->data;

    if (data) {
        s->data = NULL;
        return data;
    }
    data = malloc(s->bytes);
    if (!data)
        source_error(l, s, "no memory left on the host for %" PRIu64 " bytes: close something",
                     s->bytes);
    else if (source_read(l, s, 0, data, s->bytes) == BP_OK)
        return data;
    free(data);
    return NULL;
}

int32_t source_segment(struct loader *l, struct source *s, uint64_t offset, uint64_t pa,
                       uint64_t bytes, uint64_t zero)
{
    int32_t status = BP_E_NOMEM;
    uint8_t *data;
    int fd;

    if (s->fd >= 0 && bytes >= LARGE) {
        fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
        if (fd >= 0)
            status =
                machine_add_file_segment(l->machine, s->image->path, pa, fd, offset, bytes, zero);
    } else {
        data = malloc(bytes ? bytes : 1);
        if (data && source_read(l, s, offset, data, bytes) != BP_OK) {
            free(data);
            return BP_E_IO;
        }
        if (data)
            status = machine_add_segment(l->machine, s->image->path, pa, data, bytes, zero);
    }
    if (status != BP_OK)
        source_error(l, s, "no memory or descriptors left on the host: close something");
    return status;
}

/* Where inflated bytes collect. */
struct sink {
    uint8_t *data;
    uint64_t bytes, room, limit;
};

static bool grow(struct sink *out)
{
    uint64_t room = out->room ? out->room * 2 : CHUNK * UINT64_C(4);
    uint8_t *data;

    if (room > out->limit)
        room = out->limit;
    data = realloc(out->data, room);
    if (!data)
        return false;
    out->data = data;
    out->room = room;
    return true;
}

/* NULL, or what is wrong with the stream. */
static const char *inflate_all(const uint8_t *in, uint64_t bytes, struct sink *out)
{
    z_stream z = {0};
    uint64_t fed = 0;
    int status = inflateInit2(&z, 16 + MAX_WBITS); /* gzip wrapping only */
    const char *wrong = NULL;

    if (status != Z_OK)
        return "no memory left on the host: close something";
    while (status == Z_OK || status == Z_BUF_ERROR) {
        uint64_t room;

        if (!z.avail_in && fed < bytes) {
            z.next_in = (Bytef *)(uintptr_t)(in + fed);
            z.avail_in = (uInt)(bytes - fed < CHUNK ? bytes - fed : CHUNK);
            fed += z.avail_in;
        }
        if (out->bytes == out->room && out->room == out->limit) {
            wrong = "unpacks to more than the board's RAM: give the board more memory";
            break;
        }
        if (out->bytes == out->room && !grow(out)) {
            wrong = "no memory left on the host: close something";
            break;
        }
        room = out->room - out->bytes;
        z.next_out = out->data + out->bytes;
        z.avail_out = (uInt)(room < CHUNK ? room : CHUNK);
        room = z.avail_out;
        status = inflate(&z, Z_NO_FLUSH);
        out->bytes += room - z.avail_out;
        if (status == Z_BUF_ERROR && !z.avail_in && fed == bytes)
            break;
    }
    if (!wrong && status != Z_STREAM_END)
        wrong = status == Z_BUF_ERROR || status == Z_OK
                    ? "the gzip data ends too early: fetch it again"
                    : "the gzip data is damaged: fetch it again";
    inflateEnd(&z);
    return wrong;
}

int32_t source_gunzip(struct loader *l, struct source *s, uint64_t limit)
{
    struct sink out = {.limit = limit};
    uint8_t *packed;
    const char *wrong;

    if (s->bytes > limit) {
        source_error(l, s, "is larger than the board's RAM: give the board more memory");
        return BP_E_INVAL;
    }
    packed = source_take(l, s);
    if (!packed)
        return BP_E_IO;
    wrong = inflate_all(packed, s->bytes, &out);
    free(packed);
    if (!wrong && !out.bytes)
        wrong = "the gzip data is empty: fetch it again";
    if (wrong) {
        source_error(l, s, "%s", wrong);
        free(out.data);
        return BP_E_INVAL;
    }
    source_close(s);
    s->data = out.data;
    s->bytes = out.bytes;
    return BP_OK;
}
