/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-rng: entropy device, VIRTIO 1.2, section 5.4.
 */
#include "virtio.h"

#include <sys/random.h>

#define SOURCE_HOST 0u
#define SOURCE_SEED 1u

#define MAX_BYTES 1024u /* given for one buffer; 5.4.6.2 allows to use less than all of it */

struct rng {
    struct virtio v;
    uint32_t source;
    uint64_t seed, state;
};

/* SplitMix64 (Steele, Lea, Flood 2014): every seed is a good one, and the state is a single number. */
static uint64_t next(struct rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Returns how many bytes were had: at least one (5.4.6.2), unless the host has none at all. */
static uint64_t draw(struct rng *r, uint8_t *bytes, uint64_t wanted)
{
    ssize_t got;

    if (r->source == SOURCE_HOST) {
        got = getrandom(bytes, wanted, GRND_NONBLOCK);
        return got < 0 ? 0 : (uint64_t)got;
    }
    for (uint64_t i = 0; i < wanted; i += 8)
        bp_store_le(bytes + i, (uint32_t)bp_min(8, wanted - i), next(r));
    return wanted;
}

static void notify(struct virtio *v, uint32_t q)
{
    struct rng *r = (struct rng *)v;
    struct virtq_chain *chain = &v->chain;
    uint8_t bytes[MAX_BYTES];
    uint32_t turns = 0;

    while (turns++ < v->queue_size && virtq_pop(v, q, chain)) {
        uint64_t count;

        if (!chain->in_bytes || chain->out_bytes) {
            virtio_break(v, "an entropy buffer that is not for the device to write"); /* 5.4.6.1 */
            return;
        }
        count = draw(r, bytes, bp_min(chain->in_bytes, sizeof bytes));
        if (!count) { /* the host's pool is not ready yet, shortly after its boot */
            virtq_unpop(v, q);
            break;
        }
        if (!virtq_write(v, chain, 0, bytes, count))
            return;
        virtq_push(v, q, chain->head, count);
    }
    virtq_signal(v, q);
    if (virtio_live(v, q) && v->queues[q].last_avail != v->queues[q].used)
        virtq_again(v, q);
    else if (turns > v->queue_size)
        virtq_again(v, q);
}

static void reset_device(struct virtio *v)
{
}

static uint64_t features(const struct virtio *v)
{
    return 0;
}

static void config(const struct virtio *v, uint8_t *bytes)
{
}

static const struct virtio_type type = {
    .device_id = VIRTIO_ID_ENTROPY,
    .nqueues = 1,
    .features = features,
    .notify = notify,
    .reset = reset_device,
    .config = config,
};

static const char *const sources[] = {"host", "seed", NULL};

static const struct bp_prop props[] = {
    VIRTIO_PROPS,
    {.name = "source", .doc = "the host's entropy, or a sequence that the seed determines", .type = BP_PROP_ENUM,
     .def = "host", .offset = BP_OFFSET(struct rng, source), .choices = sources},
    {.name = "seed", .doc = "start of the sequence", .type = BP_PROP_U64, .def = "1",
     .offset = BP_OFFSET(struct rng, seed)},
};

static const struct bp_port ports[] = {VIRTIO_PORTS};

static const struct bp_state_field state_fields[] = {
    VIRTIO_STATE,
    {.tag = 64, .type = BP_STATE_U64, .offset = BP_OFFSET(struct rng, state), .name = "state"},
};

static int32_t post_load(void *self)
{
    return virtio_check_state(self);
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    return virtio_init(self, &type, dev, core);
}

static void reset(void *self, uint32_t kind)
{
    struct rng *r = self;

    if (kind == BP_RESET_COLD)
        r->state = r->seed;
    virtio_reset(&r->v);
}

const struct bp_device_class virtio_rng_class = {
    .size = sizeof virtio_rng_class,
    .instance_size = sizeof(struct rng),
    .instance_align = _Alignof(struct rng),
    .name = "virtio-rng",
    .doc = "virtio entropy source",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(virtio_regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = virtio_get_iface,
};
