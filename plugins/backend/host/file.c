/* SPDX-License-Identifier: Apache-2.0
 *
 * The back end `file`: output into a file, input out of another.
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

struct file {
    struct channel channel; /* first */
    const char *path, *input;
    uint8_t append;
    int in, out;
};

static const struct bp_prop props[] = {
    {.name = "path",
     .doc = "File for the output; created, and emptied unless `append`.",
     .type = BP_PROP_PATH,
     .flags = BP_PROP_REQUIRED,
     .offset = offsetof(struct file, path)},
    {.name = "input",
     .doc = "File the input is read from, as fast as the guest takes it.",
     .type = BP_PROP_PATH,
     .offset = offsetof(struct file, input)},
    {.name = "append",
     .doc = "Keep what is in the file and write behind it.",
     .type = BP_PROP_BOOL,
     .offset = offsetof(struct file, append),
     .def = "false"},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    /* Non-blocking: a FIFO without a partner fails now instead of hanging. */
    const int common = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    struct file *f = self;
    const struct services *sv = &f->channel.sv;
    int32_t status = channel_init(&f->channel, dev, core);

    f->in = f->out = -1;
    if (status != BP_OK)
        return status;
    f->out = open(f->path, O_WRONLY | O_CREAT | (f->append ? O_APPEND : O_TRUNC) | common, 0666);
    if (f->out < 0)
        return errno == ENXIO
                   ? services_fail(sv, BP_E_IO, "path",
                                   "%s: nobody reads this FIFO: start the reader first", f->path)
                   : services_fail_errno(sv, errno, "path", f->path,
                                         "choose a path that can be written");
    if (f->input) {
        f->in = open(f->input, O_RDONLY | common);
        if (f->in < 0)
            return services_fail_errno(sv, errno, "input", f->input,
                                       "choose a file that can be read");
    }
    status = channel_open(&f->channel, f->in, f->out);
    if (status == BP_OK)
        sv->host->event(dev, BP_CHAR_OPENED);
    return status;
}

static void finish(void *self)
{
    struct file *f = self;

    if (!f->channel.sv.host)
        return;
    channel_close(&f->channel);
    if (f->in >= 0)
        close(f->in);
    if (f->out >= 0)
        close(f->out);
    f->in = f->out = -1;
}

const struct bp_backend_class file_class = {
    .size = sizeof(file_class),
    .instance_size = sizeof(struct file),
    .instance_align = _Alignof(struct file),
    .name = "file",
    .doc = "output into a file, optional input out of another",
    .kind = BP_BACKEND_CHAR,
    .props = BP_ARRAY(props),
    .init = init,
    .finish = finish,
    .write = channel_write,
    .credit = channel_credit,
};
