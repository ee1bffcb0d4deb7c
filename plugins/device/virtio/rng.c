/* SPDX-License-Identifier: Apache-2.0
 *
 * rng.c - virtio entropy device (Virtual I/O Device specification 1.2, 5.4).
 */
#include "virtio.h"

#include <backplane/random.h>
#include <errno.h>
#include <sys/random.h>

#define CHUNK       256u   /* what getrandom() gives without being interrupted */
#define REQUEST_MAX 65536u /* a longer buffer is filled so far */

#define SOURCE_HOST 0u
#define SOURCE_SEED 1u

struct rng {
    struct virtio virtio; /* first */
    uint32_t source;
    uint64_t seed;
    uint64_t state;                     /* of the generator behind SOURCE_SEED */
    const struct bp_random_api *random; /* NULL: a core before it was there */
};

/* SplitMix64 (Steele, Lea, Flood 2014): every seed gives a full-period stream. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* 0: the host has none to give. */
static uint32_t fill(struct rng *r, uint8_t *bytes, uint32_t count)
{
    ssize_t got;

    if (r->source == SOURCE_SEED) {
        for (uint32_t i = 0; i < count; i += 8)
            bp_store_le(bytes + i, (uint32_t)bp_min(8, count - i), next(&r->state));
        return 1;
    }
    if (r->random)
        return r->random->fill(r->virtio.dev, bytes, count) == BP_OK;
    do {
        got = getrandom(bytes, count, 0);
    } while (got < 0 && errno == EINTR);
    return got == count;
}

static uint32_t handle(struct virtio *v, const struct vq_chain *chain)
{
    uint64_t wanted = bp_min(chain->write_bytes, REQUEST_MAX);
    uint8_t bytes[CHUNK];

    if (!wanted) {
        virtio_broken(
            v, "an entropy buffer has no writable part: the device needs a reset"); /* 5.4.6.1 */
        return 0;
    }
    for (uint64_t done = 0; done < wanted; done += CHUNK) {
        uint32_t n = (uint32_t)bp_min(CHUNK, wanted - done);

        if (!fill((struct rng *)v, bytes, n)) {
            virtio_broken(v, "the host gives no random numbers: the device needs a reset");
            return 0;
        }
        if (vq_write(chain, &v->memory, done, bytes, n)) {
            virtio_broken(v, "a buffer is outside of memory: the device needs a reset");
            return 0;
        }
    }
    virtio_give(v, 0, chain->head, (uint32_t)wanted);
    return 1;
}

static void notify(struct virtio *v, uint32_t queue)
{
    virtio_run(v, queue, handle);
}

static const struct virtio_ops ops = {.device_id = 4, .nqueues = 1, .notify = notify};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct rng *r = self;

    r->random = core->get(core, BP_RANDOM_ID);
    return virtio_init(self, dev, core, &ops, 1, 0);
}

static void reset(void *self, uint32_t kind)
{
    struct rng *r = self;

    if (kind == BP_RESET_COLD)
        r->state = r->seed;
    virtio_reset(&r->virtio);
}

static const char *const sources[] = {"host", "seed", NULL};

static const struct bp_prop props[] = {
    {.name = "source",
     .doc =
         "Where the bytes come from: the host's entropy, or in deterministic time the run's seed; "
         "or a generator that repeats.",
     .type = BP_PROP_ENUM,
     .offset = BP_OFFSET(struct rng, source),
     .def = "host",
     .choices = sources},
    {.name = "seed",
     .doc = "First state of the generator.",
     .type = BP_PROP_U64,
     .offset = BP_OFFSET(struct rng, seed),
     .def = "1"},
};

static const struct bp_port ports[] = {VIRTIO_PORTS(struct rng)};

static const struct bp_state_field fields[] = {
    VIRTIO_STATE(struct rng),
    {.tag = 64, .type = BP_STATE_U64, .offset = BP_OFFSET(struct rng, state), .name = "generator"},
};
static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(fields), .post_load = virtio_post_load};

const struct bp_device_class virtio_rng_class = {
    .size = sizeof virtio_rng_class,
    .instance_size = sizeof(struct rng),
    .instance_align = _Alignof(struct rng),
    .name = "virtio-rng",
    .doc = "virtio entropy device over MMIO",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = &virtio_region,
    .nregions = 1,
    .region_stride = sizeof virtio_region,
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = virtio_get_iface,
};
