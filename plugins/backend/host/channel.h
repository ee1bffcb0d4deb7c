/* SPDX-License-Identifier: Apache-2.0
 *
 * channel.h - the part all character back ends share: bytes between descriptors and the device, with flow control both
 * ways. It is the first member of every instance, because the loop hands back the instance. [main]
 *
 * Input is read only as far as the device gave credit (a `greedy` channel reads ahead, for escape keys). Output goes
 * straight to the kernel; what it does not take is refused and writable() follows. Descriptors that cannot be polled,
 * such as regular files, are read and written on the pool.
 */
#ifndef HOST_CHANNEL_H
#define HOST_CHANNEL_H

#include "outfile.h"

struct channel {
    struct services sv;
    int in_fd, out_fd;                     /* borrowed; -1: none */
    struct bp_watch *in_watch, *out_watch; /* the same one when the descriptors are the same */
    struct outfile outfile;                /* when out_fd cannot be polled */
    struct channel_read *reading;          /* when in_fd cannot be polled: the read in flight */
    uint64_t credit;
    uint8_t in_file, out_file, is_socket, blocking;
    uint8_t owed;   /* writable() was promised */
    uint8_t paused; /* hung up with input the device has no room for: nothing to do before it has */
    uint8_t greedy;
    uint8_t hold; /* output waits while there is no peer; otherwise it is lost */
    /* What to do with input; NULL: give it to the device and count the credit. */
    void (*received)(struct channel *c, const uint8_t *data, uint64_t bytes);
    /* The input ended or the peer is gone; called once after each channel_open(). NULL: nothing. */
    void (*closed)(struct channel *c);
    /* Nobody reads the output any more. NULL: as closed(). */
    void (*deaf)(struct channel *c);
};

/* Looks up the services. The instance is zeroed by the core; descriptors become -1. */
int32_t channel_init(struct channel *c, struct bp_dev *dev, const struct bp_core *core);
/* Starts on two non-blocking or unpollable descriptors; either may be -1. */
int32_t channel_open(struct channel *c, int in_fd, int out_fd);
/* Stops, after what was taken has been written. Accepts one that was never opened. Descriptors are not closed. */
void channel_close(struct channel *c);
/* The same because the peer went away: a device that waits for it is told to go on. */
void channel_lost(struct channel *c);

/* The functions of the class. */
int64_t channel_write(void *self, const void *data, uint64_t bytes);
void channel_credit(void *self, uint64_t bytes);

/* A descriptor of our own for a file that is open already: non-blocking, without changing the original, which others
 * share. Sockets and regular files are only duplicated. -1 with errno. */
int channel_own(int fd, int flags);

#endif
